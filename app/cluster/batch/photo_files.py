"""Reads photos' files: what is bad about a file is told apart from what is bad about the way to it."""

import errno
import stat
import time
from pathlib import Path

from app.cluster.batch.errors import no_such_file, not_a_file
from app.cluster.batch.places import Stores, is_uri, local_path
from app.errors import PhotoMissing
from app.photos.uploads import too_large

NOT_THERE = {errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP}
PAUSES_S = (0.5, 2.0)  # before a file is tried again, which the way to it did not let through


class PhotoFiles:
    """Reads files by their paths or URIs; threads may share it."""

    def __init__(self, start: Path, max_bytes: int) -> None:
        """Makes a reader.

        Args:
            start: what relative paths are relative to.
            max_bytes: of a file at most; a larger one is not read.
        """
        self._start, self._max_bytes, self._stores = start, max_bytes, Stores()

    def read(self, path: str) -> bytes:
        """The bytes of a file.

        Raises:
            NoPhoto: if there is no file.
            PhotoMissing: if it is empty.
            BodyTooLarge: if it is too large.
            OSError: if nobody knows, for it cannot be read just now, or by us.
        """
        for pause in (*PAUSES_S, None):
            try:
                local = local_path(path) if is_uri(path) else path
                return self._read_stored(path) if local is None else self._read_local(local)
            except OSError as error:
                if error.errno in NOT_THERE or isinstance(error, FileNotFoundError):
                    raise no_such_file(path) from error
                if pause is None or isinstance(error, PermissionError):
                    raise
                time.sleep(pause)
        raise AssertionError

    def _read_local(self, path: str) -> bytes:
        if "\0" in path:
            raise no_such_file(path)
        file = self._start / path
        facts = file.stat()
        if not stat.S_ISREG(facts.st_mode):  # opening a pipe would wait for its other end
            raise not_a_file(path)
        self._check(facts.st_size)
        with file.open("rb") as opened:
            return self._checked(opened.read(self._max_bytes + 1))

    def _read_stored(self, uri: str) -> bytes:
        from pyarrow import fs

        system, path = self._stores.find(uri)
        info = system.get_file_info(path)
        if info.type == fs.FileType.NotFound:
            raise no_such_file(uri)
        if info.type != fs.FileType.File:
            raise not_a_file(uri)
        self._check(info.size)
        with system.open_input_stream(path, compression=None) as opened:
            return self._checked(opened.read(self._max_bytes + 1))

    def _check(self, size: int | None) -> None:
        """Of what a file is said to have, which some stores do not say."""
        if size is not None and size > self._max_bytes:
            raise too_large(self._max_bytes, str(size))

    def _checked(self, content: bytes) -> bytes:
        if len(content) > self._max_bytes:
            raise too_large(self._max_bytes, "more")
        if not content:
            raise PhotoMissing("Expected a photo; received: an empty file")
        return content
