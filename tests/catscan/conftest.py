"""Clients of a real server on the loopback, and of one that says what a test wants to hear."""

import contextlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.registry.registry import first_to_serve
from app.settings import Settings
from catscan import Answer, Client
from catscan.command_line import main
from model.manifest import LayerRecord, Manifest
from tests.app.conftest import chelsea, serving, wait_until_ready
from tests.app.loopback import on_loopback

__all__ = ["chelsea"]
DAY_S = 86_400.0


@pytest.fixture(scope="session")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Of a service with the default settings."""
    with serving(Settings(store=tmp_path_factory.mktemp("catscan") / "photos.sqlite")) as http:
        wait_until_ready(http)
        yield str(http.base_url)


@pytest.fixture(scope="session")
def client(url: str) -> Iterator[Client]:
    with Client(url, timeout_s=DAY_S) as client:
        yield client


@pytest.fixture(scope="session")
def cat(tmp_path_factory: pytest.TempPathFactory, chelsea: bytes) -> Path:
    """The same as a file."""
    file = tmp_path_factory.mktemp("photos") / "cat.jpg"
    file.write_bytes(chelsea)
    return file


@pytest.fixture(scope="session")
def answer(client: Client, chelsea: bytes) -> Answer:
    return client.predict(chelsea)


@pytest.fixture(scope="session")
def manifest() -> Manifest:
    """Of the network that the service serves."""
    return Manifest.load(first_to_serve(Settings()).folder)


@pytest.fixture(scope="session")
def convolution(manifest: Manifest) -> LayerRecord:
    return next(layer for layer in manifest.layers if layer.kind == "convolution")


@pytest.fixture(scope="session")
def dense(manifest: Manifest) -> LayerRecord:
    return next(layer for layer in manifest.layers if layer.kind == "dense")


@dataclass(frozen=True)
class Done:
    """A command that has ended."""

    code: int
    out: str
    err: str


Command = Callable[..., Done]


@pytest.fixture
def command(url: str, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs `catscan` with these arguments, in this process, at the service."""

    def run(*arguments: object, at: str = url) -> Done:
        try:
            code = main([*map(str, arguments), "--url", at, "--timeout", str(DAY_S)])
        except SystemExit as stopped:  # argparse's
            assert isinstance(stopped.code, int)
            code = stopped.code
        captured = capsys.readouterr()
        return Done(code, captured.out, captured.err)

    return run


@dataclass
class Heard:
    """A request that came to a scripted service."""

    method: str
    path: str
    query: dict[str, str]
    headers: Headers
    body: bytes
    moment: float = field(default_factory=time.monotonic)


@dataclass
class Scripted:
    """A service that gives these responses one after the other, and the last one for ever."""

    responses: Sequence[Response]
    url: str = ""
    heard: list[Heard] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            request = Request(scope, receive)
            path, query = scope["raw_path"].decode().partition("?")[0], dict(request.query_params)
            self.heard.append(Heard(request.method, path, query, request.headers, await request.body()))
            await self.responses[min(len(self.heard), len(self.responses)) - 1](scope, receive, send)


def problem(status: int, code: str, *, retry_after: str | None = None, **facts: object) -> Response:
    """A problem document, RFC 9457."""
    document = {"type": "about:blank", "title": "No", "status": status, "detail": f"Said {code}", "code": code, **facts}
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return Response(json.dumps(document), status, headers, "application/problem+json")


def said(document: object) -> Response:
    """A success in JSON."""
    return Response(json.dumps(document), media_type="application/json")


Script = Callable[..., AbstractContextManager[Scripted]]


@pytest.fixture
def script() -> Script:
    """Serves responses on the loopback, as a context."""

    @contextlib.contextmanager
    def serve(*responses: Response) -> Iterator[Scripted]:
        service = Scripted(responses)
        with on_loopback(service) as http:
            service.url = str(http.base_url)
            yield service

    return serve
