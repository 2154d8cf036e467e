"""Spans as they come over the wire, by OpenTelemetry's real exporter, from real requests."""

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from app.observing.tracing import BATCH_SIZE, Tracing
from app.registry.registry import first_to_serve
from app.settings import Settings
from tests.app.conftest import serving, wait_until_ready
from tests.app.loopback import on_loopback
from tests.app.observing.observed_app import observed_app
from tests.app.observing.otlp_collector import Collector, collecting, plain

ROOT = Path(__file__).resolve().parents[3]
TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
SOON_MS, NEVER_MS = 20, 10**8
ROUNDING_MS = 0.001  # of the Server-Timing header, to the microsecond
CLOCK_MS = 0.001  # a float of seconds since 1970 has steps of a quarter of this


@contextlib.contextmanager
def environment(address: str, delay_ms: int = SOON_MS, **variables: str) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("OTEL_")]:
            patch.delenv(name)
        patch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address)
        patch.setenv("OTEL_BSP_SCHEDULE_DELAY", str(delay_ms))
        for name, value in variables.items():
            patch.setenv(name, value)
        yield


@contextlib.contextmanager
def small_app(address: str, delay_ms: int = SOON_MS, **variables: str) -> Iterator[httpx.Client]:
    """Asks a small application that is traced."""
    with environment(address, delay_ms, **variables):
        tracing = Tracing()
        with on_loopback(observed_app([tracing.observe])) as client:
            yield client
        asyncio.run(tracing.close())


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with collecting() as collector:
        yield collector


@pytest.fixture(scope="module")
def small(collector: Collector) -> Iterator[httpx.Client]:
    with small_app(collector.address) as client:
        yield client


@pytest.fixture(scope="module")
def traced(collector: Collector, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Asks the service itself."""
    store = tmp_path_factory.mktemp("traced") / "photos.sqlite"
    with (
        environment(collector.address),
        serving(Settings(tracing=True, store=store, models=first_to_serve(Settings()).folder)) as client,
    ):
        wait_until_ready(client)
        yield client


def milliseconds(span: Span) -> float:
    return (span.end_time_unix_nano - span.start_time_unix_nano) / 1e6


def server_timing(response: httpx.Response) -> dict[str, float]:
    pairs = (entry.split(";dur=") for entry in response.headers["server-timing"].split(", "))
    return {name: float(duration) for name, duration in pairs}


def test_a_prediction_is_a_span_with_its_stages_below_it_in_their_order(
    traced: httpx.Client, collector: Collector, chelsea: bytes
) -> None:
    response = traced.post("/predict", content=chelsea, headers={"x-request-id": "one"})
    root, stages = collector.trace_of("one")
    assert (root.name, root.kind, root.status.code) == (
        "POST /predict",
        Span.SPAN_KIND_SERVER,
        Status.STATUS_CODE_UNSET,
    )
    assert [stage.name for stage in stages] == ["receive", "decode", "queue", "compute", "store", "encode"]
    before = root.start_time_unix_nano
    for stage in stages:
        assert (stage.trace_id, stage.kind) == (root.trace_id, Span.SPAN_KIND_INTERNAL)
        assert before - 1e6 * CLOCK_MS <= stage.start_time_unix_nano <= stage.end_time_unix_nano
        before = stage.end_time_unix_nano
    assert before <= root.end_time_unix_nano + 1e6 * CLOCK_MS
    sizes = {stage.name: plain(stage.attributes) for stage in stages}
    assert sizes.pop("compute") == {BATCH_SIZE: response.json()["batch_size"]}
    assert not any(sizes.values())


def test_the_spans_times_are_those_of_the_answer(traced: httpx.Client, collector: Collector, chelsea: bytes) -> None:
    def ask(number: int) -> httpx.Response:
        return traced.post("/predict", content=chelsea, headers={"x-request-id": f"timed-{number}"})

    with ThreadPoolExecutor(6) as threads:
        responses = list(threads.map(ask, range(24)))
    for number, response in enumerate(responses):
        root, stages = collector.trace_of(f"timed-{number}")
        told = server_timing(response)
        total = told.pop("total")
        spans = {stage.name: milliseconds(stage) for stage in stages}
        assert len(spans) == len(stages)
        encode = spans.pop("encode")
        assert spans == pytest.approx(told, abs=ROUNDING_MS + CLOCK_MS)
        assert milliseconds(root) >= total + encode - CLOCK_MS


def test_looking_inside_has_its_stages_too(traced: httpx.Client, collector: Collector, chelsea: bytes) -> None:
    link = traced.post("/predict", content=chelsea).json()["feature_maps"]
    assert traced.get(link, headers={"x-request-id": "inside"}).status_code == 200
    root, stages = collector.trace_of("inside")
    assert root.name == "GET /feature-maps"
    assert [stage.name for stage in stages] == ["queue", "compute", "render"]


def test_each_of_several_photos_has_its_own_stages(traced: httpx.Client, collector: Collector, chelsea: bytes) -> None:
    files = [("file", chelsea + bytes([number])) for number in range(5)]
    assert traced.post("/predict/batch", files=files, headers={"x-request-id": "several"}).status_code == 200
    _, stages = collector.trace_of("several")
    names = [stage.name for stage in stages]
    assert {name: names.count(name) for name in names} == {
        "receive": 1, "decode": 5, "queue": 5, "compute": 5, "store": 5
    }  # fmt: skip


def test_a_bad_photo_is_a_span_with_the_problems_code(traced: httpx.Client, collector: Collector) -> None:
    traced.post("/predict", content=b"a cat", headers={"x-request-id": "bad"})
    root, stages = collector.trace_of("bad")
    attributes = plain(root.attributes)
    assert (attributes["catscan.problem"], attributes["http.response.status_code"]) == ("not_an_image", 422)
    assert root.status.code == Status.STATUS_CODE_UNSET  # the client's mistake, and no error of the service
    assert "error.type" not in attributes
    assert [stage.name for stage in stages] == ["receive", "decode"]


def test_a_span_has_the_attributes_of_http(small: httpx.Client, collector: Collector) -> None:
    headers = {"x-request-id": "attributes", "user-agent": "a test"}
    answer = small.post("/read?name=value", content=b"x" * 1000, headers=headers)
    root, _ = collector.trace_of("attributes")
    assert plain(root.attributes) == {
        "http.request.method": "POST", "http.route": "/read", "http.response.status_code": 200,
        "http.request.body.size": 1000, "http.response.body.size": len(answer.content), "url.scheme": "http",
        "url.path": "/read", "url.query": "name=value", "network.protocol.version": "1.1",
        "server.address": "127.0.0.1", "server.port": small.base_url.port,
        "user_agent.original": "a test", "catscan.request_id": "attributes",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("method", "path", "name", "attributes"),
    [
        ("GET", "/things/a", "GET /things/{name}", {"http.request.method": "GET", "http.route": "/things/{name}"}),
        ("GET", "/made/up", "GET", {"http.request.method": "GET", "http.response.status_code": 404}),
        (
            "PROPFIND",
            "/read",
            "HTTP /read",
            {"http.request.method": "_OTHER", "http.request.method_original": "PROPFIND"},
        ),
        ("GET", "/refused", "GET /refused", {"catscan.problem": "image_unknown", "http.response.status_code": 404}),
    ],
)
def test_a_client_can_make_up_no_name(
    small: httpx.Client, collector: Collector, method: str, path: str, name: str, attributes: dict[str, object]
) -> None:
    small.request(method, path, headers={"x-request-id": f"{method}{path.replace('/', '.')}"})
    root, _ = collector.trace_of(f"{method}{path.replace('/', '.')}")
    assert root.name == name
    assert attributes.items() <= plain(root.attributes).items()
    assert root.status.code == Status.STATUS_CODE_UNSET


def test_a_failure_is_an_error(small: httpx.Client, collector: Collector) -> None:
    small.get("/failing", headers={"x-request-id": "failing", "connection": "close"})
    root, _ = collector.trace_of("failing")
    assert root.status.code == Status.STATUS_CODE_ERROR
    assert plain(root.attributes)["error.type"] == "500"


def test_a_trace_that_the_caller_began_goes_on(small: httpx.Client, collector: Collector) -> None:
    headers = {"traceparent": f"00-{TRACE}-{PARENT}-01", "tracestate": "vendor=1", "x-request-id": "begun"}
    small.get("/things/a", headers=headers)
    root, _ = collector.trace_of("begun")
    assert (root.trace_id.hex(), root.parent_span_id.hex(), root.trace_state) == (TRACE, PARENT, "vendor=1")


@pytest.mark.parametrize("wrong", ["", "00", f"00-{TRACE}-{PARENT}", f"00-{'0' * 32}-{PARENT}-01", "ü" * 300])
def test_anything_else_begins_a_trace_of_its_own(small: httpx.Client, collector: Collector, wrong: str) -> None:
    request_id = f"wrong-{len(wrong)}"
    small.get("/things/a", headers={b"traceparent": wrong.encode(), b"x-request-id": request_id.encode()})
    root, _ = collector.trace_of(request_id)
    assert root.trace_id.hex() != TRACE
    assert not root.parent_span_id


def test_what_the_caller_does_not_want_traced_is_not(small: httpx.Client, collector: Collector) -> None:
    unwanted = "1" * 32
    small.get("/things/a", headers={"traceparent": f"00-{unwanted}-{PARENT}-00"})
    small.get("/things/a", headers={"x-request-id": "afterwards"})
    collector.trace_of("afterwards")
    assert unwanted not in {span.trace_id.hex() for span in collector.spans}


def test_what_is_not_sent_yet_is_sent_when_the_service_stops() -> None:
    with collecting() as collector:
        with small_app(collector.address, NEVER_MS) as client:
            client.get("/things/a")
            assert not collector.spans
        assert [span.name for span in collector.spans] == ["GET /things/{name}"]


def test_without_a_collector_requests_are_answered_and_the_service_stops() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with small_app(f"http://127.0.0.1:{port}") as client:
        for _ in range(20):
            assert client.get("/things/a").status_code == 200


@pytest.mark.parametrize(
    ("variables", "name"),
    [
        ({}, "catscan"),
        ({"OTEL_SERVICE_NAME": "cats"}, "cats"),
        ({"OTEL_RESOURCE_ATTRIBUTES": "service.name=felines"}, "felines"),
    ],
)
def test_the_service_is_called_catscan_unless_opentelemetrys_variables_say_otherwise(
    variables: dict[str, str], name: str
) -> None:
    with collecting() as collector:
        with small_app(collector.address, SOON_MS, **variables) as client:
            client.get("/things/a")
        (resource,) = collector.resources
    assert resource["service.name"] == name
    assert resource["process.pid"] == os.getpid()


def test_a_sample_is_taken_where_opentelemetrys_variables_say_so() -> None:
    with collecting() as collector:
        with small_app(collector.address, OTEL_TRACES_SAMPLER="always_off") as client:
            assert client.get("/things/a").status_code == 200
        assert not collector.spans


NOTHING_IMPORTED = """
import sys
from app.main import create_app
from app.settings import Settings
create_app(Settings())
print(sorted(name for name in sys.modules if name.startswith(("opentelemetry.sdk", "opentelemetry.exporter", "redis"))))
"""


def test_who_wants_no_traces_and_no_redis_imports_neither() -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("CATSCAN_", "OTEL_"))}
    command = [sys.executable, "-c", NOTHING_IMPORTED]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
