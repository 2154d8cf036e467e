"""How files are read, and what is said of those that are none."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from app.cluster.batch import photo_files
from app.cluster.batch.errors import NoPhoto
from app.cluster.batch.photo_files import PhotoFiles
from app.errors import BodyTooLarge, PhotoMissing

LARGEST = 1000


@pytest.fixture
def files(tmp_path: Path) -> PhotoFiles:
    return PhotoFiles(tmp_path, LARGEST)


def test_a_file_is_read_by_its_path_or_its_uri(files: PhotoFiles, tmp_path: Path) -> None:
    (tmp_path / "a cat.jpg").write_bytes(b"a cat")
    for path in (
        "a cat.jpg",
        f"{tmp_path}/a cat.jpg",
        f"file://{tmp_path}/a%20cat.jpg",
        f"file://{tmp_path}/a cat.jpg",
    ):
        assert files.read(path) == b"a cat"


@pytest.mark.parametrize("by", ["{}", "file://{}"])
def test_the_largest_file_is_read_and_a_larger_one_is_not(files: PhotoFiles, tmp_path: Path, by: str) -> None:
    path = tmp_path / "cat.jpg"
    path.write_bytes(bytes(LARGEST))
    assert files.read(by.format(path)) == bytes(LARGEST)
    path.write_bytes(bytes(LARGEST + 1))
    with pytest.raises(BodyTooLarge, match="Expected at most 1000 bytes; received: 1001"):
        files.read(by.format(path))


@pytest.mark.parametrize("by", ["{}", "file://{}"])
def test_what_is_no_file_is_said_to_be_none(files: PhotoFiles, tmp_path: Path, by: str) -> None:
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "round.jpg").symlink_to(tmp_path / "round.jpg")
    os.mkfifo(tmp_path / "pipe.jpg")
    with pytest.raises(PhotoMissing, match="Expected a photo; received: an empty file"):
        files.read(by.format(tmp_path / "empty.jpg"))
    for name, code in {
        ".": "not_a_file", "pipe.jpg": "not_a_file", "gone.jpg": "file_not_found",
        "empty.jpg/cat.jpg": "file_not_found",
    }.items():  # fmt: skip
        with pytest.raises(NoPhoto, match="Expected a file; received: ") as caught:
            files.read(by.format(tmp_path / name))
        assert caught.value.code == code


@pytest.mark.parametrize("path", ["round.jpg", "a\0cat.jpg", "x" * 300 + ".jpg"])
def test_a_path_that_can_lead_to_no_file_is_one_without_a_file(files: PhotoFiles, tmp_path: Path, path: str) -> None:
    (tmp_path / "round.jpg").symlink_to(tmp_path / "round.jpg")
    with pytest.raises(NoPhoto) as caught:
        files.read(path)
    assert caught.value.code == "file_not_found"


class Flaky(MemoryFileSystem):
    """A store whose network fails now and then."""

    protocol = "flaky"
    cachable = False
    failures: list[OSError]

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return "/" + path.removeprefix("flaky://").strip("/")

    def _open(self, path: str, mode: str = "rb", **options: Any) -> Any:
        if type(self).failures:
            raise type(self).failures.pop()
        return super()._open(path, mode, **options)


@pytest.fixture
def flaky(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Flaky]]:
    monkeypatch.setattr(photo_files, "PAUSES_S", (0.0, 0.0))
    fsspec.register_implementation("flaky", Flaky, clobber=True)
    fsspec.filesystem("memory").pipe_file("/cats/1.jpg", b"a cat")
    yield Flaky
    fsspec.filesystem("memory").rm("/cats", recursive=True)


def test_what_the_network_let_fall_is_fetched_again(files: PhotoFiles, flaky: type[Flaky]) -> None:
    flaky.failures = [TimeoutError("slow"), ConnectionResetError("reset")]
    assert files.read("flaky://cats/1.jpg") == b"a cat"


def test_what_the_network_keeps_letting_fall_is_no_bad_file(files: PhotoFiles, flaky: type[Flaky]) -> None:
    flaky.failures = [TimeoutError("slow")] * 3
    with pytest.raises(TimeoutError, match="slow"):
        files.read("flaky://cats/1.jpg")
    assert not flaky.failures


def test_what_is_forbidden_is_no_bad_file_and_is_not_tried_again(files: PhotoFiles, flaky: type[Flaky]) -> None:
    flaky.failures = [TimeoutError("never reached"), PermissionError("forbidden")]
    with pytest.raises(PermissionError, match="forbidden"):
        files.read("flaky://cats/1.jpg")
    assert len(flaky.failures) == 1
