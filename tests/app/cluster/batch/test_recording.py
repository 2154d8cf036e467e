"""From rows that come in any order, and more than once, to parts."""

import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cluster.batch import recording
from app.cluster.batch.parts import DIGEST, MODEL, VERSION, Parts
from app.cluster.batch.progress import Progress
from app.cluster.batch.recording import Recording
from tests.app.cluster.batch.batch_process import parts_in, rows_in

FACTS = {MODEL: "cat", VERSION: "5", DIGEST: "ab" * 32}
KINDS: list[dict[str, Any]] = [
    {"label": "cat", "score": 0.75, "cat_score": 0.75},
    {"label": "dog", "score": 0.5, "cat_score": 0.25},
    {"error": "not_an_image: Expected an image"},
    {"unread": "TimeoutError: slow"},
]
SCORES, TEXTS = ("score", "cat_score"), ("path", "label", "error", "unread", "computed_on")
SCHEMA = pa.schema({"number": pa.int64(), **dict.fromkeys(SCORES, pa.float32()), **dict.fromkeys(TEXTS, pa.string())})


def table(*numbers: int) -> pa.Table:
    """Rows of these paths, of a kind each."""
    rows = [{"number": at, "path": f"{at}.jpg", "computed_on": "cpu", **KINDS[at % len(KINDS)]} for at in numbers]
    return pa.Table.from_pylist(rows, SCHEMA)


@given(st.lists(st.lists(st.integers(0, 19), max_size=30), max_size=5))
def test_each_path_is_counted_and_written_once(comes: list[list[int]]) -> None:
    came = {number for numbers in comes for number in numbers}
    with tempfile.TemporaryDirectory() as folder, Parts(folder, FACTS) as parts:
        progress = Progress(20)
        taking = Recording(parts, progress, Path(folder))
        for numbers in comes:
            taking.take(table(*numbers))
        taking.flush()
        written = rows_in(Path(folder)) if came else []
    by_kind = [sum(number % len(KINDS) == kind for number in came) for kind in range(len(KINDS))]
    assert [progress.cats, progress.predicted - progress.cats, progress.errors, progress.unread] == by_kind
    assert progress.done == len(came)
    assert taking.missing == 20 - len(came)
    assert sorted(row["path"] for row in written) == sorted(f"{at}.jpg" for at in came if at % len(KINDS) != 3)


def test_a_part_is_written_with_the_first_rows_and_then_when_it_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "SECONDS", 1e9)
    monkeypatch.setattr(recording, "ROWS", 4)
    with Parts(str(tmp_path), FACTS) as parts:
        taking = Recording(parts, Progress(100), tmp_path)
        seen = []
        for numbers in ([0], [1], [4, 5], [8], [9]):
            taking.take(table(*numbers))
            seen.append(len(parts_in(tmp_path)))
    assert seen == [1, 1, 1, 2, 2]


def test_a_file_that_is_missing_on_a_node_only_gets_no_row(tmp_path: Path) -> None:
    (tmp_path / "here.jpg").touch()
    missing = {"error": "file_not_found: Expected a file", "computed_on": "cpu"}
    paths = ["here.jpg", "gone.jpg", "a\0b", "s3://a/b"]
    rows = [{"number": at, "path": path, **missing} for at, path in enumerate(paths)]
    with Parts(str(tmp_path / "out"), FACTS) as parts:
        progress = Progress(4)
        taking = Recording(parts, progress, tmp_path)
        taking.take(pa.Table.from_pylist(rows, SCHEMA))
        taking.flush()
    assert (progress.unread, progress.errors) == (1, 3)
    assert [row["path"] for row in rows_in(tmp_path / "out")] == ["gone.jpg", "a\0b", "s3://a/b"]
    assert taking.first_unread and taking.first_unread.startswith("here.jpg: Expected a file that all nodes see")
