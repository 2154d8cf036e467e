import io
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catscan.photo_files import CHUNK, CHUNK_BYTES, Photo, chunks, photo_bytes, photos_in

CONTENT = b"\xff\xd8\xff and so on"
ZEROS = memoryview(bytes(CHUNK_BYTES + 1))


def test_a_photo_is_a_path_its_bytes_or_an_open_file(tmp_path: Path) -> None:
    file = tmp_path / "cat.jpg"
    file.write_bytes(CONTENT)
    with file.open("rb") as opened:
        photos: list[Photo] = [
            file, str(file), CONTENT, bytearray(CONTENT), memoryview(CONTENT), io.BytesIO(CONTENT), opened,
        ]  # fmt: skip
        assert [photo_bytes(photo) for photo in photos] == [CONTENT] * len(photos)


@pytest.mark.parametrize("wrong", [7, None, io.StringIO("text")])
def test_what_is_none_of_these_is_a_mistake(wrong: Any) -> None:
    with pytest.raises(TypeError, match="a file opened with mode 'rb'; received: "):
        photo_bytes(wrong)


def test_a_path_to_nothing_is_the_system_s_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        photo_bytes(tmp_path / "cat.jpg")


def test_a_folder_is_all_photos_below_it_by_name(tmp_path: Path) -> None:
    names = ["b.JPG", "a/2.png", "a/1.webp", "a/notes.txt", ".hidden.jpg", ".thumbnails/b.jpg", "a/c.avif/x.gif"]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(CONTENT)
    found = [photo.relative_to(tmp_path).as_posix() for photo in photos_in([tmp_path])]
    assert found == ["a/1.webp", "a/2.png", "a/c.avif/x.gif", "b.JPG"]


def test_a_named_file_is_taken_whatever_its_name_is_and_wherever_it_stands(tmp_path: Path) -> None:
    paths = [tmp_path / "notes.txt", tmp_path / ".hidden", tmp_path / "nowhere.jpg"]
    assert photos_in(paths) == paths


def test_a_folder_without_photos_stays_as_it_is_so_that_reading_it_fails(tmp_path: Path) -> None:
    assert photos_in([tmp_path]) == [tmp_path]
    with pytest.raises(IsADirectoryError):
        photo_bytes(tmp_path)


@given(st.lists(st.sampled_from([0, 1, CHUNK_BYTES // 3, CHUNK_BYTES // 2, CHUNK_BYTES, CHUNK_BYTES + 1]), max_size=40))
def test_photos_go_together_as_long_as_they_are_few_and_small(sizes: list[int]) -> None:
    photos = [ZEROS[:size] for size in sizes]
    found = list(chunks(photos))
    assert [len(photo) for chunk in found for photo in chunk] == sizes
    for chunk in found:
        assert 1 <= len(chunk) <= CHUNK
        assert len(chunk) == 1 or sum(map(len, chunk)) <= CHUNK_BYTES
    for chunk, following in pairwise(found):  # no chunk could have held the next one's first
        assert len(chunk) == CHUNK or sum(map(len, chunk)) + len(following[0]) > CHUNK_BYTES


def test_a_photo_is_read_when_its_chunk_is_made() -> None:
    opened: list[BinaryIO] = [io.BytesIO(CONTENT) for _ in range(CHUNK + 1)]
    assert len(next(chunks(opened))) == CHUNK
    assert opened[0].tell() == len(CONTENT)
    assert list(chunks([])) == []
