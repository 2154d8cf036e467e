"""The stores that URIs name."""

import fsspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cluster.batch.errors import BatchRefused
from app.cluster.batch.places import Stores, is_uri

KEYS = st.lists(st.text(st.characters(exclude_characters="/", exclude_categories=["C"]), min_size=1), min_size=1)


@pytest.mark.parametrize(
    ("path", "expected"),
    [("s3://b/k", True), ("file:///a", True), ("a/b.jpg", False), ("C:/a", False), ("a b://c", False), ("", False)],
)
def test_a_uri_is_told_from_a_path(path: str, expected: bool) -> None:
    assert is_uri(path) is expected


@given(KEYS)
def test_the_uri_of_a_path_leads_back_to_it(names: list[str]) -> None:
    stores, path = Stores(), "/" + "/".join(names)
    uri = stores.uri_of("file:///", path)
    assert uri.encode("ascii")
    assert stores.find(uri)[1] == path


def test_a_store_is_connected_to_once() -> None:
    stores = Stores()
    assert stores.find("file:///a.jpg")[0] is stores.find("file:///b.jpg")[0]


def test_a_store_that_only_fsspec_knows_is_read_through_it() -> None:
    memory = fsspec.filesystem("memory")
    memory.pipe_file("/cats/1.jpg", b"a cat")
    system, path = Stores().find("memory://cats/1.jpg")
    with system.open_input_stream(path) as opened:
        assert opened.read() == b"a cat"


def test_a_scheme_that_nobody_knows_is_refused() -> None:
    with pytest.raises(BatchRefused, match=r"Expected a store .*; received: gopher://cats/"):
        Stores().find("gopher://cats/1.jpg")
