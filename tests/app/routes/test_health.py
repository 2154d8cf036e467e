"""A ready service; one that is not ready yet is in test_starting.py."""

import httpx

from model.manifest import Manifest


def test_a_live_service_says_so(client: httpx.Client) -> None:
    response = client.get("/health/live")
    assert (response.status_code, response.json()) == (200, {"live": True})


def test_a_ready_service_says_which_network_it_serves_and_on_what(client: httpx.Client, manifest: Manifest) -> None:
    ready = client.get("/health/ready").json()
    assert sorted(ready) == ["device", "model", "precision", "ready"]
    assert ready["ready"] is True
    assert ready["model"] == {"name": manifest.name, "version": manifest.version, "digest": manifest.digest}
    assert ready["precision"] in ("float32", "bfloat16")
    assert ready["device"] == "cpu" or ready["device"].startswith("gpu ")
