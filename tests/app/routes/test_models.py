import time

import httpx

from model.manifest import Manifest
from tests.app.conftest import answer_of
from tests.app.loopback import PATIENCE


def wait_until_available(client: httpx.Client, name: str) -> None:
    """The usual model is there as soon as the service is ready; the others come after it."""
    start = time.monotonic()
    while client.get("/layers", params={"model": name}).status_code != 200:
        assert time.monotonic() - start < PATIENCE
        time.sleep(0.1)


def test_all_models_are_listed_the_usual_one_first(client: httpx.Client, manifest: Manifest) -> None:
    wait_until_available(client, "dense")
    models = client.get("/models").json()["models"]
    assert [(model["name"], model["usual"]) for model in models] == [("cat", True), ("dense", False)]
    cat = models[0]
    assert (cat["stable"], cat["canary"], cat["share"], cat["previous"]) == (manifest.version, None, 0, None)
    assert cat["versions"][0] == {
        "version": manifest.version,
        "state": "available",
        "reason": None,
        "digest": manifest.digest,
        "labels": list(manifest.labels),
        "parameters": manifest.parameters,
        "multiply_adds": manifest.multiply_adds,
    }


def test_a_named_model_answers_and_is_asked_about_its_own_photos(client: httpx.Client, chelsea: bytes) -> None:
    wait_until_available(client, "dense")
    usual, dense = (
        answer_of(client, chelsea),
        client.post("/predict", content=chelsea, params={"model": "dense"}).json(),
    )
    assert (usual["model"]["name"], dense["model"]["name"]) == ("cat", "dense")
    assert usual["image_id"] != dense["image_id"]
    for answer in (usual, dense):
        listed = client.get("/feature-maps", params={"image_id": answer["image_id"]}).json()
        assert listed["model"] == answer["model"]
        layers = client.get("/layers", params={"model": answer["model"]["name"]}).json()
        assert [layer["layer"] for layer in listed["layers"]] == [layer["name"] for layer in layers["layers"]]


def test_a_version_is_named_by_its_number_or_its_label(client: httpx.Client, manifest: Manifest) -> None:
    for version in (str(manifest.version), "stable"):
        assert client.get("/layers", params={"version": version}).json()["model"]["version"] == manifest.version
