import queue
from collections.abc import Iterator

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from app.errors import Overloaded
from app.observing.loaded_models import LoadedModel
from app.observing.metrics import BATCHES, Metrics
from app.observing.observed import OTHER, Observation
from tests.app.loopback import PATIENCE, on_loopback
from tests.app.observing.observed_app import observed_app

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def parsed(text: str) -> Samples:
    """Every sample by its name and labels."""
    families = text_string_to_metric_families(text)
    samples = [sample for family in families for sample in family.samples]
    found: Samples = {(sample.name, frozenset(sample.labels.items())): sample.value for sample in samples}
    assert len(found) == len(samples), "a sample occurs twice"
    return found


def value(samples: Samples, name: str, **labels: str) -> float:
    """The sum of all samples with these labels, whatever others they have."""
    return sum(
        found for (each, rest), found in samples.items() if each == name and labels.items() <= dict(rest).items()
    )


def values_of(samples: Samples, name: str, label: str) -> set[str]:
    return {dict(labels)[label] for each, labels in samples if each == name}


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


def told(metrics: Metrics) -> Samples:
    return parsed(metrics.text().decode())


class Counted:
    """An application that counts."""

    def __init__(self, client: httpx.Client, ended: "queue.Queue[Observation]") -> None:
        self.client, self._ended = client, ended

    def ask(self, method: str, path: str, times: int = 1) -> None:
        for _ in range(times):
            # uvicorn closes the connection after a failure: the next request must not be under way on it
            self.client.request(method, path, headers={"connection": "close"})
            self._ended.get(timeout=PATIENCE)

    def samples(self) -> Samples:
        return parsed(self.client.get("/metrics").text)


@pytest.fixture
def counted(metrics: Metrics) -> Iterator[Counted]:
    ended: queue.Queue[Observation] = queue.Queue()
    with on_loopback(observed_app([metrics.observe, ended.put], metrics)) as client:
        yield Counted(client, ended)


def test_the_answer_is_in_prometheus_text_format(counted: Counted) -> None:
    response = counted.client.get("/metrics")
    assert response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert parsed(response.text)
    assert "_created" not in response.text


def test_requests_are_counted_by_method_route_and_status(counted: Counted) -> None:
    counted.ask("POST", "/read", times=3)
    counted.ask("DELETE", "/read")
    samples, name = counted.samples(), "catscan_http_requests_total"
    assert value(samples, name, method="POST", route="/read", status="200") == 3
    assert value(samples, name, method="DELETE", route="/read", status="405") == 1
    assert value(samples, "catscan_http_request_duration_seconds_count", route="/read") == 4
    assert 0 < value(samples, "catscan_http_request_duration_seconds_sum", route="/read") < PATIENCE
    assert value(samples, "catscan_worker_requests_total", worker="0") == 4


def test_a_client_can_make_up_no_label(counted: Counted) -> None:
    for number in range(5):
        counted.ask("GET", f"/made-up/{number}")
        counted.ask("GET", f"/things/{number}")
        counted.ask("PROPFIND", "/read")
    samples, name = counted.samples(), "catscan_http_requests_total"
    assert values_of(samples, name, "route") == {OTHER, "/things/{name}", "/read"}
    assert values_of(samples, name, "method") == {OTHER, "GET"}
    assert value(samples, name, route=OTHER, status="404") == 5


def test_stages_are_counted_in_seconds(counted: Counted) -> None:
    counted.ask("POST", "/read", times=2)
    samples, name = counted.samples(), "catscan_stage_duration_seconds"
    assert values_of(samples, f"{name}_count", "stage") == {"receive", "compute"}
    assert value(samples, f"{name}_sum", stage="receive") == pytest.approx(2 * 0.25e-3)
    assert value(samples, f"{name}_sum", stage="compute") == pytest.approx(2 * 40e-3)
    assert value(samples, f"{name}_bucket", stage="compute", le="0.025") == 0
    assert value(samples, f"{name}_bucket", stage="compute", le="0.05") == 2


def test_refusals_are_counted_by_their_code(counted: Counted) -> None:
    counted.ask("GET", "/refused", times=2)
    assert value(counted.samples(), "catscan_rejected_total", code="image_unknown") == 2


def test_every_code_is_there_before_its_first_refusal(metrics: Metrics) -> None:
    assert ("catscan_rejected_total", frozenset({("code", Overloaded.code)})) in told(metrics)
    assert value(told(metrics), "catscan_rejected_total") == 0


def test_a_failure_is_counted(counted: Counted) -> None:
    counted.ask("GET", "/failing")
    assert value(counted.samples(), "catscan_http_requests_total", route="/failing", status="500") == 1


def test_batches_are_counted_by_their_size(metrics: Metrics) -> None:
    for size in (1, 1, 2, 3, 33):
        metrics.batch(size)
    samples, name = told(metrics), "catscan_batch_size"
    assert [value(samples, f"{name}_bucket", le=f"{size:.1f}") for size in BATCHES] == [2, 3, 4, 4, 4, 4]
    assert (value(samples, f"{name}_count"), value(samples, f"{name}_sum")) == (5, 40)


def test_photos_are_counted_by_their_label_and_by_what_answered(metrics: Metrics) -> None:
    for label, version in (("cat", 4), ("dog", 4), ("cat", 5), ("cat", 5)):
        metrics.photo(label, "felines", version)
    samples, name = told(metrics), "catscan_photos_total"
    assert value(samples, name, label="cat") == 3
    assert value(samples, name, label="cat", model="felines", version="5") == 2
    assert value(samples, name, version="4") == 2


def test_what_is_under_way_is_what_was_said_last(metrics: Metrics) -> None:
    for photos in (3, 2):
        metrics.photos_in_flight(photos)
        metrics.queue_length(photos - 1)
    samples = told(metrics)
    assert (value(samples, "catscan_photos_in_flight"), value(samples, "catscan_queue_length")) == (2, 1)


def test_what_is_loaded_is_told_with_its_share_and_what_is_loaded_no_longer_is_not(metrics: Metrics) -> None:
    one, two, three = (LoadedModel("cat", version, f"d{version}", "cpu", "float32", 0.25) for version in (1, 2, 3))
    metrics.models([one, two])
    metrics.models([two._replace(share=0.75), three])
    samples = told(metrics)
    labels = {"name": "cat", "version": "2", "digest": "d2", "device": "cpu", "precision": "float32"}
    assert samples["catscan_model_info", frozenset(labels.items())] == 1
    for version, share in (("2", 0.75), ("3", 0.25)):
        assert samples["catscan_model_share", frozenset({("name", "cat"), ("version", version)})] == share
    for name in ("catscan_model_info", "catscan_model_share"):
        assert values_of(samples, name, "version") == {"2", "3"}


def test_the_process_is_told(metrics: Metrics) -> None:
    samples = told(metrics)
    assert value(samples, "process_resident_memory_bytes") > 2**20
    assert value(samples, "process_cpu_seconds_total") > 0
