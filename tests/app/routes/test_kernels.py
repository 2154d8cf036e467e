import io
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from app.errors import LayerUnknown, NotAcceptable, ParameterInvalid, TooManyNumbers
from app.formats.tensor_formats import MAX_JSON_NUMBERS, MEDIA_TYPES, Format
from app.pictures.layout import FRAME_WIDTH, HEADER, MARGIN, arrange
from app.routes.kernels import KernelsAnswer, sees_colours
from model.geometry import describe
from model.layers import Convolution, GlobalAveragePooling, MaxPooling, Rescaling, Table
from model.manifest import LayerRecord, Manifest
from tests.app.conftest import Weights, problem_of
from tests.app.formats.manifests import MANIFEST
from tests.app.routes.asked_kernels import answered, ask, chunks, tensor


def test_the_kernels_are_the_saved_models_own_bit_for_bit(
    client: httpx.Client, weighing: list[LayerRecord], weights: Weights
) -> None:
    for layer in weighing:
        expected = weights[layer.name]["kernel"]
        assert tensor(client, layer.name).tobytes() == expected.tobytes()
        assert answered(client, layer.name, format="f32").content == expected.tobytes()


def test_json_has_the_same_numbers_and_says_what_they_are(
    client: httpx.Client, weighing: list[LayerRecord], weights: Weights
) -> None:
    for layer in weighing:
        answer = answered(client, layer.name, channels="1", inputs="2,0", format="json").json()
        assert KernelsAnswer.model_validate(answer).model_dump(mode="json") == answer
        expected = weights[layer.name]["kernel"][..., [2, 0], :][..., [1]]
        assert np.array(answer.pop("data"), np.float32).tobytes() == np.ascontiguousarray(expected).tobytes()
        assert answer == {
            "model": client.get("/health/ready").json()["model"],
            "layer": layer.name,
            "state": "trained",
            "inputs": [2, 0],
            "channels": [1],
            "shape": list(expected.shape),
            "dtype": "float32",
            "layout": "IO" if layer.kind == "dense" else "HWIO",
        }


@pytest.mark.parametrize("name", MEDIA_TYPES)
def test_the_headers_say_what_the_body_is(client: httpx.Client, weighing: list[LayerRecord], name: Format) -> None:
    for layer in (weighing[0], weighing[-1]):
        headers = answered(client, layer.name, channels="0", format=name).headers
        shape = *layer.weights["kernel"][:-1], 1
        assert headers["tensor-shape"] == ",".join(map(str, shape))
        assert headers["tensor-layout"] == ("IO" if layer.kind == "dense" else "HWIO")
        assert headers["content-disposition"] == f'inline; filename="{layer.name}-kernels.{name}"'
        assert headers["content-type"] == MEDIA_TYPES[name]


def test_filters_that_see_the_photo_are_drawn_in_colour(
    client: httpx.Client, weighing: list[LayerRecord], weights: Weights
) -> None:
    first = weighing[0]
    kernels = weights[first.name]["kernel"]
    height, width, _, count = kernels.shape
    response = answered(client, first.name)
    reach = float(np.abs(kernels).max())
    assert chunks(response)["Scale"] == response.headers["map-scale"] == f"layer {-reach},{reach}"
    assert response.headers["map-colormap"] == "colour"
    pixels, layout = np.asarray(Image.open(io.BytesIO(response.content))), arrange(count, height, width, (0, 0), 0)
    (zoom, _), (down, across) = layout.zoom, layout.pitch
    for number in range(count):
        row, column = divmod(number, layout.columns)
        top, left = HEADER + FRAME_WIDTH + row * down, MARGIN + FRAME_WIDTH + column * across
        centres = pixels[top + zoom // 2 :: zoom, left + zoom // 2 :: zoom][:height, :width]
        np.testing.assert_allclose(centres, 127.5 + 127.5 * kernels[..., number] / reach, atol=1.5)


def test_other_kernels_are_drawn_around_zero(client: httpx.Client, weighing: list[LayerRecord]) -> None:
    for layer in weighing[1:]:
        assert answered(client, layer.name, channels="0", inputs="0-2").headers["map-colormap"] == "RdBu_r"
        problem = problem_of(ask(client, layer.name, channels="0", colormap="colour"), ParameterInvalid)
        assert problem["parameter"] == "colormap"


def test_a_dense_layer_is_drawn_too(client: httpx.Client, weighing: list[LayerRecord]) -> None:
    inputs, units = weighing[-1].weights["kernel"]
    texts = chunks(answered(client, weighing[-1].name))
    assert texts["Shape"] == f"1,1,{inputs},{units}"
    assert (texts["Channels"], texts["Inputs"]) == (f"0-{units - 1}", f"0-{inputs - 1}")


def test_too_many_kernels_for_a_picture_or_for_json_are_refused(
    client: httpx.Client, weighing: list[LayerRecord]
) -> None:
    large = max(weighing, key=lambda layer: layer.parameters)
    problem = problem_of(ask(client, large.name), ParameterInvalid)
    assert problem["parameter"] == "channels"
    assert "ask for fewer filters or inputs" in problem["detail"]
    problem = problem_of(ask(client, large.name, format="json"), TooManyNumbers)
    assert problem["max_numbers"] == MAX_JSON_NUMBERS
    assert tensor(client, large.name).size > MAX_JSON_NUMBERS


def test_limits_of_very_many_kernels_stand_in_the_picture_and_not_in_a_header(
    client: httpx.Client, weighing: list[LayerRecord]
) -> None:
    response = answered(client, weighing[-1].name, scale="channel")
    assert response.headers["map-scale"] == "channel"
    assert chunks(response)["Scale"].count(" ") == int(np.prod(weighing[-1].weights["kernel"]))


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({"channels": "99999"}, "channels"),
        ({"inputs": "3"}, "inputs"),
        ({"inputs": "2-1"}, "inputs"),
        ({"epoch": "-1"}, "epoch"),
        ({"epoch": "first"}, "epoch"),
        ({"scale": "map"}, "scale"),
        ({"scale": "1" * 65}, "scale"),
        ({"colormap": "jet"}, "colormap"),
        ({"format": "gif"}, "format"),
    ],
)
def test_what_cannot_be_is_refused_by_name(
    client: httpx.Client, weighing: list[LayerRecord], query: dict[str, str], parameter: str
) -> None:
    assert problem_of(ask(client, weighing[0].name, **query), ParameterInvalid)["parameter"] == parameter


def test_a_layer_that_weighs_nothing_or_is_not_there_is_refused(
    client: httpx.Client, manifest: Manifest, weighing: list[LayerRecord]
) -> None:
    names = ", ".join(layer.name for layer in weighing)
    for layer in manifest.layers:
        if layer not in weighing:
            assert names in problem_of(ask(client, layer.name), ParameterInvalid)["detail"]
    problem = problem_of(ask(client, "none such"), LayerUnknown)
    assert problem["layers"] == [layer.name for layer in manifest.layers]


def test_the_accept_header_chooses_the_format(client: httpx.Client, weighing: list[LayerRecord]) -> None:
    path = f"/layers/{weighing[0].name}/kernels"
    for media_type in MEDIA_TYPES.values():
        assert client.get(path, headers={"accept": media_type}).headers["content-type"] == media_type
    problem_of(client.get(path, headers={"accept": "text/html"}), NotAcceptable)


TABLE: Table = (
    Rescaling("darker", scale=0.5, offset=0),
    Rescaling("lighter", scale=2, offset=0),
    Convolution("first", filters=3),
    Rescaling("between", scale=2, offset=0),
    Convolution("second", filters=3),
    MaxPooling("pool"),
    Convolution("third", filters=2),
    GlobalAveragePooling("average"),
)


def test_only_what_sees_the_photo_itself_sees_colours() -> None:
    pooled: Table = (MaxPooling("pool"), Convolution("first", filters=3))
    seeing: list[Any] = []
    for table in (TABLE, TABLE[2:], pooled):
        manifest = MANIFEST.model_copy(update={"layers": describe(table, 2, 16, 16)})
        seeing.append([record.name for record in manifest.layers if sees_colours(record, manifest)])
    assert seeing == [["first"], ["first"], []]
