"""Traces for OpenTelemetry: a span for each request and one for each of its stages, made once the request is over.

Where they go, and which are kept, say OpenTelemetry's own variables: OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_TRACES_SAMPLER
and so on. A thread sends them, so that no request waits; what no collector takes is dropped.
"""

import asyncio
import os
import threading

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, StatusCode, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.types import ASGIApp, Receive, Scope, Send

from app import __version__
from app.observing.access_log import LONGEST, shown_query
from app.observing.observed import OTHER, Observation
from app.timings import Stage, traced

# That the semantic conventions know; anybody can make up others.
METHODS = {"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE"}
STAGES = "stages"  # in a request's state
BATCH_SIZE = "catscan.batch.size"
LAST_S = 3.0  # for what is not sent yet when the service stops: container engines kill after 10 s
PROPAGATOR = TraceContextTextMapPropagator()
Attributes = dict[str, str | int | bool]


class Tracing:
    """Makes the spans of this process."""

    def __init__(self) -> None:
        """Begins to send, as OpenTelemetry's variables say."""
        ours: Attributes = {"service.name": "catscan", "service.version": __version__, "process.pid": os.getpid()}
        resource = Resource.create().merge(Resource(ours)).merge(OTELResourceDetector().detect())
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("catscan", __version__)

    def noting(self, app: ASGIApp) -> ASGIApp:
        """The application, whose stages are noted for `observe`."""

        async def noted(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                stages: list[Stage] = []
                scope["state"][STAGES] = stages
                traced.set(stages)
            await app(scope, receive, send)

        return noted

    def observe(self, observation: Observation) -> None:
        """Makes the spans of a request that is over."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in observation.headers.items()}
        parent = PROPAGATOR.extract(headers, Context())
        attributes = attributes_of(observation, headers.get("user-agent", ""))

        def at_ns(moment: float) -> int:
            """By the system's clock; distances are those of time.perf_counter."""
            return round(observation.arrived * 1e9) + round((moment - observation.started) * 1e9)

        name, start = name_of(observation), observation.started
        span = self._tracer.start_span(name, parent, SpanKind.SERVER, attributes, start_time=at_ns(start))
        if span.is_recording():
            parent = set_span_in_context(span, Context())
            for stage in observation.scope["state"].get(STAGES, ()):
                of_batch = {BATCH_SIZE: stage.photos} if stage.name == "compute" else None
                child = self._tracer.start_span(stage.name, parent, attributes=of_batch, start_time=at_ns(stage.start))
                child.end(at_ns(stage.end))
            if observation.status >= 500:
                span.set_status(StatusCode.ERROR, observation.problem)
        span.end(at_ns(start + observation.duration_s))

    async def close(self) -> None:
        """Sends what there is, but not for ever."""
        last = threading.Thread(target=self._provider.shutdown, name="last-spans", daemon=True)
        last.start()
        await asyncio.to_thread(last.join, LAST_S)


def name_of(observation: Observation) -> str:
    """The method and the route, as few names as there are routes."""
    method = observation.method if observation.method in METHODS else "HTTP"
    return method if observation.route == OTHER else f"{method} {observation.route}"


def attributes_of(observation: Observation, user_agent: str) -> Attributes:
    """Those of OpenTelemetry's semantic conventions for HTTP servers, and our own."""
    scope, problem = observation.scope, observation.problem
    server = scope.get("server")
    known: dict[str, str | int | None] = {
        "http.request.method": observation.method if observation.method in METHODS else "_OTHER",
        "http.request.method_original": None if observation.method in METHODS else observation.method[:LONGEST],
        "http.route": None if observation.route == OTHER else observation.route,
        "http.response.status_code": observation.status,
        "http.request.body.size": observation.bytes_in,
        "http.response.body.size": observation.bytes_out,
        "url.scheme": scope.get("scheme", "http"),
        "url.path": scope["path"][:LONGEST],
        "url.query": shown_query(scope) or None,
        "network.protocol.version": scope.get("http_version"),
        "server.address": server[0] if server else None,
        "server.port": server[1] if server else None,
        "user_agent.original": user_agent[:LONGEST] or None,
        "error.type": (problem or str(observation.status)) if observation.status >= 500 else None,
        "catscan.request_id": observation.request_id,
        "catscan.problem": problem,
        "catscan.client_gone": True if observation.client_gone else None,
    }
    return {name: value for name, value in known.items() if value is not None}
