"""ASGI: what went in and out of each request, seen from outside the whole application, and the request's id."""

import re
import secrets
import time
from collections.abc import Callable, Sequence

from starlette.types import ASGIApp, Message, Receive, Scope, Send

REQUEST_ID = b"x-request-id"
GOOD_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
OTHER = "other"  # the route of all paths that have none: anybody can make up a new one
CLIENT_GONE = 499  # as nginx has it, for an answer that nobody waited for
FAILED = 500


class Observation:
    """One request and its answer, so far.

    The request's state, `scope["state"]`, gets the id as `request_id`. Whoever answers may leave there `timings`, a
    dict from stage to milliseconds, and `problem`, the code of a refusal.
    """

    __slots__ = (
        "_answered", "_receive", "_send", "arrived", "bytes_in", "bytes_out", "client_gone", "duration_s", "headers",
        "request_id", "route", "scope", "started", "status",
    )  # fmt: skip

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.arrived, self.started = time.time(), time.perf_counter()  # the same moment by two clocks
        self.scope, self._receive, self._send = scope, receive, send
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        asked = self.headers.get(REQUEST_ID, b"")
        self.request_id = asked.decode() if GOOD_ID.fullmatch(asked) else secrets.token_hex(16)
        scope.setdefault("state", {})["request_id"] = self.request_id
        self.route = OTHER
        self.status = self.bytes_in = self.bytes_out = 0  # bytes of the bodies
        self.duration_s = 0.0
        self.client_gone = self._answered = False

    @property
    def method(self) -> str:
        method: str = self.scope["method"]
        return method

    @property
    def problem(self) -> str | None:
        problem: str | None = self.scope["state"].get("problem")
        return problem

    @property
    def timings(self) -> dict[str, float]:
        """Milliseconds by stage."""
        timings: dict[str, float] = self.scope["state"].get("timings", {})
        return timings

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self.bytes_in += len(message.get("body", b""))
        elif not self._answered:
            self.client_gone = True
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = CLIENT_GONE if self.client_gone else message["status"]
            message["headers"] = [*message.get("headers", ()), (REQUEST_ID, self.request_id.encode())]
        elif message["type"] == "http.response.body":
            self.bytes_out += len(message.get("body", b""))
            self._answered = not message.get("more_body", False)
        await self._send(message)

    def end(self, route_of: Callable[[str], str | None]) -> None:
        """To be called once, when nothing more can come; `route_of` tells the route of a path that was not routed."""
        self.duration_s = time.perf_counter() - self.started
        path: str = self.scope["path"]
        self.route = getattr(self.scope.get("route"), "path", None) or route_of(path) or OTHER
        self.status = self.status or (CLIENT_GONE if self.client_gone else FAILED)


class Observed:
    """Wraps an application; its exceptions and its streams pass unchanged."""

    def __init__(
        self,
        app: ASGIApp,
        observers: Sequence[Callable[[Observation], None]],
        route_of: Callable[[str], str | None] = lambda _: None,
    ) -> None:
        """Wraps it.

        Args:
            app: the application.
            observers: are told of each request once it is over, however it ended.
            route_of: the route of a path that may be answered before the application looks for it.
        """
        self._app, self._observers, self._route_of = app, tuple(observers), route_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        observation = Observation(scope, receive, send)
        try:
            await self._app(scope, observation.receive, observation.send)
        finally:
            observation.end(self._route_of)
            for observe in self._observers:
                observe(observation)
