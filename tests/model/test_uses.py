"""Where numbers go, against what each unit of the next layer takes in."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

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
from model.manifest import LayerRecord
from model.receipts.terms import places_of
from model.receipts.unit import Unit
from model.uses import Uses, uses

SIZE = (5, 7)


def record_after(layer: Layer, *before: Layer) -> LayerRecord:
    """The record of a layer that takes a photo of SIZE, or what other layers made of it."""
    return describe((*before, layer), 2, *SIZE)[-1]


def test_after_the_last_layer_nothing_uses_a_number() -> None:
    assert uses(None, Unit("probabilities", 1), (4,)) is None


def test_a_number_in_the_middle_goes_into_every_window_that_lies_on_it() -> None:
    after = record_after(Convolution("conv", filters=6))
    assert uses(after, Unit("images", 2, 2, 3), (*SIZE, 3)) == Uses("conv", "convolution", (1, 3), (2, 4), (0, 5))


def test_at_the_edge_there_are_fewer_windows() -> None:
    after = record_after(Convolution("conv", filters=6))
    assert uses(after, Unit("images", 0, 0, 6), (*SIZE, 3)) == Uses("conv", "convolution", (0, 1), (5, 6), (0, 5))


def test_pooling_uses_a_number_in_its_own_channel_once() -> None:
    after = record_after(MaxPooling("pool"))
    assert uses(after, Unit("images", 2, 3, 4), (*SIZE, 3)) == Uses("pool", "max_pooling", (1, 1), (2, 2), (2, 2))


@pytest.mark.parametrize(("y", "x"), [(4, 0), (0, 6)])
def test_a_last_row_or_column_that_no_window_reaches_is_not_used(y: int, x: int) -> None:
    assert uses(record_after(MaxPooling("pool")), Unit("images", 0, y, x), (*SIZE, 3)) is None


def test_what_a_stride_steps_over_is_not_used() -> None:
    after = record_after(AveragePooling("pool", size=1, stride=2))
    assert uses(after, Unit("images", 0, 2, 3), (*SIZE, 3)) is None
    assert uses(after, Unit("images", 0, 2, 4), (*SIZE, 3)) == Uses("pool", "average_pooling", (1, 1), (2, 2), (0, 0))


WINDOWS = {"size": st.integers(1, 4), "stride": st.integers(1, 4), "padding": st.sampled_from(["same", "valid"])}
LAYERS: st.SearchStrategy[Layer] = st.one_of(
    st.builds(Convolution, name=st.just("after"), filters=st.integers(1, 4), **WINDOWS),
    st.builds(MaxPooling, name=st.just("after"), **WINDOWS),
    st.builds(AveragePooling, name=st.just("after"), **WINDOWS),
    st.sampled_from(
        [
            ReLU("after"), Rescaling("after"), GlobalAveragePooling("after"), Flatten("after"), Dense("after", units=4),
            Softmax("after"),
        ]
    ),
)  # fmt: skip
BEFORE: list[Table] = [(), (GlobalAveragePooling("before"),), (Flatten("before"),)]


def users(after: LayerRecord, unit: Unit, shape: tuple[int, ...]) -> set[tuple[int, ...]]:
    """The units of the next layer among whose terms the unit is, one after the other."""
    found = set()
    for index in np.ndindex(after.shape):
        *place, channel = index
        taken = places_of(after, shape, Unit(after.name, channel, *place))
        same = taken.inside & (taken.channel == unit.channel)
        if taken.y is not None and taken.x is not None:
            same &= (taken.y == unit.y) & (taken.x == unit.x)
        if same.any():
            found.add(index)
    return found


@given(layer=LAYERS, before=st.sampled_from(BEFORE), index=st.integers(0, 104))
def test_the_users_of_a_number_are_those_that_have_it_among_their_terms(
    layer: Layer, before: Table, index: int
) -> None:
    if before and not isinstance(layer, ReLU | Rescaling | Flatten | Dense | Softmax):
        before = ()  # nothing slides over a vector
    try:
        *earlier, after = describe((*before, layer), 2, *SIZE)
    except ValueError:
        return  # a window larger than the maps
    shape = earlier[-1].shape if earlier else (*SIZE, 3)
    *place, channel = (int(number) for number in np.unravel_index(index % int(np.prod(shape)), shape))
    unit = Unit(after.input, channel, *place)
    found = uses(after, unit, shape)
    if found is None:
        assert users(after, unit, shape) == set()
        return
    ranges = [ends for ends in (found.y, found.x, found.channels) if ends is not None]
    everything = np.ndindex(*[last - first + 1 for first, last in ranges])
    starts = [first for first, _ in ranges]
    assert {tuple(np.add(offset, starts).tolist()) for offset in everything} == users(after, unit, shape)
    assert (found.layer, found.kind) == (after.name, after.kind)
