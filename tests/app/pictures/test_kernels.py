from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.pictures.heading import Heading
from app.pictures.kernels import KernelsOf, as_maps
from app.pictures.scaling import Limits


def kernels_of(inputs: tuple[int, ...], filters: tuple[int, ...], noun: str = "filter") -> KernelsOf:
    return KernelsOf("conv2", "trained", inputs, filters, (8, 9), Limits(-1, 1), noun)


@pytest.mark.parametrize(
    ("inputs", "filters", "names"),
    [
        ((5, 4), (7,), ("5", "4")),
        ((5,), (7, 6), ("7", "6")),
        ((5, 4), (7, 6), ("7·5", "7·4", "6·5", "6·4")),
        ((5,), (7,), ("5",)),
    ],
)
def test_a_kernel_is_called_by_its_filter_its_input_or_both(
    inputs: tuple[int, ...], filters: tuple[int, ...], names: tuple[str, ...]
) -> None:
    assert kernels_of(inputs, filters).names == names


@given(st.integers(1, 3), st.integers(1, 3), st.integers(1, 5), st.integers(1, 5))
def test_the_maps_are_the_kernels_in_the_order_of_their_names(
    rows: int, columns: int, inputs: int, filters: int
) -> None:
    kernels = np.random.default_rng(1).normal(size=(rows, columns, inputs, filters)).astype(np.float32)
    maps = as_maps(kernels)
    assert maps.shape == (rows, columns, filters * inputs)
    for place, (number, channel) in enumerate(product(range(filters), range(inputs))):
        assert np.array_equal(maps[..., place], kernels[..., channel, number])


def test_the_heading_says_which_kernels_of_which_time() -> None:
    assert kernels_of(tuple(range(8)), (1, 2, 7)).heading(3, 3) == Heading(
        "conv2", "kernels, trained", "3 x 3  ·  3 of its filters: 1-2, 7, for all 8 inputs"
    )


def test_a_dense_layer_has_units_and_no_size() -> None:
    assert kernels_of((0,), (1,), "unit").heading(1, 1).words == "1 of its units: 1, for 1 of its inputs: 0"


def test_the_texts_name_kernels_as_the_query_does() -> None:
    assert kernels_of((3, 4, 5), (1, 0)).texts(3, 2) == {
        "Layer": "conv2",
        "Kind": "kernels",
        "State": "trained",
        "Shape": "3,2,8,9",
        "Channels": "1,0",
        "Inputs": "3-5",
    }
