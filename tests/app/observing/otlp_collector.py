"""A small OTLP collector: takes what a real exporter sends over HTTP, and reads it with OpenTelemetry's own schema."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.app.loopback import PATIENCE


class Collector:
    """What came so far."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.resources: list[dict[str, Any]] = []
        self.address = ""

    def take(self, body: bytes) -> None:
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            self.resources.append(plain(resource.resource.attributes))
            self.spans += [span for scope in resource.scope_spans for span in scope.spans]

    def trace_of(self, request_id: str) -> tuple[Span, list[Span]]:
        """The span of a request and those below it, in the order of their start; waits until they have come."""
        (root,) = self.wait_for(lambda span: plain(span.attributes).get("catscan.request_id") == request_id)
        return root, sorted(
            (span for span in self.spans if span.parent_span_id == root.span_id),
            key=lambda span: span.start_time_unix_nano,
        )

    def wait_for(self, wanted: Callable[[Span], bool]) -> list[Span]:
        """The spans that are wanted, as soon as there is one; a request's own comes after those of its stages."""
        started = time.monotonic()
        while not (found := [span for span in self.spans if wanted(span)]):
            assert time.monotonic() - started < PATIENCE, "the span did not come"
            time.sleep(0.02)
        return found


def plain(attributes: Iterable[KeyValue]) -> dict[str, Any]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value") or "string_value") for each in attributes}


@contextlib.contextmanager
def collecting() -> Iterator[Collector]:
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert (self.path, self.headers["content-type"]) == ("/v1/traces", "application/x-protobuf")
            collector.take(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    collector.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield collector
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
