import dataclasses
from functools import partial
from math import prod
from typing import Protocol

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model import layers
from model.geometry import describe
from model.layers import (
    AveragePooling,
    Convolution,
    Dense,
    Flatten,
    GlobalAveragePooling,
    Layer,
    MaxPooling,
    ReLU,
    Rescaling,
    Softmax,
    Table,
)
from model.manifest import Padding, ReceptiveField
from model.network import build

LAST: Table = (Dense("logits"), Softmax("probabilities"))
HEAD: Table = (GlobalAveragePooling("average"), *LAST)


class Windowed(Protocol):
    """Makes a row whose layer slides a window."""

    def __call__(self, name: str, *, size: int, stride: int = ..., padding: layers.Padding) -> Layer: ...


KINDS: dict[str, Windowed] = {
    "Convolution": partial(Convolution, filters=3), "MaxPooling": MaxPooling, "AveragePooling": AveragePooling,
}  # fmt: skip


def field(size: tuple[int, int], jump: tuple[int, int], start: tuple[int, int]) -> ReceptiveField:
    return ReceptiveField(size=size, jump=jump, start=start)


def padding(top: int, bottom: int, left: int, right: int) -> Padding:
    return Padding(top=top, bottom=bottom, left=left, right=right)


def test_a_network_of_a_7x10_photo_is_as_computed_by_hand() -> None:
    table: Table = (
        Rescaling("rescale"),
        Convolution("conv1", filters=4, stride=2),
        ReLU("relu1"),
        MaxPooling("pool1"),
        Convolution("conv2", filters=2, size=2),
        AveragePooling("pool2", size=3, stride=2, padding="same"),
        *HEAD,
    )
    found = {layer.name: layer for layer in describe(table, labels=3, height=7, width=10)}
    assert {name: layer.shape for name, layer in found.items()} == {
        "rescale": (7, 10, 3), "conv1": (4, 5, 4), "relu1": (4, 5, 4), "pool1": (2, 2, 4), "conv2": (2, 2, 2),
        "pool2": (1, 1, 2), "average": (2,), "logits": (3,), "probabilities": (3,),
    }  # fmt: skip
    assert {name: layer.input for name, layer in found.items()} == dict(
        zip(found, ["images", *list(found)[:-1]], strict=True)
    )
    # 4 rows of 3 in steps of 2 reach over 9 rows of the 7; 5 columns over 11 of the 10: the odd one comes after.
    assert {name: layer.padding for name, layer in found.items() if layer.padding} == {
        "conv1": padding(1, 1, 0, 1), "pool1": padding(0, 0, 0, 0),
        "conv2": padding(0, 1, 0, 1), "pool2": padding(0, 1, 0, 1),
    }  # fmt: skip
    assert {name: (layer.kernel, layer.stride) for name, layer in found.items() if layer.kernel} == {
        "conv1": ((3, 3), (2, 2)), "pool1": ((2, 2), (2, 2)), "conv2": ((2, 2), (1, 1)), "pool2": ((3, 3), (2, 2)),
    }  # fmt: skip
    assert {name: layer.parameters for name, layer in found.items() if layer.parameters} == {
        "conv1": 3 * 3 * 3 * 4 + 4, "conv2": 2 * 2 * 4 * 2 + 2, "logits": 2 * 3 + 3,
    }  # fmt: skip
    assert {name: layer.multiply_adds for name, layer in found.items() if layer.multiply_adds} == {
        "conv1": 4 * 5 * 4 * 27, "conv2": 2 * 2 * 2 * 16, "logits": 6,
    }  # fmt: skip
    assert {name: layer.receptive_field for name, layer in found.items()} == {
        "rescale": field((1, 1), (1, 1), (0, 0)),
        "conv1": field((3, 3), (2, 2), (-1, 0)),
        "relu1": field((3, 3), (2, 2), (-1, 0)),
        "pool1": field((5, 5), (4, 4), (-1, 0)),
        "conv2": field((9, 9), (4, 4), (-1, 0)),
        "pool2": field((17, 17), (8, 8), (-1, 0)),
        "average": field((17, 17), (0, 0), (-1, 0)),
        "logits": field((17, 17), (0, 0), (-1, 0)),
        "probabilities": field((17, 17), (0, 0), (-1, 0)),
    }


@pytest.mark.parametrize(
    ("side", "size", "stride", "way", "positions", "before", "after"),
    [
        (6, 3, 1, "same", 6, 1, 1),
        (6, 2, 1, "same", 6, 0, 1),
        (6, 5, 1, "same", 6, 2, 2),
        (6, 3, 2, "same", 3, 0, 1),
        (7, 3, 2, "same", 4, 1, 1),
        (7, 4, 3, "same", 3, 1, 2),
        (7, 1, 2, "same", 4, 0, 0),
        (6, 2, 3, "same", 2, 0, 0),  # a step longer than the window: nothing is missing
        (6, 3, 1, "valid", 4, 0, 0),
        (7, 3, 2, "valid", 3, 0, 0),
        (8, 3, 2, "valid", 3, 0, 0),  # the last row is never seen
        (5, 5, 3, "valid", 1, 0, 0),
    ],
)
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_window_slides_along_each_side_as_computed_by_hand(
    kind: Windowed, side: int, size: int, stride: int, way: layers.Padding, positions: int, before: int, after: int
) -> None:
    row = kind("window", size=size, stride=stride, padding=way)
    for height, width in ((side, 9), (9, side)):
        (found,) = describe((row,), labels=2, height=height, width=width)
        assert found.padding is not None
        if height == side:
            assert (found.shape[0], found.padding.top, found.padding.bottom) == (positions, before, after)
        if width == side:
            assert (found.shape[1], found.padding.left, found.padding.right) == (positions, before, after)


def test_a_global_average_sees_from_the_first_units_field_to_the_last_ones() -> None:
    *_, average = describe((Convolution("conv1", 4, stride=2), GlobalAveragePooling("average")), 2, 7, 10)
    assert average.receptive_field == field((3 + 3 * 2, 3 + 4 * 2), (0, 0), (-1, 0))


def test_a_network_that_flattens_is_as_computed_by_hand() -> None:
    table: Table = (AveragePooling("shrink"), Flatten("flatten"), Dense("dense", units=10), *LAST)
    _, flatten, dense, logits, _ = describe(table, labels=3, height=5, width=8)
    assert (flatten.shape, dense.shape, logits.shape) == ((2 * 4 * 3,), (10,), (3,))
    assert (flatten.parameters, dense.parameters, logits.parameters) == (0, 24 * 10 + 10, 10 * 3 + 3)
    assert (flatten.multiply_adds, dense.multiply_adds, logits.multiply_adds) == (0, 240, 30)
    assert dense.weights == {"kernel": (24, 10), "bias": (10,)}
    assert flatten.receptive_field is None


@pytest.mark.parametrize("height_and_width", [(4, 9), (9, 4)])
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_window_as_large_as_the_maps_fits_and_a_larger_one_is_refused(
    kind: Windowed, height_and_width: tuple[int, int]
) -> None:
    fits, larger = (kind("window", size=size, padding="valid") for size in (4, 5))
    (found,) = describe((fits,), 2, *height_and_width)
    assert min(found.shape[:2]) == 1
    height, width = height_and_width
    with pytest.raises(ValueError, match=f"^window: expected maps of at least 5x5; received {height}x{width}$"):
        describe((larger,), 2, height, width)


@pytest.mark.parametrize(
    ("rows", "signed"),
    [
        ((), [False]),
        ((Rescaling("a", scale=0.1, offset=0),), [False, False]),
        ((Rescaling("a", scale=0.1, offset=-0.1),), [True, True]),
        ((Rescaling("a", scale=-0.1, offset=0),), [True, True]),
        ((Convolution("a", 2), Rescaling("b", scale=2, offset=1)), [True, True, True]),
        ((Convolution("a", 2), ReLU("b"), Rescaling("c", scale=2, offset=1)), [True, False, False, False]),
    ],
)
def test_what_can_be_below_zero_is_signed(rows: Table, signed: list[bool]) -> None:
    found = describe((*rows, MaxPooling("last"), *HEAD), 2, 8, 8)
    assert [layer.signed for layer in found[: len(signed)]] == signed
    assert [layer.signed for layer in found[-2:]] == [True, False]


WINDOWS = {
    "size": st.integers(1, 5), "stride": st.integers(1, 4), "padding": st.sampled_from(["same", "valid"])
}  # fmt: skip
ROWS: st.SearchStrategy[Layer] = st.one_of(
    st.builds(Convolution, name=st.just(""), filters=st.integers(1, 4), **WINDOWS),
    st.builds(MaxPooling, name=st.just(""), **WINDOWS),
    st.builds(AveragePooling, name=st.just(""), **WINDOWS),
    st.builds(ReLU, name=st.just("")),
    st.builds(Dense, name=st.just(""), units=st.integers(1, 4)),
)
MIDDLES = st.sampled_from([GlobalAveragePooling("middle"), Flatten("middle")])


@settings(deadline=None, max_examples=30)
@given(
    rows=st.lists(ROWS, max_size=5), middle=MIDDLES, labels=st.integers(2, 4),
    height=st.integers(1, 20), width=st.integers(1, 20),
)  # fmt: skip
def test_any_network_is_described_as_keras_builds_it_or_refused_as_keras_refuses_it(
    rows: list[Layer], middle: Layer, labels: int, height: int, width: int
) -> None:
    named = [dataclasses.replace(row, name=f"layer{number}") for number, row in enumerate(rows)]
    table: Table = (*named, middle, Dense("hidden", units=3), *LAST)
    try:
        network = build(table, labels, height, width, normalised=False)
    except ValueError:
        with pytest.raises(ValueError, match=r"^layer\d: expected maps of at least"):
            describe(table, labels, height, width)
        return
    found = describe(table, labels, height, width)
    assert [layer.name for layer in found] == list(network.output)
    for layer in found:
        built = network.get_layer(layer.name)
        shapes = {variable.name: tuple(variable.shape) for variable in built.variables}
        assert layer.shape == built.output.shape[1:]
        assert layer.weights == shapes
        assert layer.parameters == built.count_params()
        # Every weight of a kernel is used once at every place, to make one of the numbers there.
        assert layer.multiply_adds == prod(layer.shape[:-1]) * prod(shapes.get("kernel", (0,)))
