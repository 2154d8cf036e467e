"""Around each of Ray Serve's proxies: a request whose replica dies is put to another, and its client notices nothing.

Ray Serve itself answers 500 then, for it cannot know what may be done twice. What else it says itself, in plain text,
becomes a problem document here.
"""

import asyncio
from collections.abc import MutableMapping
from typing import Any

from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import DeadlinePassed, NotReady, ServiceError
from app.failures import ReplicaLost
from app.observing.observed import REQUEST_ID
from app.problems import answer
from app.scheduling.admitted import takes_photos
from app.security_headers import ALWAYS, SecurityHeaders

TRIES = 6
PAUSE_S = 0.1  # before the second try, and twice as long before each further one: 3.1 s in all
RAYS_OWN = "/-/"  # paths that Ray Serve answers itself, for load balancers
OURS = ALWAYS[0][0]  # a header that every answer of ours has
TIMED_OUT = 408  # as Ray Serve says it, by the file's request_timeout_s
KEPT_BYTES = 2**28  # of the bodies that a proxy keeps to send them again: as many as CATSCAN_QUEUE_BYTES usually allows


def around() -> list[Middleware]:
    """What RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH names: Ray Serve puts it around each proxy that it starts."""
    return [Middleware(Front)]


class Front:
    """Wraps a proxy, which ends without an answer if what should have answered died."""

    def __init__(self, proxy: ASGIApp) -> None:
        self._proxy, self.kept = proxy, 0  # bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._proxy(scope, receive, send)
            return
        request, reply = Request(self, receive), Reply(send, passing=scope["path"].startswith(RAYS_OWN))
        try:
            for number in range(TRIES):
                await self._proxy(dict(scope), request.from_the_start(), reply.send)
                if reply.begun or request.gone:
                    return
                if reply.refused or not request.is_whole_again or not may_be_repeated(scope):
                    break
                await asyncio.sleep(PAUSE_S * 2**number)
        finally:
            self.kept -= request.kept
        await SecurityHeaders(answer(scope["path"], problem_of(reply.refused)))(scope, receive, send)


class Request:
    """A request's body, kept as it comes."""

    def __init__(self, front: Front, receive: Receive) -> None:
        self._front, self._receive = front, receive
        self._messages: list[Message] = []
        self.kept = 0  # bytes
        self.is_whole_again = True  # else it was too much to be kept
        self.gone = False  # the client

    def from_the_start(self) -> Receive:
        """The same messages again, and then those that still come."""
        place = 0

        async def receive() -> Message:
            nonlocal place
            message = self._messages[place] if place < len(self._messages) else await self._next()
            place += 1
            return message

        return receive

    async def _next(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            self.gone = True
        elif self.is_whole_again:
            self._keep(message)
        return message

    def _keep(self, message: Message) -> None:
        size = len(message.get("body", b""))
        if self._front.kept + size <= KEPT_BYTES:
            self._front.kept += size
            self.kept += size
            self._messages.append(message)
        else:
            self._front.kept -= self.kept
            self.is_whole_again, self.kept = False, 0
            self._messages.clear()


class Reply:
    """What a client is told, by whichever try begins to tell something; what Ray Serve says itself is only noted."""

    def __init__(self, send: Send, passing: bool) -> None:
        """Begins with nothing told; `passing` what Ray Serve says, too."""
        self._send, self._passing = send, passing
        self.begun = False
        self.refused = 0  # the status of what Ray Serve said

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = with_one_id(message)
            if not self._passing and OURS not in dict(headers):
                self.refused = message["status"]
            message = {**message, "headers": headers}
        if not self.refused:
            self.begun = True
            await self._send(message)


def problem_of(status: int) -> ServiceError:
    """What it means when Ray Serve answers with this status, or with none."""
    if status == TIMED_OUT:
        return DeadlinePassed("Expected a replica to answer in time; received: nothing by then")
    return NotReady("Expected a replica that is loaded; received: none yet") if status else ReplicaLost()


def with_one_id(message: MutableMapping[str, Any]) -> list[tuple[bytes, bytes]]:
    """The headers of an answer, without the id that the proxy adds to the replica's, which may be another."""
    headers = [(bytes(name).lower(), bytes(value)) for name, value in message.get("headers", ())]
    ids = [header for header in headers if header[0] == REQUEST_ID]
    return [header for header in headers if header[0] != REQUEST_ID] + ids[:1]


def may_be_repeated(scope: Scope) -> bool:
    """Whether it does no harm if a request is carried out twice: looks, and photos, which are only predicted again."""
    return scope["method"] in ("GET", "HEAD", "OPTIONS") or takes_photos(scope["method"], scope["path"])
