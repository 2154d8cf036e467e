"""A client's connection: uvicorn's, but that it ends for clients that let it wait, or send what has no end."""

import resource
from collections.abc import Mapping
from typing import Any

import httptools
from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from app.errors import ServiceError
from app.problems import answer
from app.security_headers import OF_NO_PAGE

LOOK_S = 15.0  # between two looks at a connection; it ends at the second one since its client did anything
LEAST_BYTES = 15_000  # of a body or an answer, between two looks: 1 kB/s, as in app/scheduling/exchange.py
MOST_HEAD = 2**15  # bytes of address and headers: as many as nginx takes
PER_HEADER = 4  # bytes of `: ` and the line's end
EXPECTED = "Expected a request in HTTP/1.1"
SMALLER = f"Expected at most {MOST_HEAD} bytes of address and headers"
MOST_PIPELINED = 32  # requests on a connection that wait for the answer to one before them
MOST_FILES = 2**16  # open in a process
OTHER_FILES = 256  # open that are no connections: those of decoders, stores and TensorFlow


def allow_files() -> None:
    """Lets this process and those that it starts open as many files as it may: often 1024 is only the default."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def most_connections() -> int:
    """At a time in this process: what else it opens must not fail because of them."""
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    files = MOST_FILES if files == resource.RLIM_INFINITY else min(files, MOST_FILES)
    return max(files - OTHER_FILES, files // 2)


class RequestMalformed(ServiceError):
    status, code, title = 400, "request_malformed", "This is no request in HTTP/1.1"
    headers: Mapping[str, str] = {"Connection": "close"}  # nobody knows where the next one would begin


class HeadTooLarge(ServiceError):
    status, code, title = 431, "head_too_large", "The request's address and headers are too large"
    headers: Mapping[str, str] = {"Connection": "close"}


class Connection(HttpToolsProtocol):
    """One connection; those that are idle between two requests uvicorn itself ends.

    The callbacks cost each request four microseconds: no timer is set for it, only one for the whole connection.
    """

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._head_is_whole = self._useful = False
        self._heads = self._body_bytes = 0  # that have come
        self._useless = self._coming = 0  # bytes since a head was whole, or any of a body came; those that come now
        self._owed: tuple[str, int] | None = None  # what the client had to do at the last look, and had done of it
        self._answering: RequestResponseCycle | None = None
        self._looking = self.loop.call_later(LOOK_S, self._look)
        if len(self.connections) > most_connections():
            transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._looking.cancel()
        super().connection_lost(exc)
        if self._answering is not None and self._answering is not self.cycle:
            self._answering.disconnected = True  # uvicorn tells only the last of pipelined requests
            self._answering.message_event.set()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._answering = cycle
        super()._start_asgi_task(cycle, app)

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        self._useful, self._coming = False, len(data)
        try:
            self._parse(data)
        except httptools.HttpParserError as error:
            why = error.__context__
            if not isinstance(why, ServiceError):
                received = "an address that cannot be read" if why else str(error)
                why = RequestMalformed(f"{EXPECTED}; received: {received}")
            self._refuse(why)
            return
        self._useless = 0 if self._useful else self._useless + len(data)
        if self._useless > MOST_HEAD:
            self._refuse(HeadTooLarge(f"{SMALLER}; received: more"))

    def _parse(self, data: bytes) -> None:
        """Feeds the parser, which leaves off after a head that asks for another protocol: here, HTTP/1.1 goes on.

        Java's own client asks for HTTP/2 so with every first request, and sends its body all the same.
        """
        while True:
            try:
                self.parser.feed_data(data)
                return
            except httptools.HttpParserUpgrade as upgrade:
                data = self._plain_head(self.parser.get_http_version()) + data[upgrade.args[0] :]
                self.parser = httptools.HttpRequestParser(self)
                self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn has it

    def _plain_head(self, version: str) -> bytes:
        """The head that has come, without the wish for another protocol."""
        lines = [f"{self.scope['method']} ".encode() + self.url + f" HTTP/{version}".encode()]
        for name, value in self.headers:
            if name == b"connection":
                value = b", ".join(token for token in value.split(b",") if token.strip().lower() == b"close")
            if name != b"upgrade":
                lines.append(name + b": " + value)
        return b"\r\n".join([*lines, b"", b""])

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head_is_whole = False

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._head_is_whole:  # what follows a body is not read: it might say what only a head may
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        if self.parser.should_upgrade():
            method = self.scope["method"] = self.parser.get_method().decode()
            if method == "CONNECT":
                raise RequestMalformed(f"{EXPECTED}; received: one for a proxy")
            return  # the parser leaves off, and is given another head
        self._head_is_whole = self._useful = True
        self._heads += 1
        if self._useless + self._coming > MOST_HEAD:
            size = len(self.url) + sum(len(name) + len(value) + PER_HEADER for name, value in self.headers)
            if size > MOST_HEAD:
                raise HeadTooLarge(f"{SMALLER}; received: {size}")
        if len(self.pipeline) == MOST_PIPELINED:
            raise RequestMalformed(f"Expected at most {MOST_PIPELINED} requests before an answer; received: more")
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._useful = True
        self._body_bytes += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        if self._head_is_whole:
            super().on_message_complete()

    def _refuse(self, error: ServiceError) -> None:
        if self.transport.is_closing():
            return
        path = getattr(self, "url", b"").partition(b"?")[0].decode("latin-1")
        response = answer(path, error)
        headers = [*self.server_state.default_headers, *response.raw_headers, *OF_NO_PAGE]
        lines = [b"%s: %s\r\n" % header for header in headers]
        self.transport.write(b"".join([STATUS_LINE[response.status_code], *lines, b"\r\n", bytes(response.body)]))
        self.transport.close()

    def _look(self) -> None:
        """Ends the connection if its client has not done since the last time what it has to."""
        owed, done = self._owes()
        before, self._owed = self._owed, (owed, done)
        if owed and before and before[0] == owed and done - before[1] < (1 if owed == "head" else LEAST_BYTES):
            self.transport.abort()
            return
        self._looking = self.loop.call_later(LOOK_S, self._look)

    def _owes(self) -> tuple[str, int]:
        """What the client has to do next, and how much of it is done; nothing while it waits for us."""
        if unsent := self.transport.get_write_buffer_size():
            return "reading", -unsent
        cycle = self.cycle
        if cycle is None or cycle.response_complete:
            return "head", self._heads
        if cycle.more_body and not self.flow.read_paused and not cycle.waiting_for_100_continue:
            return "body", self._body_bytes
        return "", 0
