"""Which photos to predict: those of a folder, of a list, or of an object store; a path at a time, never all of them."""

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from app.cluster.batch.errors import BatchRefused
from app.cluster.batch.places import Stores, is_uri

if TYPE_CHECKING:
    from pyarrow.fs import FileSystem

STDIN = "-"


def photo_paths(images: str) -> Iterator[str]:
    """The path of each file, as the rows will name it: below a folder as `find` says it, in a list as it stands there.

    Hidden files and folders (`.…`) are left out, and so are links to folders, which may lead round in a circle.

    Args:
        images: a folder; a text file with a path or URI a line, or `-` for standard input; or the URI of a store.

    Raises:
        BatchRefused: if there is no such place.
        OSError: if it cannot be read.
    """
    if images == STDIN:
        return listed(sys.stdin.buffer)
    if is_uri(images):
        return in_store(images)
    place = Path(images)
    if place.is_dir():
        return in_folder(images)
    if place.is_file():
        return in_list(place)
    raise BatchRefused(f"IMAGES: expected a folder, a list, '-' or a URI; received: {images!r}, where there is nothing")


def in_folder(folder: str) -> Iterator[str]:
    """In the order that the file system has them: to sort them would be to hold them."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from in_folder(entry.path)
            elif entry.is_file():
                yield named(entry.path)


def in_list(file: Path) -> Iterator[str]:
    with file.open("rb") as lines:
        yield from listed(lines)


def listed(lines: Iterable[bytes]) -> Iterator[str]:
    """A path from each line that is not empty."""
    for line in lines:
        if path := line.rstrip(b"\r\n"):
            yield named(os.fsdecode(path))


def named(path: str) -> str:
    """The path itself; a URI for one that is no text, as names in Latin-1 are: Parquet's strings are UTF-8."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return Path(path).absolute().as_uri()
    return path


def in_store(uri: str) -> Iterator[str]:
    """The URI of each object below one; of the object itself if it is one."""
    from pyarrow import fs

    stores = Stores()
    system, path = stores.find(uri)
    at = system.get_file_info(path)
    if at.type == fs.FileType.File:
        yield uri
        return
    if at.type == fs.FileType.NotFound:
        raise BatchRefused(f"IMAGES: expected objects; received: {uri!r}, where there are none")
    for info in objects(system, path):
        below = info.removeprefix(path)
        if not any(part.startswith(".") for part in below.split("/")):
            yield stores.uri_of(uri, info)


def objects(system: "FileSystem", folder: str) -> Iterator[str]:
    """Folder by folder: a listing of all at once would hold all, where this holds those of one folder."""
    from pyarrow import fs

    for info in system.get_file_info(fs.FileSelector(folder)):
        if info.type == fs.FileType.File:
            yield str(info.path)
        elif info.type == fs.FileType.Directory:
            yield from objects(system, info.path)
