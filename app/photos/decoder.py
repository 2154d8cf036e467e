"""One process that decodes photos, as the service sees it, and the process that it is forked from."""

import logging
import os
import socket
import struct
import subprocess
import sys
import threading
from pathlib import Path

from app.photos.decoder_process import Task
from app.photos.messages import receive, send

ROOT = Path(__file__).resolve().parents[2]
TIMEVAL = struct.Struct("@ll")  # seconds and microseconds, as the kernel has them
MOST = 2**25  # bytes of an answer: a film has one or two millions
GRACE_S = 5.0  # beyond what a decoder may take: it ends by itself, unless the machine is past helping
logger = logging.getLogger("catscan")


class Decoder:
    """One process, for one thread at a time."""

    def __init__(self, process: socket.socket, patience_s: float) -> None:
        self._process = process
        seconds, rest = divmod(patience_s, 1)
        process.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, TIMEVAL.pack(int(seconds), int(rest * 1e6)))

    def ask(self, task: Task, file: bytes) -> tuple[bytes, memoryview]:
        """Words and content of the answer, as `app.photos.decoder_process` gives them.

        Raises:
            EOFError, OSError: if the process ends, or does not answer.
        """
        send(self._process, task.model_dump_json().encode(), file)
        return receive(self._process, MOST)

    def close(self) -> None:
        """Ends the process, when it has done what it does."""
        self._process.close()


class Maker:
    """The process that decoders are forked from, so that none needs time to start; begun anew if it is gone."""

    def __init__(self, module: str) -> None:
        self._command = [sys.executable, "-m", module]
        self._lock = threading.Lock()
        self._begin()

    @property
    def pid(self) -> int:
        return self._process.pid

    def _begin(self) -> None:
        self._control, theirs = socket.socketpair()
        paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
        with theirs:
            self._process = subprocess.Popen(
                self._command, stdin=theirs.fileno(), env=environment, start_new_session=True
            )  # a new session: what the terminal interrupts is the service, which ends its decoders itself

    def decoder(self, seconds: float) -> Decoder:
        """A new process, each of whose answers may take so long."""
        with self._lock:
            try:
                process = self._fork()
            except (EOFError, OSError):
                logger.warning("the process that makes decoders has ended, and begins anew")
                self.close()
                self._begin()
                process = self._fork()
        return Decoder(process, seconds + GRACE_S)

    def _fork(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                socket.send_fds(self._control, [b"+"], [theirs.fileno()])
            receive(ours, MOST)  # that it is ready
        except (EOFError, OSError):
            ours.close()
            raise
        return ours

    def close(self) -> None:
        """Ends the process; those that were forked from it end when they are closed."""
        self._control.close()
        self._process.wait()
