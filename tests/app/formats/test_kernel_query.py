import io
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from app.errors import ParameterInvalid, TooManyNumbers
from app.formats.kernel_query import KernelQuery, render_kernels
from app.formats.tensor_formats import MAX_JSON_NUMBERS
from app.pictures.kernels import Kernels
from app.pictures.scaling import Limits

NUMBERS = np.arange(2 * 2 * 3 * 4, dtype=np.float32).reshape(2, 2, 3, 4) - 20  # four filters of three inputs
DENSE = np.arange(10, dtype=np.float32).reshape(5, 2)


def rendered(query: KernelQuery, kernels: Kernels = NUMBERS, in_colour: bool = False) -> tuple[bytes, dict[str, str]]:
    return render_kernels(kernels, "conv", "trained", in_colour, query, {"model": "cat"})


def chunks(png: bytes) -> dict[str, str]:
    return {str(name): str(text) for name, text in Image.open(io.BytesIO(png)).info.items()}


def test_what_is_not_said_is_all_of_it() -> None:
    assert KernelQuery().chosen((3, 3, 2, 4)) == ((0, 1), (0, 1, 2, 3))
    assert KernelQuery().chosen((5, 2)) == ((0, 1, 2, 3, 4), (0, 1))
    assert np.array_equal(np.load(io.BytesIO(rendered(KernelQuery(wanted="npy"))[0])), NUMBERS)


def test_inputs_and_filters_come_in_the_order_of_the_query() -> None:
    body, headers = rendered(KernelQuery(channels="3,0-1", inputs="2,1", wanted="npy"))
    expected = np.array([[NUMBERS[..., one, number] for number in (3, 0, 1)] for one in (2, 1)])
    assert np.array_equal(np.load(io.BytesIO(body)), expected.transpose(2, 3, 0, 1))
    assert (headers["Tensor-Shape"], headers["Tensor-Layout"]) == ("2,2,2,3", "HWIO")


def test_of_a_dense_layer_the_channels_are_its_units() -> None:
    body, headers = rendered(KernelQuery(channels="1", inputs="4,0", wanted="npy"), DENSE)
    assert np.load(io.BytesIO(body)).tolist() == [[9], [1]]
    assert (headers["Tensor-Shape"], headers["Tensor-Layout"]) == ("2,1", "IO")


def test_every_format_has_the_same_numbers() -> None:
    query: dict[str, Any] = {"channels": "2,0", "inputs": "1"}
    exact = np.load(io.BytesIO(rendered(KernelQuery(wanted="npy", **query))[0]))
    assert rendered(KernelQuery(wanted="f32", **query))[0] == np.ascontiguousarray(exact).tobytes()
    assert json.loads(rendered(KernelQuery(wanted="json", **query))[0]) == {
        "model": "cat",
        "layer": "conv",
        "state": "trained",
        "inputs": [1],
        "channels": [2, 0],
        "shape": [2, 2, 1, 2],
        "dtype": "float32",
        "layout": "HWIO",
        "data": exact.ravel().tolist(),
    }


def test_as_many_numbers_as_json_holds_are_given_and_one_more_is_refused() -> None:
    kernels = np.zeros((MAX_JSON_NUMBERS + 1, 1), np.float32)
    query = KernelQuery(inputs=f"0-{MAX_JSON_NUMBERS - 1}", wanted="json")
    assert len(json.loads(rendered(query, kernels)[0])["data"]) == MAX_JSON_NUMBERS
    with pytest.raises(TooManyNumbers):
        rendered(KernelQuery(wanted="json"), kernels)


def test_a_picture_says_of_which_kernels_it_is() -> None:
    texts = chunks(rendered(KernelQuery(channels="2,0", inputs="1-2"))[0])
    assert (texts["Layer"], texts["Kind"], texts["State"]) == ("conv", "kernels", "trained")
    assert (texts["Channels"], texts["Inputs"], texts["Shape"]) == ("2,0", "1-2", "2,2,3,4")


def test_the_scale_of_a_layer_is_that_of_all_its_kernels_around_zero() -> None:
    body, headers = rendered(KernelQuery(channels="0", inputs="0"))
    assert chunks(body)["Scale"] == headers["Map-Scale"] == "layer -27.0,27.0"
    assert headers["Map-Colormap"] == "RdBu_r"


def test_what_sees_colours_is_drawn_in_colour_unless_another_map_is_asked_for() -> None:
    def colormap(**query: Any) -> str:
        return rendered(KernelQuery(**query), in_colour=True)[1]["Map-Colormap"]

    assert colormap() == colormap(colormap="colour") == colormap(inputs="0-2") == "colour"
    assert colormap(colormap="gray") == "gray"
    assert colormap(inputs="0,1") == colormap(inputs="2,1,0") == "RdBu_r"  # no colours without all three in order


@pytest.mark.parametrize(("query", "in_colour"), [({}, False), ({"inputs": "0"}, True)])
def test_what_sees_no_colours_is_not_drawn_in_colour(query: dict[str, Any], in_colour: bool) -> None:
    with pytest.raises(ParameterInvalid, match=r"^colormap: expected viridis, .* received: colour$") as it:
        rendered(KernelQuery(colormap="colour", **query), in_colour=in_colour)
    assert it.value.facts == {"parameter": "colormap"}


@pytest.mark.parametrize("in_colour", [False, True])
def test_too_many_for_a_picture_are_refused_with_how_many_fit(in_colour: bool) -> None:
    kernels = np.zeros((3, 3, 3, 3000), np.float32)
    with pytest.raises(ParameterInvalid, match=r"^channels: expected few enough .* (\d+) fit: ask for fewer") as it:
        rendered(KernelQuery(), kernels, in_colour)
    assert it.value.facts == {"parameter": "channels"}
    assert rendered(KernelQuery(channels="0", inputs="0"), kernels, in_colour)[1]["Content-Type"] == "image/png"


@pytest.mark.parametrize(
    ("query", "parameter", "expected"),
    [
        ({"channels": "4"}, "channels", "0 to 3"),
        ({"inputs": "3"}, "inputs", "0 to 2"),
        ({"channels": "x"}, "channels", "such as 0,5-9"),
        ({"inputs": ""}, "inputs", "such as 0,5-9"),
    ],
)
def test_a_filter_or_input_that_is_not_there_is_refused_by_name(
    query: dict[str, Any], parameter: str, expected: str
) -> None:
    with pytest.raises(ParameterInvalid, match=expected) as it:
        rendered(KernelQuery(**query))
    assert it.value.facts == {"parameter": parameter}


def test_the_scale_is_read() -> None:
    assert [KernelQuery(scale=text).scale for text in ("layer", "channel", "-1,2")] == [
        "layer", "channel", Limits(-1, 2),
    ]  # fmt: skip


@given(st.text(), st.text())
def test_any_text_is_understood_or_refused_by_name(scale: str, colormap: str) -> None:
    with pytest.raises(ParameterInvalid) as it:
        KernelQuery(scale=scale, colormap="jet")
    assert it.value.facts in ({"parameter": "scale"}, {"parameter": "colormap"})
    with pytest.raises(ParameterInvalid) as it:
        KernelQuery(scale="2,1", colormap=colormap)
    assert it.value.facts == {"parameter": "scale"}


def test_all_that_decides_the_answer_is_told_apart() -> None:
    queries = [
        KernelQuery(),
        KernelQuery(channels="0"),
        KernelQuery(inputs="0"),
        KernelQuery(epoch=0),
        KernelQuery(epoch=1),
        *(KernelQuery(wanted=name) for name in ("json", "npy", "f32")),
        KernelQuery(scale="channel"),
        KernelQuery(scale="0,1"),
        KernelQuery(colormap="gray"),
        KernelQuery(colormap="colour"),
    ]
    assert len({query.decides() for query in queries}) == len(queries)
