import io
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from app.errors import ImageUnknown, LayerUnknown, NotAcceptable, ParameterInvalid
from app.routes.receptive_fields import ReceptiveFieldAnswer
from model.manifest import LayerRecord, Manifest
from model.preprocessing import ORIENTATION_TAG
from tests.app.conftest import Looker, answer_of, problem_of
from tests.conftest import encoded, photo_of

Query = dict[str, str | int]
PIXEL: Query = {"layer": "images", "y": 0, "x": 0}


def ask(looker: Looker, query: Query, **headers: str) -> httpx.Response:
    params = {"image_id": looker.image_id, **query}
    return looker.client.get("/receptive-fields", params=params, headers=headers)


def seen(looker: Looker, query: Query) -> dict[str, Any]:
    response = ask(looker, query)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def test_the_answer_has_the_shape_that_the_documentation_says(looker: Looker, before_relu: LayerRecord) -> None:
    answer = seen(looker, {"layer": before_relu.name, "y": 1, "x": 2})
    assert ReceptiveFieldAnswer.model_validate(answer).model_dump(mode="json") == answer


def test_the_box_is_the_one_that_the_manifest_says(looker: Looker, manifest: Manifest) -> None:
    for layer in manifest.layers:
        field = layer.receptive_field
        if field is None or len(layer.shape) != 3:
            continue
        y, x = layer.shape[0] // 2, layer.shape[1] - 1
        box = seen(looker, {"layer": layer.name, "y": y, "x": x})["receptive_field"]["network"]
        top, left = field.start[0] + field.jump[0] * y, field.start[1] + field.jump[1] * x
        assert box == {"left": left, "top": top, "right": left + field.size[1], "bottom": top + field.size[0]}


def test_a_pixel_of_the_input_is_a_patch_of_the_photo(looker: Looker, manifest: Manifest) -> None:
    answer = seen(looker, PIXEL)
    assert answer["receptive_field"]["network"] == {"left": 0, "top": 0, "right": 1, "bottom": 1}
    side = 300 / manifest.width  # chelsea is 451 x 300, of which the middle square is seen
    assert answer["receptive_field"]["photo"] == pytest.approx(
        {"left": 75.5, "top": 0, "right": 75.5 + side, "bottom": side}
    )
    assert answer["photo"] == answer["file"] == {"width": 451, "height": 300}


def test_the_last_layers_see_the_whole_crop(looker: Looker, manifest: Manifest) -> None:
    answer = seen(looker, {"layer": manifest.layers[-1].name})
    assert answer["receptive_field"]["clipped"] == {
        "left": 0,
        "top": 0,
        "right": manifest.width,
        "bottom": manifest.height,
    }
    assert answer["receptive_field"]["photo"] == {"left": 75.5, "top": 0, "right": 375.5, "bottom": 300}


def test_a_photo_that_was_taken_sideways_is_found_again_in_its_file(client: httpx.Client, manifest: Manifest) -> None:
    tags = Image.Exif()
    tags[ORIENTATION_TAG] = 6  # the camera's right was up: what the file has at the left, the photo has at the top
    photo = encoded(photo_of("chelsea").transpose(Image.Transpose.ROTATE_90), "JPEG", exif=tags)
    answer = seen(Looker(client, answer_of(client, photo)["image_id"]), PIXEL)
    side = 300 / manifest.width
    assert answer["orientation"] == 6
    assert (answer["photo"], answer["file"]) == ({"width": 451, "height": 300}, {"width": 300, "height": 451})
    upright, lying = answer["receptive_field"]["photo"], answer["receptive_field"]["file"]
    assert upright == pytest.approx({"left": 75.5, "top": 0, "right": 75.5 + side, "bottom": side})
    assert lying == pytest.approx({"left": 0, "top": 375.5 - side, "right": side, "bottom": 375.5})


def test_the_picture_shows_the_box(looker: Looker, before_relu: LayerRecord) -> None:
    answer = seen(looker, {"layer": before_relu.name, "y": 1, "x": 2})
    response = looker.client.get(answer["picture"])
    assert response.headers["content-type"] == "image/png"
    image = Image.open(io.BytesIO(response.content))
    image.load()
    assert image.info["Description"] == answer["sentence"]
    assert image.info["Layer"] == before_relu.name
    assert min(image.size) > 300
    assert np.asarray(image).std() > 10


def test_json_is_given_unless_a_picture_is_preferred(looker: Looker) -> None:
    for accept, media_type in (("*/*", "application/json"), ("image/png", "image/png"), ("image/*", "image/png")):
        assert ask(looker, PIXEL, accept=accept).headers["content-type"] == media_type
    asked_for = ask(looker, {**PIXEL, "format": "json"}, accept="image/png")
    assert asked_for.headers["content-type"] == "application/json"
    problem_of(ask(looker, PIXEL, accept="text/html"), NotAcceptable)
    assert problem_of(ask(looker, {**PIXEL, "format": "npy"}), ParameterInvalid)["parameter"] == "format"


def test_what_the_client_has_is_not_sent_again(looker: Looker) -> None:
    as_json, as_png = ask(looker, PIXEL), ask(looker, {**PIXEL, "format": "png"})
    assert as_json.headers["etag"] != as_png.headers["etag"]
    again = ask(looker, PIXEL, **{"if-none-match": as_json.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    for name in ("etag", "cache-control", "vary"):
        assert again.headers[name] == as_json.headers[name]


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({"layer": "images", "x": 0}, "y"),
        ({"layer": "images", "y": 0}, "x"),
        ({"layer": "images", "y": 0, "x": 99_999}, "x"),
        ({"layer": "images", "y": -1, "x": 0}, "y"),
        ({"layer": "images", "y": 0, "x": 0, "channel": 3}, "channel"),
        ({"layer": "images", "y": "a", "x": 0}, "y"),
        ({"y": 0, "x": 0}, "layer"),
    ],
)
def test_a_wrong_place_is_refused_by_name(looker: Looker, query: Query, parameter: str) -> None:
    assert problem_of(ask(looker, query), ParameterInvalid)["parameter"] == parameter


def test_an_unknown_layer_or_photo_is_refused(looker: Looker, manifest: Manifest) -> None:
    problem = problem_of(ask(looker, {**PIXEL, "layer": "none such"}), LayerUnknown)
    assert problem["layers"] == ["images", *(layer.name for layer in manifest.layers)]
    problem_of(ask(Looker(looker.client, "0" * 32), PIXEL), ImageUnknown)


def test_the_effective_field_lies_within_the_box_and_moves_the_unit(looker: Looker, before_relu: LayerRecord) -> None:
    query: Query = {"layer": before_relu.name, "channel": 2, "y": 5, "x": 6, "effective": "true"}
    answer = seen(looker, query)
    moved = np.array(answer["effective"]["data"]).reshape(answer["effective"]["shape"])
    box = {edge: round(at) for edge, at in answer["receptive_field"]["clipped"].items()}
    within = moved[box["top"] : box["bottom"], box["left"] : box["right"]]
    assert within.min() > 0
    assert np.count_nonzero(moved) == within.size
    kernel = looker.client.get(f"/layers/{before_relu.name}/kernels", params={"format": "npy", "channels": "2"})
    weights = np.load(io.BytesIO(kernel.content))[..., 0]
    np.testing.assert_allclose(within, np.abs(weights).sum(axis=-1) / 127.5, rtol=1e-5)  # the rescaling's factor


def test_a_pixel_only_moves_itself(looker: Looker) -> None:
    effective = seen(looker, PIXEL | {"effective": "true"})["effective"]
    assert effective["data"][0] == 1
    assert sum(effective["data"]) == 1


def test_the_effective_field_is_drawn_by_its_brightness(looker: Looker, before_relu: LayerRecord) -> None:
    query: Query = {"layer": before_relu.name, "y": 5, "x": 6, "format": "png"}
    plain, effective = ask(looker, query), ask(looker, query | {"effective": "true"})
    assert effective.status_code == 200
    assert plain.headers["etag"] != effective.headers["etag"]
    assert plain.content != effective.content
