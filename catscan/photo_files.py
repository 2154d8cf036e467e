"""A photo as the caller has it: its bytes, a file that is open, or a path."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

CHUNK, CHUNK_BYTES = 16, 8 * 2**20  # photos in one request: as many as the service predicts together by default
Photo = str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO

SUFFIXES = {".avif", ".bmp", ".gif", ".jfif", ".jpe", ".jpeg", ".jpg", ".png", ".webp"}  # of what the service reads


def photo_bytes(photo: Photo) -> bytes:
    """The photo's encoded bytes; of an open file, all from where it stands.

    Raises:
        OSError: if the path cannot be read.
        TypeError: if it is none of these, or a file that was opened as text.
    """
    if isinstance(photo, bytes | bytearray | memoryview):
        return bytes(photo)
    if isinstance(photo, str | os.PathLike):
        return Path(photo).read_bytes()
    content: object = photo.read() if hasattr(photo, "read") else photo
    if not isinstance(content, bytes):
        expected = "a path, the bytes of a photo, or a file opened with mode 'rb'"
        raise TypeError(f"Expected {expected}; received: {type(photo).__name__}")
    return content


def chunks(photos: Iterable[Photo]) -> Iterator[list[bytes]]:
    """The photos' bytes in their order, some at a time; they are read as they are asked for.

    Raises:
        OSError, TypeError: as `photo_bytes`.
    """
    chunk: list[bytes] = []
    size = 0
    for photo in map(photo_bytes, photos):
        if chunk and (len(chunk) == CHUNK or size + len(photo) > CHUNK_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(photo)
        size += len(photo)
    if chunk:
        yield chunk


def photos_in(paths: Iterable[Path]) -> list[Path]:
    """Each path that is no folder as it is; of a folder, all files below that are named as photos are, by name.

    A folder without any is given back itself: to read it fails, and says so. Hidden files and folders are left out.
    """
    found: list[Path] = []
    for path in paths:
        below = sorted(file for file in path.rglob("*") if is_photo(file.relative_to(path))) if path.is_dir() else []
        found += [file for file in below if file.is_file()] or [path]
    return found


def is_photo(file: Path) -> bool:
    return file.suffix.lower() in SUFFIXES and not any(part.startswith(".") for part in file.parts)
