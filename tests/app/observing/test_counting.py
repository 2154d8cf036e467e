"""GET /metrics of the whole service: what was asked of it, what it did, and what runs it."""

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from model.manifest import Manifest
from tests.app.conftest import answer_of


def counted(client: httpx.Client, metric: str, /, **labels: str) -> float:
    """The sum of the samples with this name and these labels."""
    response = client.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain")
    samples = [sample for family in text_string_to_metric_families(response.text) for sample in family.samples]
    return sum(sample.value for sample in samples if sample.name == metric and labels.items() <= sample.labels.items())


@pytest.mark.parametrize("stage", ["receive", "decode", "store", "queue", "compute"])
def test_each_stage_of_a_photo_is_timed(client: httpx.Client, chelsea: bytes, stage: str) -> None:
    before = counted(client, "catscan_stage_duration_seconds_count", stage=stage)
    answer_of(client, chelsea)
    assert counted(client, "catscan_stage_duration_seconds_count", stage=stage) == before + 1


def test_a_photo_is_counted_by_its_label_its_route_and_its_batch(client: httpx.Client, chelsea: bytes) -> None:
    asked = {"method": "POST", "route": "/predict", "status": "200"}

    def numbers() -> tuple[float, ...]:
        return (
            counted(client, "catscan_http_requests_total", **asked),
            counted(client, "catscan_photos_total", label="cat"),
            counted(client, "catscan_batch_size_sum"),
        )

    before = numbers()
    answer_of(client, chelsea)
    assert numbers() == tuple(number + 1 for number in before)
    assert counted(client, "catscan_photos_in_flight") == counted(client, "catscan_queue_length") == 0


def test_a_refusal_is_counted_by_its_code(client: httpx.Client) -> None:
    before = counted(client, "catscan_rejected_total", code="not_an_image")
    response = client.post("/predict", content=b"no cat")
    assert response.headers["x-request-id"]
    assert counted(client, "catscan_rejected_total", code="not_an_image") == before + 1


def test_the_network_that_answers_is_named(client: httpx.Client, manifest: Manifest) -> None:
    labels = {"name": manifest.name, "version": str(manifest.version), "digest": manifest.digest, "device": "cpu"}
    assert counted(client, "catscan_model_info", **labels) == 1
