"""ASGI: photos get in or are refused; work that takes too long, or that nobody waits for any more, ends."""

import asyncio
import math
import re
from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from app.errors import Overloaded
from app.problems import answer
from app.scheduling.admission import Admission
from app.scheduling.exchange import Exchange
from app.scheduling.places import Places
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
        posted, places = scope["method"] == "POST", Places(self._admission, patience_s)
        try:
            if posted:  # its photo has a place once it is there
                self._admission.check(self._size(headers.get("content-length", "")), patience_s)
            else:
                places.take(1)
        except Overloaded as error:
            await answer(scope["path"], error)(scope, receive, send)
            return
        scope.setdefault("state", {})["places"] = places
        exchange = Exchange(receive, send, places, whole=not posted)
        try:
            await self._within(patience_s, exchange, scope)
        finally:
            exchange.end()
            places.leave(exchange.status == 200)

    def _size(self, declared: str) -> int:
        """Of the body, as far as it is known: it counts as it comes."""
        return min(int(declared), self._settings.max_body_bytes) if declared.isdecimal() else 0

    async def _within(self, seconds: float, exchange: Exchange, scope: Scope) -> None:
        try:
            async with exchange.deadline(seconds) as deadline:
                await self._app(scope, exchange.receive, exchange.send)
        except TimeoutError:
            if not deadline.expired() or exchange.status:
                raise
            error = exchange.lateness(seconds)
            await answer(scope["path"], error)(scope, exchange.receive, exchange.send)
        except asyncio.CancelledError:
            if not exchange.abandoned:
                raise


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
