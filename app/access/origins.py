"""ASGI: which web pages from elsewhere a browser lets ask; none, unless the settings name their origins (CORS)."""

from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

METHODS = "GET", "HEAD", "POST"
# What a page may send beside what browsers let it send anyhow.
ASKED = (
    "Authorization", "Cache-Control", "Catscan-Sticky", "Content-Encoding", "If-None-Match",
    "Inference-Header-Content-Length", "Prefer", "traceparent", "tracestate", "X-Api-Key", "X-Request-Id",
)  # fmt: skip
# What it may read of an answer, likewise: all that is ours.
ANSWERED = (
    "Allow", "Catscan-Device", "Catscan-Image-Id", "Catscan-Model", "Content-Disposition", "Content-Location", "ETag",
    "Inference-Header-Content-Length", "Map-Colormap", "Map-Scale", "Map-Sign", "RateLimit", "RateLimit-Policy",
    "Retry-After", "Server-Timing", "Tensor-Dtype", "Tensor-Layout", "Tensor-Shape", "WWW-Authenticate", "X-Request-Id",
)  # fmt: skip
REMEMBERED_S = 600  # for which a browser need not ask again whether it may ask
PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Origins:
    """Of web pages, as browsers name them in `Origin`; `*` is none, for a page that anybody made is nobody's wish."""

    exact: tuple[str, ...] = ()

    @classmethod
    def of(cls, given: object) -> Self:
        """The origins themselves, or those in a text: `https://a.example,http://127.0.0.1:3000`.

        Raises:
            ValueError: saying which part no browser would send.
        """
        if isinstance(given, cls):
            return given
        parts = [part for part in map(str.strip, str(given).split(",")) if part]
        for number, part in enumerate(parts, start=1):
            if origin_of(part) != part:
                raise ValueError(
                    "Input should be exact origins such as https://a.example or http://127.0.0.1:3000, as browsers "
                    f"send them: in small letters, without a path or the usual port; unlike part {number}"
                )
        return cls(tuple(dict.fromkeys(parts)))

    def __bool__(self) -> bool:
        return bool(self.exact)

    def __str__(self) -> str:
        return ", ".join(self.exact) or "none"

    def around(self, app: ASGIApp) -> ASGIApp:
        """An application that tells browsers so; the same one, if there are no origins.

        A browser's question beforehand (a preflight) is answered here: it carries no key.
        """
        if not self.exact:
            return app
        return CORSMiddleware(
            app, self.exact, METHODS, ASKED, expose_headers=ANSWERED, max_age=REMEMBERED_S, allow_credentials=False
        )


def origin_of(url: str) -> str | None:
    """The origin of a page as browsers write it (RFC 6454, section 6.2); None if it has none that they send."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
        (host or "").encode("ascii")
    except ValueError:
        return None
    if parts.scheme not in PORTS or not host or any(character in host for character in "*%_ "):
        return None
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}" + (f":{port}" if port not in (None, PORTS[parts.scheme]) else "")
