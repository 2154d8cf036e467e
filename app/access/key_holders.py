"""ASGI: who has no key is let in nowhere but where everybody is; who has one is known by its name from here on."""

import re

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from app.access.refusals import KeyWrong
from app.keys import Keys
from app.problems import answer

# What says nothing of anybody: whether the service lives, its page and its documents, and its numbers. Those who ask
# for these have no key to show: an orchestrator's probes, Prometheus, and a browser that has yet to ask for one.
OPEN = re.compile(r"/|/page/.*|/docs|/static-offline-docs/.*|/openapi\.json|/health/.*|/v2/health/.*|/metrics")
READING = {"GET", "HEAD"}


class KeyHolders:
    """Wraps the application. The holder's name goes into the request's state, where `app.clients` finds it."""

    def __init__(self, app: ASGIApp, keys: Keys) -> None:
        self._app, self._keys = app, keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not is_open(scope["method"], scope["path"]):
            key = key_of(scope)
            holder = self._keys.holder(key) if key else None
            if holder is None:
                await answer(scope["path"], KeyWrong(key))(scope, receive, send)
                return
            scope.setdefault("state", {})["holder"] = holder
        await self._app(scope, receive, send)


def is_open(method: str, path: str) -> bool:
    """Whether everybody may ask for a path."""
    return method in READING and OPEN.fullmatch(path) is not None


def key_of(scope: Scope) -> str | None:
    """What a request shows as its key: `Authorization: Bearer KEY`, or else `X-Api-Key: KEY`; None if nothing."""
    headers = Headers(scope=scope)
    scheme, _, key = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and key.strip():
        return key.strip()
    return headers.get("x-api-key") or None
