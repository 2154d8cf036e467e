"""A request and its response on their way: bodies are counted as they come, and must not come too slowly."""

import asyncio
from collections.abc import Mapping

from starlette.types import Message, Receive, Send

from app.errors import DeadlinePassed, UploadError
from app.scheduling.places import Places

# A photo has a place once it is there: who only announces one, or stops in the middle of it, keeps nobody out.
SLOW_S, LEAST_BYTES = 10.0, 10_000  # within the seconds, so many further bytes: a phone in a lift stops for some


class BodyTooSlow(UploadError):
    status, code, title = 408, "body_too_slow", "The request's body comes too slowly"
    headers: Mapping[str, str] = {"Connection": "close"}  # the rest of the body is not waited for


class Exchange:
    """One; a client that goes away before its response begins ends the work."""

    def __init__(self, receive: Receive, send: Send, places: Places, whole: bool) -> None:
        """Begins; `whole` if no body is waited for."""
        self._receive, self._send, self._places = receive, send, places
        self._working = asyncio.current_task()
        self._watching: asyncio.Task[None] | None = None
        self._whole, self._came = whole, 0  # bytes since the deadline was moved last
        self.status = 0  # of the response, once it has begun
        self.abandoned = False

    def deadline(self, seconds: float) -> asyncio.Timeout:
        """Of the work; while the body is not whole, that of its next bytes, if they have to come before."""
        now = asyncio.get_running_loop().time()
        self._end = now + seconds
        self._deadline = asyncio.timeout_at(self._end if self._whole else min(self._end, now + SLOW_S))
        return self._deadline

    def lateness(self, seconds: float) -> BodyTooSlow | DeadlinePassed:
        """Why the deadline is over."""
        if self._deadline.when() == self._end:
            return DeadlinePassed(f"Expected an answer within {seconds:g} s; received: none by then")
        return BodyTooSlow(
            f"Expected {LEAST_BYTES} further bytes of the body, or its end, within {SLOW_S:g} s; received: {self._came}"
        )

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            more = message.get("more_body", False)
            if not self._whole and not self.status:
                self._arrived(len(message.get("body", b"")), more)
            if not more and self._watching is None:
                self._watching = asyncio.create_task(self._watch())
        return message

    def _arrived(self, size: int, more: bool) -> None:
        self._places.hold(size)
        if not more:
            self._places.take(1)
            self._whole = True
            self._move(self._end)
            return
        self._came += size
        if self._came >= LEAST_BYTES:
            self._came = 0
            self._move(min(self._end, asyncio.get_running_loop().time() + SLOW_S))

    def _move(self, end: float) -> None:
        if not self._deadline.expired():
            self._deadline.reschedule(end)

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            if not self._whole:
                self._move(self._end)  # what comes of the body now is dropped
        await self._send(message)

    async def _watch(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        if not self.status and self._working is not None:
            self.abandoned = True
            self._working.cancel()

    def end(self) -> None:
        if self._watching is not None:
            self._watching.cancel()
