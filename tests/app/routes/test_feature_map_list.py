import numpy as np
import pytest

from model.manifest import Manifest
from tests.app.conftest import Looker
from tests.conftest import encoded, photo_of


def test_without_a_layer_every_layer_is_listed_in_its_order(looker: Looker, manifest: Manifest) -> None:
    listed = looker.look().json()
    ready = looker.client.get("/health/ready").json()
    assert (listed["image_id"], listed["model"], listed["device"]) == (looker.image_id, ready["model"], ready["device"])
    named = [(layer["layer"], layer["kind"], tuple(layer["shape"])) for layer in listed["layers"]]
    assert named == [(layer.name, layer.kind, layer.shape) for layer in manifest.layers]


def test_the_statistics_are_those_of_the_numbers(looker: Looker) -> None:
    for layer in looker.look().json()["layers"]:
        values = looker.tensor(layer["layer"]).astype(np.float64)
        assert list(values.shape) == layer["shape"]
        assert (layer["minimum"], layer["maximum"]) == (values.min(), values.max())
        assert layer["mean"] == pytest.approx(values.mean(), rel=1e-6, abs=1e-9)
        assert layer["deviation"] == pytest.approx(values.std(), rel=1e-6)
        assert layer["zero_share"] == pytest.approx(np.mean(values == 0), abs=1e-12)


def test_every_link_leads_to_the_maps_of_its_layer(looker: Looker) -> None:
    for layer in looker.look().json()["layers"]:
        response = looker.client.get(layer["href"])
        assert response.status_code == 200
        assert response.headers["content-type"] == "image/png"
        assert response.headers["tensor-shape"] == ",".join(map(str, layer["shape"]))


@pytest.mark.parametrize("accept", ["*/*", "application/json", "image/png", "text/html", ""])
def test_the_list_is_json_whatever_is_accepted(looker: Looker, accept: str) -> None:
    response = looker.look(accept)
    assert response.headers["content-type"] == "application/json"
    assert response.content == looker.look(format="json").content


def test_each_photo_has_its_own_numbers(looker: Looker) -> None:
    other = looker.client.post("/feature-maps", content=encoded(photo_of("coffee"), "JPEG")).json()
    for layer, other_layer in zip(looker.look().json()["layers"], other["layers"], strict=True):
        assert layer["layer"] == other_layer["layer"]
        assert layer["mean"] != other_layer["mean"] or layer["layer"] == "probabilities"  # whose mean is fixed
        assert layer["maximum"] != other_layer["maximum"] or layer["layer"] == "rescale"
