"""One connection of a load: sends a request's bytes and looks at no more of an answer than its head."""

import asyncio
from collections.abc import Callable, Iterable
from typing import cast

from benchmarks.load import LOST
from benchmarks.wire import END, Head, read_head


class Connection(asyncio.Protocol):
    """A connection that is kept. It tells of each answer, of one that never came (LOST), and of its own end."""

    def __init__(self, answered: Callable[["Connection", Head], None], ended: Callable[["Connection"], None]) -> None:
        self.due = 0.0  # when its present request should have been sent, by time.perf_counter
        self.waits = False
        self._answered, self._ended = answered, ended
        self._transport: asyncio.Transport
        self._head: Head | None = None
        self._received, self._missing = b"", 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def send(self, pieces: Iterable[bytes], due: float) -> None:
        self.due, self.waits = due, True
        self._transport.writelines(pieces)

    def data_received(self, data: bytes) -> None:
        if self._head is None:
            self._received += data
            end = self._received.find(END)
            if end < 0:
                return
            self._head = read_head(self._received[:end])
            self._missing = end + len(END) + self._head.length - len(self._received)
            self._received = b""
        else:
            self._missing -= len(data)
        if self._missing <= 0:
            head, self._head, self.waits = self._head, None, False
            if head.closes:
                self.close()
            self._answered(self, head)

    def connection_lost(self, _: Exception | None) -> None:
        if self.waits:
            self.waits = False
            self._answered(self, Head(LOST, length=0, closes=True, retry_after=False))
        self._ended(self)

    def close(self) -> None:
        """Gives up what it waits for."""
        self.waits = False
        self._transport.close()
