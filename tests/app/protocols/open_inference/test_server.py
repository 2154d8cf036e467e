"""What the server and its models say of themselves, held to the protocol's words."""

import time
from typing import Any

import httpx
import pytest

from app import __version__
from app.settings import Settings
from model.manifest import Manifest
from tests.app.conftest import answer_of, serving, wait_until_ready
from tests.app.protocols.open_inference.bodies import image, infer


def said(client: httpx.Client, path: str) -> Any:
    response = client.get(path)
    assert response.status_code == 200, response.text
    return response.json()


def test_the_server_names_itself_and_its_extensions(client: httpx.Client) -> None:
    assert said(client, "/v2") == {
        "name": "catscan",
        "version": __version__,
        "extensions": [
            "binary_tensor_data", "classification", "model_configuration", "model_repository", "statistics"
        ],
    }  # fmt: skip


def test_it_says_yes_with_a_status_and_with_a_word(client: httpx.Client) -> None:
    assert said(client, "/v2/health/live") == {"live": True}
    assert said(client, "/v2/health/ready") == {"ready": True}
    for name in ("cat", "cat-tensor", "cat-features"):
        assert said(client, f"/v2/models/{name}/ready") == {"ready": True, "name": name}
        assert said(client, f"/v2/models/{name}/versions/stable/ready") == {"ready": True, "name": name}


def test_before_it_is_ready_it_says_so_in_the_form_of_the_protocol(tmp_path: Any) -> None:
    paths = ["/v2/health/ready", "/v2/models/cat/ready", "/v2/models/cat", "/v2/models/stats"]
    with serving(Settings(store=tmp_path / "photos.sqlite")) as client:
        assert said(client, "/v2/health/live") == {"live": True}
        early = [client.get(path) for path in paths] + [client.post("/v2/models/cat/infer", content=b"{}")]
        wait_until_ready(client)
        assert all(client.get(path).status_code == 200 for path in paths)
    for response in early:
        assert response.status_code == 503
        assert response.json()["error"].startswith("The service is not ready yet. ")
        assert response.headers["retry-after"] == "2"


def test_each_model_is_there_three_times(client: httpx.Client, manifest: Manifest) -> None:
    labels, version = len(manifest.labels), str(manifest.version)
    about = {"versions": [version], "platform": "tensorflow_savedmodel"}
    photo = {"name": "image", "datatype": "BYTES", "shape": [-1]}
    pixels = {"name": "images", "datatype": "UINT8", "shape": [-1, manifest.height, manifest.width, 3]}
    probabilities = {"name": "probabilities", "datatype": "FP32", "shape": [-1, labels]}
    layers = [{"name": layer.name, "datatype": "FP32", "shape": [-1, *layer.shape]} for layer in manifest.layers]
    expected = {
        "cat": {"inputs": [photo], "outputs": [probabilities]},
        "cat-tensor": {"inputs": [pixels], "outputs": [probabilities]},
        "cat-features": {"inputs": [photo], "outputs": layers},
    }
    for name, tensors in expected.items():
        for path in (f"/v2/models/{name}", f"/v2/models/{name}/versions/{version}"):
            assert said(client, path) == {"name": name, **about, **tensors}


def test_the_configuration_agrees_with_the_metadata(client: httpx.Client) -> None:
    types = {"BYTES": "TYPE_STRING", "UINT8": "TYPE_UINT8", "FP32": "TYPE_FP32"}
    for name in ("cat", "cat-tensor", "cat-features"):
        metadata, config = said(client, f"/v2/models/{name}"), said(client, f"/v2/models/{name}/versions/stable/config")
        assert config["name"] == name
        assert config["max_batch_size"] == Settings().most_photos
        for tensors, configured in (("inputs", "input"), ("outputs", "output")):
            assert [(each["name"], each["data_type"], each["dims"]) for each in config[configured]] == [
                (each["name"], types[each["datatype"]], each["shape"][1:]) for each in metadata[tensors]
            ]
        assert config["input"][0]["format"] == ("FORMAT_NHWC" if name == "cat-tensor" else "FORMAT_NONE")


def statistics(client: httpx.Client, path: str) -> dict[str, Any]:
    (found,) = said(client, path)["model_stats"]
    assert isinstance(found, dict)
    return found


def test_the_statistics_count_photos_and_batches(client: httpx.Client, chelsea: bytes, manifest: Manifest) -> None:
    before = statistics(client, "/v2/models/cat/stats")
    assert (before["name"], before["version"]) == ("cat", str(manifest.version))
    start = time.time()
    assert infer(client, "cat", image([chelsea] * 5)).status_code == 200
    answer_of(client, chelsea)
    after = statistics(client, f"/v2/models/cat/versions/{manifest.version}/stats")
    assert after["inference_count"] - before["inference_count"] == 6
    assert 2 <= after["execution_count"] - before["execution_count"] <= 6
    assert (start - 1) * 1e3 <= after["last_inference"] <= (time.time() + 1) * 1e3
    for stage in ("success", "queue", "compute_infer"):
        old, new = before["inference_stats"][stage], after["inference_stats"][stage]
        assert new["count"] - old["count"] == 6
        assert new["ns"] > old["ns"]
    assert statistics(client, "/v2/models/cat-tensor/stats") == after | {"name": "cat-tensor"}
    every = {each["name"]: each for each in said(client, "/v2/models/stats")["model_stats"]}
    assert every["cat"] == after


@pytest.mark.parametrize("path", ["", "/ready", "/config", "/stats"])
def test_a_model_or_version_that_is_not_there_is_404(client: httpx.Client, path: str) -> None:
    for model in ("lion", "cat/versions/999", "lion-features"):
        response = client.get(f"/v2/models/{model}{path}")
        assert response.status_code == 404
        assert "received: " in response.json()["error"]
