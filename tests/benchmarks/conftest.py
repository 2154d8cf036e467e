"""A small real server whose answers a test decides, and the service itself."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from benchmarks.server import Server, catscan

Reply = tuple[int, dict[str, str], bytes]  # status, headers, body


@contextmanager
def answering(reply: Callable[[bytes], Reply | None]) -> Iterator[int]:
    """The port of a server that answers each body so; None closes the connection instead."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            replied = reply(self.rfile.read(int(self.headers["content-length"])))
            if replied is None:
                self.close_connection = True
                return
            status, headers, body = replied
            self.send_response(status)
            for name, value in (headers | {"Content-Length": str(len(body))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        request_queue_size = 128

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """The service, in a process of its own."""
    with catscan("float32") as server:
        yield server
