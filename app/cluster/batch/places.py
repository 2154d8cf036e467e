"""Where files are: on a file system that all nodes see, or in an object store."""

import re
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

from app.cluster.batch.errors import BatchRefused

if TYPE_CHECKING:
    from pyarrow.fs import FileSystem

SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


def local_path(uri: str) -> str | None:
    """The path that a URI of this machine names, which need not be text; None for other URIs."""
    parts = urlsplit(uri)
    return unquote(parts.path, errors="surrogateescape") if parts.scheme == "file" else None


def is_uri(path: str) -> bool:
    """Whether it names a place such as `s3://bucket/cat.jpg`, rather than a file's path."""
    return SCHEME.match(path) is not None


class Stores:
    """The file systems that URIs name; each bucket is connected to once."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[FileSystem, str]] = {}

    def find(self, uri: str) -> tuple["FileSystem", str]:
        """The file system of a URI, and the path in it. In a URI, `%`, `?` and `#` of a name are percent-encoded.

        Raises:
            BatchRefused: if nothing here knows the URI's scheme.
            OSError: if the store cannot be reached.
        """
        system, start = self._root(uri)
        return system, start + unquote(urlsplit(uri).path)

    def uri_of(self, uri: str, path: str) -> str:
        """The inverse, for a path in the file system of this URI; what the URI asks for (`?…`) is kept."""
        parts, (_, start) = urlsplit(uri), self._root(uri)
        query = f"?{parts.query}" if parts.query else ""
        return f"{parts.scheme}://{parts.netloc}{quote('/' + path.removeprefix(start).lstrip('/'))}{query}"

    def _root(self, uri: str) -> tuple["FileSystem", str]:
        """The file system of a URI, and what is before each path in it: a bucket's name, say."""
        parts = urlsplit(uri)
        root = f"{parts.scheme}://{parts.netloc}/" + (f"?{parts.query}" if parts.query else "")
        if root not in self._known:
            system, start = connect(root)
            self._known[root] = system, start.rstrip("/")
        return self._known[root]


def connect(root: str) -> tuple["FileSystem", str]:
    """As Arrow does it, else as fsspec does, which knows more stores."""
    import pyarrow
    from pyarrow import fs

    try:
        system, start = fs.FileSystem.from_uri(root)
        return system, start
    except pyarrow.ArrowInvalid:
        pass
    import fsspec

    try:
        theirs, start = fsspec.core.url_to_fs(root)
    except (ImportError, ValueError) as error:
        raise BatchRefused(f"Expected a store that Arrow or fsspec can read; received: {root} ({error})") from error
    return fs.PyFileSystem(fs.FSSpecHandler(theirs)), start
