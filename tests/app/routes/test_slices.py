"""A part of a layer's maps: some rows and columns of them."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from app.errors import ParameterInvalid
from model.manifest import LayerRecord, Manifest
from tests.app.conftest import Looker, problem_of


@settings(max_examples=20)
@given(data=st.data())
def test_a_part_is_exactly_that_part_of_the_whole(
    looker: Looker, before_relu: LayerRecord, data: st.DataObject
) -> None:
    height, width, _ = before_relu.shape
    y, x = (sorted(data.draw(st.tuples(*[st.integers(0, side - 1)] * 2))) for side in (height, width))
    whole = looker.tensor(before_relu.name, channels="3,1")
    part = looker.tensor(before_relu.name, channels="3,1", y=f"{y[0]}-{y[1]}", x=f"{x[0]}-{x[1]}")
    np.testing.assert_array_equal(part, whole[y[0] : y[1] + 1, x[0] : x[1] + 1])


def test_one_number_can_be_had_alone_in_every_format(looker: Looker, after_relu: LayerRecord) -> None:
    query = {"layer": after_relu.name, "channels": "2", "y": "4", "x": "5"}
    (value,) = looker.tensor(**query).ravel()
    told = looker.look(format="json", **query).json()
    assert (told["shape"], told["y"], told["x"], told["data"]) == ([1, 1, 1], [4, 4], [5, 5], [pytest.approx(value)])
    assert np.frombuffer(looker.look(format="f32", **query).content, "<f4").tolist() == [value]
    with Image.open(io.BytesIO(looker.look(format="png", **query).content)) as picture:
        assert isinstance(picture, PngImagePlugin.PngImageFile)
        height, width, _ = after_relu.shape
        assert picture.text["Part"] == f"rows 4, columns 5 of {height} x {width}"


def test_the_scale_of_a_part_is_still_the_layer_s(looker: Looker, after_relu: LayerRecord) -> None:
    whole = looker.look(layer=after_relu.name, format="png").headers["map-scale"]
    assert looker.look(layer=after_relu.name, format="png", y="0-3").headers["map-scale"] == whole


def test_all_rows_and_columns_are_the_whole(looker: Looker, after_relu: LayerRecord) -> None:
    height, width, _ = after_relu.shape
    all_of_it = looker.look(layer=after_relu.name, format="png", y=f"0-{height - 1}", x=f"0-{width - 1}")
    assert all_of_it.content == looker.look(layer=after_relu.name, format="png").content


@pytest.mark.parametrize("chosen", ["", "-1", "5-3", "1,2", "a", "0-", "²", "{last}-{over}", "{over}"])
@pytest.mark.parametrize("parameter", ["y", "x"])
def test_what_is_no_part_is_refused(looker: Looker, after_relu: LayerRecord, parameter: str, chosen: str) -> None:
    side = after_relu.shape["yx".index(parameter)]
    query = {parameter: chosen.format(last=side - 1, over=side)}
    problem = problem_of(looker.ask(layer=after_relu.name, **query), ParameterInvalid)
    assert problem["parameter"] == parameter
    assert f"from 0 to {side - 1}" in problem["detail"]


def test_a_vector_has_no_rows(looker: Looker, manifest: Manifest) -> None:
    problem = problem_of(looker.ask(layer=manifest.layers[-1].name, y="0"), ParameterInvalid)
    assert problem["parameter"] == "y"


def test_a_posted_photo_is_found_again_with_the_same_part(
    looker: Looker, after_relu: LayerRecord, chelsea: bytes
) -> None:
    query = {"layer": after_relu.name, "y": "1-2", "x": "3", "format": "npy"}
    posted = looker.client.post("/feature-maps", params=query, content=chelsea)
    found = looker.client.get(posted.headers["content-location"])
    assert found.content == posted.content
    assert found.headers["tensor-shape"].startswith("2,1,")
