"""ASGI: photos get in or are refused; work that takes too long, or that nobody waits for any more, ends."""

import asyncio
import math
import re
from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import DeadlinePassed, Overloaded
from app.problems import answer
from app.scheduling.admission import Admission
from app.settings import Settings

# Those that put photos through the network.
PATHS = {
    "/predict", "/preprocessing", "/feature-maps", "/feature-maps/statistics", "/receipts", "/receptive-fields",
    "/explanations", "/ablations", "/predict/batch", "/hf",
}  # fmt: skip
FRONT = "/"  # where Hugging Face's clients may post one; GET is the page
TEMPLATES = (
    "/v2/models/{model}/infer", "/v2/models/{model}/versions/{version}/infer",
    "/v1/models/{model}:predict", "/v1/models/{model}/versions/{version}:predict",
    "/v1/models/{model}/labels/{label}:predict",
    "/v1/models/{model}:classify", "/v1/models/{model}/versions/{version}:classify",
    "/v1/models/{model}/labels/{label}:classify",
)  # fmt: skip
PATTERNS = {template: re.compile(re.sub(r"\{\w+\}", "[^/]+", template)) for template in TEMPLATES}
WAIT = re.compile(r"(?:^|[,;])\s*wait\s*=\s*\"?(\d{1,9}(?:\.\d{1,9})?)\"?\s*(?=$|[,;])", re.IGNORECASE)


class AdmittedPhotos:
    """Wraps the application."""

    def __init__(self, app: ASGIApp, admission: Admission, settings: Settings) -> None:
        self._app, self._admission, self._settings = app, admission, settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not takes_photos(scope["method"], scope["path"]):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        patience_s = min(self._settings.deadline_s, asked_wait_s(headers.getlist("prefer")))
        size = self._size(headers.get("content-length", "")) if scope["method"] == "POST" else 0
        try:
            self._admission.enter(size, patience_s)
        except Overloaded as error:
            await answer(scope["path"], error)(scope, receive, send)
            return
        places = scope.setdefault("state", {})["places"] = Places(self._admission, patience_s, size)
        exchange = Exchange(receive, send)
        try:
            await self._within(patience_s, exchange, scope)
        finally:
            exchange.end()
            self._admission.leave(places.bytes, exchange.status == 200, places.photos)

    def _size(self, declared: str) -> int:
        """Of the body; one that does not say may become as large as any."""
        most = self._settings.max_body_bytes
        return min(int(declared), most) if declared.isdecimal() else most

    async def _within(self, seconds: float, exchange: "Exchange", scope: Scope) -> None:
        try:
            async with asyncio.timeout(seconds) as deadline:
                await self._app(scope, exchange.receive, exchange.send)
        except TimeoutError:
            if not deadline.expired() or exchange.status:
                raise
            error = DeadlinePassed(f"Expected an answer within {seconds:g} s; received: none by then")
            await answer(scope["path"], error)(scope, exchange.receive, exchange.send)
        except asyncio.CancelledError:
            if not exchange.abandoned:
                raise


class Places:
    """Those of one request: for one photo at first."""

    def __init__(self, admission: Admission, patience_s: float, size: int) -> None:
        self._admission, self._patience_s = admission, patience_s
        self.photos, self.bytes = 1, size

    def take(self, photos: int) -> None:
        """Takes further places, if the request turns out to hold so many photos.

        Raises:
            Overloaded: if there are not as many, or if the answer would come too late.
        """
        if photos > self.photos:
            self._admission.enter(0, self._patience_s, photos - self.photos)
            self.photos = photos

    def hold(self, size: int) -> None:
        """Counts further bytes, if the request turns out to need them beside its body; alone it may have any.

        Raises:
            Overloaded: if there is no room for them beside what others hold.
        """
        if self._admission.bytes > self.bytes:
            self._admission.enter(size, self._patience_s, 0)
        else:
            self._admission.bytes += size
        self.bytes += size


class Exchange:
    """A request and its response on their way; a client that goes away before its response begins ends the work."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive, self._send = receive, send
        self._working = asyncio.current_task()
        self._watching: asyncio.Task[None] | None = None
        self.status = 0  # of the response, once it has begun
        self.abandoned = False

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request" and not message.get("more_body") and self._watching is None:
            self._watching = asyncio.create_task(self._watch())
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
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


def takes_photos(method: str, path: str) -> bool:
    """Whether a request puts photos through the network."""
    return method == "POST" if path.removesuffix("\n") == FRONT else route_of_photos(path) is not None


def route_of_photos(path: str) -> str | None:
    """The route of a path that puts photos through the network; None of any other."""
    path = path.removesuffix("\n")  # as Starlette's routes do: `$` is before a last newline, too
    if path in PATHS or path == FRONT:
        return path
    return next((route for route, pattern in PATTERNS.items() if pattern.fullmatch(path)), None)


def asked_wait_s(preferences: Sequence[str]) -> float:
    """How long a client says that it waits, in seconds: `Prefer: wait=2` (RFC 7240, section 4.3); infinity if none."""
    waits = [float(match[1]) for preference in preferences for match in WAIT.finditer(preference)]
    return min(waits, default=math.inf)
