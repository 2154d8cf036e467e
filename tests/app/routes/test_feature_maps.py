"""One tensor in each of its formats."""

import io
import json

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from app.errors import TooManyNumbers
from app.formats.tensor_formats import MAX_JSON_NUMBERS, MEDIA_TYPES
from app.loading import BFLOAT16_TOLERANCE
from model.manifest import LayerRecord, Manifest
from tests.app.conftest import Looker, answer_of, problem_of


def picture(looker: Looker, **query: str) -> tuple[dict[str, str], dict[str, str]]:
    """The text chunks and the headers of a PNG, which must agree."""
    response = looker.look(format="png", **query)
    image = Image.open(io.BytesIO(response.content))
    image.load()
    assert isinstance(image, PngImagePlugin.PngImageFile)
    text, headers = {name: str(value) for name, value in image.text.items()}, dict(response.headers)
    for name in ("Scale", "Colormap", "Sign"):
        assert headers[f"map-{name.lower()}"] == text[name]
    return text, headers


def test_npy_f32_and_json_are_the_same_numbers_bit_for_bit(looker: Looker, manifest: Manifest) -> None:
    small = [layer for layer in manifest.layers if np.prod(layer.shape) <= MAX_JSON_NUMBERS]
    assert {len(layer.shape) for layer in small} == {1, 3}
    for layer in small:
        exact = looker.tensor(layer.name)
        assert exact.shape == layer.shape
        assert looker.look(layer=layer.name, format="f32").content == exact.tobytes()
        content = json.loads(looker.look(layer=layer.name, format="json").content, parse_constant=pytest.fail)
        assert content["shape"] == list(layer.shape)
        assert np.array(content["data"], np.float32).tobytes() == exact.tobytes()


def test_json_says_what_its_numbers_are(looker: Looker, after_relu: LayerRecord) -> None:
    content = looker.look(layer=after_relu.name, channels="1-2", format="json").json()
    height, width, _ = after_relu.shape
    del content["data"]
    assert content == {
        "image_id": looker.image_id,
        "model": looker.client.get("/health/ready").json()["model"],
        "layer": after_relu.name,
        "kind": "relu",
        "channels": [1, 2],
        "shape": [height, width, 2],
        "dtype": "float32",
        "layout": "HWC",
    }


@pytest.mark.parametrize("name", MEDIA_TYPES)
def test_the_headers_say_what_the_body_is(looker: Looker, after_relu: LayerRecord, name: str) -> None:
    headers = looker.look(layer=after_relu.name, channels="0,5-9", format=name).headers
    height, width, _ = after_relu.shape
    assert headers["tensor-shape"] == f"{height},{width},6"
    assert (headers["tensor-dtype"], headers["tensor-layout"]) == ("float32", "HWC")
    assert headers["content-disposition"] == f'inline; filename="{after_relu.name}.{name}"'
    assert headers["catscan-image-id"] == looker.image_id
    assert headers["catscan-device"] == looker.client.get("/health/ready").json()["device"]
    assert {"queue", "compute", "render", "total"} <= {
        part.split(";")[0] for part in headers["server-timing"].split(", ")
    }


def test_more_numbers_than_json_should_hold_are_refused_with_a_hint(looker: Looker, manifest: Manifest) -> None:
    large = max(manifest.layers, key=lambda layer: np.prod(layer.shape))
    size = large.shape[0] * large.shape[1]
    most = MAX_JSON_NUMBERS // size  # channels
    assert 0 < most < large.shape[-1]
    content = looker.look(layer=large.name, channels=f"0-{most - 1}", format="json").json()
    assert len(content["data"]) == most * size
    problem = problem_of(looker.ask(layer=large.name, channels=f"0-{most}", format="json"), TooManyNumbers)
    assert f"received a request for {(most + 1) * size}" in problem["detail"]
    assert "format=npy" in problem["detail"]
    assert problem["max_numbers"] == MAX_JSON_NUMBERS
    assert looker.tensor(large.name, channels=f"0-{most}").size == (most + 1) * size


def test_a_layer_before_relu_is_drawn_around_zero(looker: Looker, before_relu: LayerRecord) -> None:
    text, headers = picture(looker, layer=before_relu.name)
    values = looker.tensor(before_relu.name)
    reach = float(np.abs(values).max())
    assert text["Scale"] == f"layer {-reach},{reach}"
    assert text["Colormap"] == "RdBu_r"
    assert "white is zero" in text["Sign"]
    assert (text["Layer"], text["Kind"]) == (before_relu.name, "convolution")
    assert text["Shape"] == ",".join(map(str, before_relu.shape)) == headers["tensor-shape"]


def test_a_layer_after_relu_is_drawn_from_zero(looker: Looker, after_relu: LayerRecord) -> None:
    text, _ = picture(looker, layer=after_relu.name)
    assert text["Scale"] == f"layer 0.0,{float(looker.tensor(after_relu.name).max())}"
    assert text["Colormap"] == "viridis"


def test_the_scale_of_a_layer_is_the_same_whichever_channels_are_drawn(looker: Looker, after_relu: LayerRecord) -> None:
    whole, some = picture(looker, layer=after_relu.name)[0], picture(looker, layer=after_relu.name, channels="3")[0]
    assert some["Scale"] == whole["Scale"]
    assert (whole["Channels"], some["Channels"]) == (f"0-{after_relu.shape[-1] - 1}", "3")


def test_each_channel_may_have_its_own_scale(looker: Looker, after_relu: LayerRecord) -> None:
    text, _ = picture(looker, layer=after_relu.name, channels="2,0", scale="channel")
    values = looker.tensor(after_relu.name, channels="2,0")
    greatest = [float(values[..., place].max()) for place in (0, 1)]
    assert text["Scale"] == f"channel 0.0,{greatest[0]} 0.0,{greatest[1]}"
    assert text["Channels"] == "2,0"


def test_two_numbers_are_the_scale_and_what_lies_outside_is_counted(looker: Looker, before_relu: LayerRecord) -> None:
    text, _ = picture(looker, layer=before_relu.name, scale="-0.25,0.5", colormap="cividis")
    values = looker.tensor(before_relu.name)
    assert (text["Scale"], text["Colormap"]) == ("fixed -0.25,0.5", "cividis")
    assert float(text["Clipped"]) == pytest.approx(np.mean((values < -0.25) | (values > 0.5)), abs=1e-9)


def test_a_vector_is_drawn_too(looker: Looker, manifest: Manifest) -> None:
    text, headers = picture(looker, layer=manifest.layers[-1].name)
    assert headers["tensor-shape"] == str(len(manifest.labels))
    assert text["Shape"] == f"1,1,{len(manifest.labels)}"


def test_the_last_layers_are_what_predict_says(looker: Looker, chelsea: bytes, manifest: Manifest) -> None:
    answer = answer_of(looker.client, chelsea)
    allowed = 1e-5 if answer["precision"] == "float32" else BFLOAT16_TOLERANCE
    by_label = {prediction["label"]: prediction for prediction in answer["predictions"]}
    for layer, name in (("probabilities", "score"), ("logits", "logit")):
        values = looker.tensor(layer)
        assert values.tolist() == pytest.approx([by_label[label][name] for label in manifest.labels], abs=allowed)
