import io
import json
import re

import hypothesis.extra.numpy as arrays
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.errors import TooManyNumbers
from app.formats.tensor_formats import (
    MAX_JSON_NUMBERS,
    MEDIA_TYPES,
    Format,
    Layout,
    as_f32,
    as_json,
    as_npy,
    tensor_headers,
)

# Of one to four dimensions: units, rows and columns, maps, kernels.
TENSORS = arrays.arrays(np.float32, arrays.array_shapes(min_dims=1, max_dims=4, max_side=4))


def bits(values: NDArray[np.float32]) -> list[int]:
    """What tells -0.0 from 0.0, and one NaN from another."""
    flat: list[int] = np.ascontiguousarray(values).view(np.uint32).ravel().tolist()
    return flat


LAYOUTS: tuple[Layout, ...] = ("C", "HW", "HWC", "HWIO")  # by dimensions


@given(TENSORS)
def test_npy_is_the_tensor_bit_for_bit(tensor: NDArray[np.float32]) -> None:
    loaded = np.load(io.BytesIO(as_npy(tensor)), allow_pickle=False)
    assert (loaded.dtype, loaded.shape) == (np.float32, tensor.shape)
    assert bits(loaded) == bits(tensor)


@given(TENSORS)
def test_f32_is_the_tensor_bit_for_bit_and_nothing_else(tensor: NDArray[np.float32]) -> None:
    body = as_f32(tensor)
    assert len(body) == 4 * tensor.size
    assert np.frombuffer(body, "<u4").tolist() == bits(tensor)


@given(TENSORS)
def test_json_gives_the_same_float32_again_and_null_for_what_is_not_finite(tensor: NDArray[np.float32]) -> None:
    layout = LAYOUTS[tensor.ndim - 1]
    body = as_json(tensor, layout, {"layer": "conv1"})
    content = json.loads(body, parse_constant=pytest.fail)  # NaN and Infinity are not JSON
    assert content["layer"] == "conv1"
    assert content["shape"] == list(tensor.shape)
    assert content["layout"] == layout
    assert content["dtype"] == "float32"
    numbers, finite = content["data"], np.isfinite(tensor).ravel()
    assert [number is not None for number in numbers] == finite.tolist()
    given = np.array([number for number in numbers if number is not None], np.float32)
    assert bits(given) == bits(tensor.ravel()[finite])


def test_a_choice_of_channels_is_written_row_by_row() -> None:
    tensor = np.arange(24, dtype=np.float32).reshape(2, 3, 4)[..., [3, 0]]
    flat = [3, 0, 7, 4, 11, 8, 15, 12, 19, 16, 23, 20]
    assert json.loads(as_json(tensor, "HWC", {}))["data"] == flat
    assert np.frombuffer(as_f32(tensor), "<f4").tolist() == flat
    assert np.load(io.BytesIO(as_npy(tensor))).ravel().tolist() == flat


def test_nan_and_infinity_are_null() -> None:
    tensor = np.array([np.nan, np.inf, -np.inf, -0.0, 0.1], np.float32)
    assert as_json(tensor, "C", {}).endswith(b'"data":[null,null,null,-0.0,0.1]}')


def test_json_of_as_many_numbers_as_are_allowed_is_given() -> None:
    tensor = np.zeros(MAX_JSON_NUMBERS, np.float32)
    assert len(json.loads(as_json(tensor, "C", {}))["data"]) == 65_536


def test_json_of_one_number_more_is_refused_with_a_hint_to_the_binary_formats() -> None:
    expected = r"Expected at most 65536 numbers; received a request for 65537.*format=npy or format=f32"
    with pytest.raises(TooManyNumbers, match=expected) as it:
        as_json(np.zeros(MAX_JSON_NUMBERS + 1, np.float32), "C", {})
    assert it.value.facts == {"max_numbers": 65_536}


@pytest.mark.parametrize(
    ("wanted", "media_type"),
    [
        ("png", "image/png"),
        ("json", "application/json"),
        ("npy", "application/x-npy"),
        ("f32", "application/octet-stream"),
    ],
)
def test_the_headers_say_what_the_tensor_is(wanted: Format, media_type: str) -> None:
    assert tensor_headers(np.zeros((3, 3, 32, 64), np.float32), "HWIO", "conv2-kernels", wanted) == {
        "Content-Type": media_type,
        "Content-Disposition": f'inline; filename="conv2-kernels.{wanted}"',
        "Tensor-Shape": "3,3,32,64",
        "Tensor-Dtype": "float32",
        "Tensor-Layout": "HWIO",
    }


@given(st.text(), st.sampled_from(sorted(MEDIA_TYPES)))
@example("grad-cam-Löwe", "png")
@example("grad-cam-ライオン", "png")
@example('a"; b\r\nSet-Cookie: c', "png")
def test_whatever_a_label_is_the_headers_are_headers(name: str, wanted: Format) -> None:
    disposition = tensor_headers(np.zeros(1, np.float32), "C", name, wanted)["Content-Disposition"]
    assert re.fullmatch(rf'inline; filename="[A-Za-z0-9_.-]*\.{wanted}"', disposition)
    assert len(disposition) == len(f'inline; filename="{name}.{wanted}"')
