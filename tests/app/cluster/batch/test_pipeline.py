"""How the work is cut, and which clusters are joined."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cluster.batch.errors import BatchRefused
from app.cluster.batch.pipeline import AT_LEAST, CHUNK, MOST_CHUNKS, chunk_size, connect


@given(st.integers(1, 10**9), st.sampled_from([1, 2, 8, 16, 1024]))
def test_chunks_are_whole_batches_neither_too_many_nor_too_large(photos: int, batch: int) -> None:
    size = chunk_size(photos, batch)
    assert size > 0
    assert size % batch == 0
    assert -(-photos // size) <= MOST_CHUNKS
    assert size < max(CHUNK, photos / MOST_CHUNKS + 1, batch) + batch
    if photos >= AT_LEAST * batch * 2:
        assert photos / size >= min(AT_LEAST, photos / CHUNK) / 2


def test_a_cluster_that_this_machine_is_no_node_of_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "ray://cats:10001")
    with pytest.raises(BatchRefused, match=r"RAY_ADDRESS: expected .*; received: ray://cats:10001"):
        connect()
