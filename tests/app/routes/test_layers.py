import httpx
import numpy as np
import pytest

from model.manifest import Manifest


def test_the_network_is_given_as_its_manifest_says(client: httpx.Client, manifest: Manifest) -> None:
    network = client.get("/layers").json()
    assert network["model"] == {"name": manifest.name, "version": manifest.version, "digest": manifest.digest}
    assert network["input"] == {
        "height": manifest.height, "width": manifest.width, "channels": 3, "dtype": "uint8", "layout": "HWC",
    }  # fmt: skip
    assert network["labels"] == list(manifest.labels)
    assert network["layers"] == [layer.model_dump(mode="json") for layer in manifest.layers]


def test_each_layer_takes_what_the_one_before_gives(client: httpx.Client) -> None:
    layers = client.get("/layers").json()["layers"]
    names = [layer["name"] for layer in layers]
    assert [layer["input"] for layer in layers] == ["images", *names[:-1]]
    assert len(set(names)) == len(names)
    assert layers[-1]["kind"] == "softmax"


def test_the_totals_are_those_of_the_layers(client: httpx.Client) -> None:
    network = client.get("/layers").json()
    weights = [shape for layer in network["layers"] for shape in layer["weights"].values()]
    assert network["parameters"] == sum(int(np.prod(shape)) for shape in weights)
    for total in ("parameters", "multiply_adds"):
        assert network[total] == sum(layer[total] for layer in network["layers"])
        assert network[total] > 0


def test_only_a_layer_that_can_be_negative_is_called_signed(client: httpx.Client, chelsea: bytes) -> None:
    statistics = client.post("/feature-maps", content=chelsea).json()["layers"]
    signed = {layer["name"]: layer["signed"] for layer in client.get("/layers").json()["layers"]}
    assert all(signed[layer["layer"]] or layer["minimum"] >= 0 for layer in statistics)
    assert signed["logits"]
    assert not signed["probabilities"]


@pytest.mark.parametrize("kind", ["relu", "softmax"])
def test_kinds_that_are_never_negative_are_not_signed(client: httpx.Client, kind: str) -> None:
    layers = [layer for layer in client.get("/layers").json()["layers"] if layer["kind"] == kind]
    assert layers
    assert not any(layer["signed"] for layer in layers)
