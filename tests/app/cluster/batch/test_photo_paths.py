"""Which paths a folder, a list and a store give."""

import io
import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cluster.batch.errors import BatchRefused
from app.cluster.batch.photo_paths import listed, photo_paths
from tests.app.cluster.batch.photo_folder import BAD, latin_1, make_folder

HERE = {f"deep/er/{number:04}.jpg" for number in range(3)} | {"large enough.jpg", *BAD}


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    make_folder(tmp_path / "photos", 3)
    return tmp_path / "photos"


def test_a_folder_gives_all_its_files_but_those_that_are_hidden(photos: Path) -> None:
    assert sorted(photo_paths(str(photos))) == sorted(f"{photos}/{name}" for name in HERE)


def test_a_folder_s_paths_are_named_as_it_was(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(photos.parent)
    assert sorted(photo_paths("photos")) == sorted(f"photos/{name}" for name in HERE)


def test_a_link_to_a_folder_leads_nowhere_but_one_to_a_photo_does(photos: Path) -> None:
    (photos / "deep" / "round").symlink_to(photos)
    (photos / "favourite.jpg").symlink_to(photos / "deep" / "er" / "0000.jpg")
    assert sorted(photo_paths(str(photos))) == sorted(f"{photos}/{name}" for name in {*HERE, "favourite.jpg"})


def test_a_name_that_is_no_text_becomes_a_uri(tmp_path: Path) -> None:
    uri = latin_1(tmp_path, b"a cat")
    assert list(photo_paths(str(tmp_path))) == [uri]


def test_a_list_gives_its_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = b"cats/1.jpg\r\n\n a space .jpg\ns3://bucket/cat.jpg\nlast.jpg"
    expected = ["cats/1.jpg", " a space .jpg", "s3://bucket/cat.jpg", "last.jpg"]
    (tmp_path / "list.txt").write_bytes(lines)
    assert list(photo_paths(str(tmp_path / "list.txt"))) == expected
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines)))
    assert list(photo_paths("-")) == expected


@given(st.lists(st.binary(min_size=1, max_size=40).filter(lambda line: not set(line) & set(b"\r\n"))))
def test_any_line_becomes_text_that_parquet_can_hold(lines: list[bytes]) -> None:
    paths = list(listed(line + b"\n" for line in lines))
    assert len(paths) == len(lines)
    for path, line in zip(paths, lines, strict=True):
        assert path.encode()
        if path == os.fsdecode(line):
            continue
        assert path.startswith("file://")


def test_a_store_gives_the_uris_of_its_objects(photos: Path) -> None:
    store = f"file://{photos}"
    expected = {f"{store}/{name.replace(' ', '%20')}" for name in HERE}
    assert set(photo_paths(store)) == expected
    one = f"{store}/large%20enough.jpg"
    assert list(photo_paths(one)) == [one]


@pytest.mark.parametrize("images", ["nowhere", "file:///nowhere/at/all"])
def test_a_place_that_is_not_there_is_refused(images: str) -> None:
    with pytest.raises(BatchRefused, match=r"^IMAGES: expected .* received: .*nowhere"):
        list(photo_paths(images))
