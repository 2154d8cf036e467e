"""What a unit is made of: which numbers of the layer before come in, and how much each one counts."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.manifest import LayerRecord
from model.receipts.unit import Unit

Integers = NDArray[np.intp]
Floats = NDArray[np.float64]
Weights = Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True, eq=False)
class Places:
    """Units of the layer before, [n] each; those of a vector have no `y` and `x`.

    A window is read channel by channel, in each row by row. Where it reaches over the edge of the maps, `y` or `x` is
    below 0 or beyond the last, and `inside` is False.
    """

    channel: Integers
    y: Integers | None
    x: Integers | None
    inside: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Terms:
    """All that goes into one unit, as columns of n rows; nothing is rounded to float32."""

    layer: str  # whose numbers these are
    places: Places
    value: Floats  # outside of the maps 0 for a convolution, and NaN for pooling, where nothing is
    weight: Floats
    product: Floats  # value * weight; 0 for what takes no part
    bias: float
    winner: int | None = None  # which row is the largest, for max pooling


def terms_of(record: LayerRecord, before: NDArray[np.generic], weights: Weights, unit: Unit) -> Terms:
    """The terms of a unit.

    Args:
        record: of the unit's layer.
        before: the output of the layer before, without a batch axis; uint8 pixels for the photo itself.
        weights: of the unit's layer: `kernel` and `bias`, if it has any.
        unit: one that the layer has.
    """
    places = places_of(record, before.shape, unit)
    value = values_at(before, places, np.nan if record.kind in {"max_pooling", "average_pooling"} else 0.0)
    winner = None
    if record.kind == "max_pooling":
        winner = int(np.argmax(np.where(places.inside, value, -np.inf)))  # the first, if several are equal
        weight = np.where(np.arange(len(value)) == winner, 1.0, 0.0)
    else:
        weight = weights_of(record, weights, places, unit)
    with np.errstate(invalid="ignore", over="ignore"):  # a network may have overflowed
        product = value * weight + 0.0  # -0.0 becomes 0
    part = places.inside if winner is None else weight > 0
    return Terms(
        record.input, places, value, weight, np.where(part, product, 0.0), bias_of(record, weights, unit), winner
    )


def places_of(record: LayerRecord, shape: Sequence[int], unit: Unit) -> Places:
    """Which units of the layer before, of this shape, a unit takes in."""
    match record.kind:
        case "convolution":
            return window(record, shape, unit, np.arange(shape[-1]))
        case "max_pooling" | "average_pooling":
            return window(record, shape, unit, np.array([unit.channel]))
        case "global_average_pooling":
            y, x = (axis.ravel() for axis in np.indices(shape[:2]))
            return Places(np.full(len(y), unit.channel), y, x, np.ones(len(y), np.bool_))
        case "dense" | "softmax":
            return here(np.arange(shape[-1]), unit.y, unit.x)
        case "rescaling" | "relu":
            return here(np.array([unit.channel]), unit.y, unit.x)
        case "flatten":
            *place, channel = (int(index) for index in np.unravel_index(unit.channel, tuple(shape)))
            y, x = place or (None, None)
            return here(np.array([channel]), y, x)


def window(record: LayerRecord, shape: Sequence[int], unit: Unit, channels: Integers) -> Places:
    """The places of a unit's window in some channels of the maps before."""
    kernel, stride, padding = record.kernel, record.stride, record.padding
    assert kernel is not None
    assert stride is not None
    assert padding is not None
    assert unit.y is not None
    assert unit.x is not None
    channel, y, x = (axis.ravel() for axis in np.indices((len(channels), *kernel)))
    y, x = y + unit.y * stride[0] - padding.top, x + unit.x * stride[1] - padding.left
    inside = (y >= 0) & (y < shape[0]) & (x >= 0) & (x < shape[1])
    return Places(channels[channel], y, x, inside)


def here(channels: Integers, y: int | None, x: int | None) -> Places:
    """Some channels at one place; without a place, units of a vector."""
    inside = np.ones(len(channels), np.bool_)
    if y is None or x is None:
        return Places(channels, None, None, inside)
    return Places(channels, np.full(len(channels), y), np.full(len(channels), x), inside)


def values_at(before: NDArray[np.generic], places: Places, outside: float) -> Floats:
    """The numbers at places of a layer's output, and `outside` where a window reaches over its edge."""
    if places.y is None or places.x is None:
        return before[places.channel].astype(np.float64)
    y, x = (np.where(places.inside, axis, 0) for axis in (places.y, places.x))
    return np.where(places.inside, before[y, x, places.channel].astype(np.float64), outside)


def weights_of(record: LayerRecord, weights: Weights, places: Places, unit: Unit) -> Floats:
    """How much each term counts, for every kind where that does not depend on the values."""
    match record.kind:
        case "convolution":
            return weights["kernel"][..., unit.channel].transpose(2, 0, 1).ravel().astype(np.float64)
        case "dense":
            return weights["kernel"][:, unit.channel].astype(np.float64)
        case "rescaling":
            assert record.scale is not None
            weight = record.scale
        case "softmax":
            assert record.temperature is not None
            weight = 1 / record.temperature
        case "average_pooling" | "global_average_pooling":
            weight = 1 / int(places.inside.sum())
        case _:
            weight = 1.0
    return np.where(places.inside, weight, 0.0)


def bias_of(record: LayerRecord, weights: Weights, unit: Unit) -> float:
    """What is added to the products: a bias, the offset of rescaling, or nothing."""
    if record.kind == "rescaling":
        assert record.offset is not None
        return record.offset
    return float(weights["bias"][unit.channel]) if "bias" in weights else 0.0


def exact_sum(numbers: Sequence[float]) -> float:
    """The sum, rounded once; NaN or infinite as float64 has it where a network has overflowed."""
    try:
        return math.fsum(numbers)
    except (OverflowError, ValueError):  # infinities of both signs
        return math.nan
