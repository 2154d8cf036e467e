"""A ledger in a file that several processes have in their memory."""

import contextlib
import fcntl
import mmap
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from app.access.ledger import SECRET_BYTES, SIZE, Ledger


class SharedLedger:
    """One process at a time has it; the lock ends with the process, however that ends."""

    def __init__(self, file: Path) -> None:
        """Makes the file, if no other process has yet.

        Raises:
            OSError: if there is no room for it. It is taken here: a later write to a file that is in the memory, but
                has no room on its disk, could only end the process.
        """
        self._descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
        with self._locked(fcntl.LOCK_EX):
            if os.fstat(self._descriptor).st_size < SIZE + SECRET_BYTES:
                os.posix_fallocate(self._descriptor, 0, SIZE)
                os.pwrite(self._descriptor, secrets.token_bytes(SECRET_BYTES), SIZE)
            secret = os.pread(self._descriptor, SECRET_BYTES, SIZE)
        self._table = mmap.mmap(self._descriptor, SIZE)
        self._ledger = Ledger(self._table, secret)

    @contextlib.contextmanager
    def at_once(self) -> Iterator[Ledger]:
        """The ledger, for as long as this lasts.

        Raises:
            BlockingIOError: if another process has it.
        """
        with self._locked(fcntl.LOCK_EX | fcntl.LOCK_NB):
            yield self._ledger

    @contextlib.contextmanager
    def _locked(self, how: int) -> Iterator[None]:
        fcntl.flock(self._descriptor, how)
        try:
            yield
        finally:
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def close(self) -> None:
        self._table.close()
        os.close(self._descriptor)
