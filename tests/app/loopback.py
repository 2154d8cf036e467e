"""Any ASGI application on the loopback, as uvicorn serves it, but in a thread."""

import contextlib
import socket
import threading
from collections.abc import Iterator

import httpx
import uvicorn
from starlette.types import ASGIApp

from app.connections import Connection

PATIENCE = 300.0  # seconds until a busy machine counts as a failure
# With more threads than connections to keep, httpcore 1.0.9 closes one that it has just given to a request
# (github.com/encode/httpcore/issues/1110).
UNLIMITED = httpx.Limits()


@contextlib.contextmanager
def on_loopback(app: ASGIApp) -> Iterator[httpx.Client]:
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, http=Connection, ws="none"))
    listening = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        with httpx.Client(base_url=address, timeout=PATIENCE, trust_env=False, limits=UNLIMITED) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join(PATIENCE)
    assert not thread.is_alive(), "the server did not stop"


def half_a_request(client: httpx.Client, start: bytes) -> None:
    """Sends the start of a request and goes away."""
    url = client.base_url
    with socket.create_connection((url.host, url.port), PATIENCE) as connection:
        connection.sendall(start)
