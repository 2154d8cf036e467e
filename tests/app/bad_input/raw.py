"""Requests as bytes, for those that no HTTP library would send."""

import contextlib
import socket
from dataclasses import dataclass

import orjson

from tests.app.loopback import PATIENCE


@dataclass(frozen=True)
class Reply:
    """All that came until the connection was closed, or nothing more came."""

    received: bytes

    @property
    def statuses(self) -> list[int]:
        """Of the answers, in their order."""
        return [int(line[:3]) for line in self.received.split(b"HTTP/1.1 ")[1:]]

    @property
    def code(self) -> str | None:
        """Of the last answer, if it is a refusal."""
        body = self.received.rpartition(b"\r\n\r\n")[2]
        document = orjson.loads(body) if body.startswith(b"{") else {}
        code: str | None = document.get("code")
        return code


def post(headers: bytes, body: bytes, path: bytes = b"/predict") -> bytes:
    return b"POST " + path + b" HTTP/1.1\r\nHost: test\r\nConnection: close\r\n" + headers + b"\r\n" + body


def get(path: bytes, headers: bytes = b"") -> bytes:
    return b"GET " + path + b" HTTP/1.1\r\nHost: test\r\nConnection: close\r\n" + headers + b"\r\n"


def exchange(address: tuple[str, int], request: bytes, *, ends: bool = False) -> Reply:
    """Sends a request, or what is none, and reads until the service closes the connection; `ends` if we do so first."""
    with socket.create_connection(address, PATIENCE) as connection:
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):  # it may be refused before it is all sent
            connection.sendall(request)
            if ends:
                connection.shutdown(socket.SHUT_WR)
        return rest(connection)


def rest(connection: socket.socket) -> Reply:
    """All that still comes until the service closes the connection."""
    received = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := connection.recv(65_536):
            received += piece
    return Reply(received)
