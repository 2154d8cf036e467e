"""Every kind of layer in plain float64 numpy, from its manifest record and its weights, and float32's rounding."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from model.manifest import LayerRecord

Floats = NDArray[np.float64]

UNIT = 2.0**-24  # the relative error of one float32 operation at most
SMALLEST_NORMAL = 2.0**-126  # below it float32 loses digits, and TensorFlow rounds to zero


@dataclass(frozen=True)
class Recomputed:
    """A layer's output, and how far one computed in float32 from the same input may be off."""

    values: Floats
    bound: Floats


def roundings(count: int) -> float:
    """Relative error of `count` roundings on top of each other (Higham, Accuracy and Stability, lemma 3.1).

    A sum of n terms in any order is within roundings(n - 1) of the sum of the terms' sizes; rounded products that
    are its terms cost one more.
    """
    return count * UNIT / (1 - count * UNIT)


def recompute(record: LayerRecord, weights: Mapping[str, NDArray[np.float32]], before: Floats) -> Recomputed:
    """What a layer makes of its input, [n, …], float64 that holds float32 numbers."""
    match record.kind:
        case "rescaling":
            assert record.scale is not None
            assert record.offset is not None
            scaled = before * record.scale
            # Rounded: the scale and the offset themselves, their product and sum.
            return Recomputed(scaled + record.offset, roundings(4) * (np.abs(scaled) + abs(record.offset)))
        case "convolution":
            kernel, bias = weights["kernel"].astype(np.float64), weights["bias"].astype(np.float64)
            values = correlated(windows(record, before, 0), kernel) + bias
            terms = correlated(windows(record, np.abs(before), 0), np.abs(kernel)) + np.abs(bias)
            return Recomputed(values, roundings(prod(kernel.shape[:3]) + 1) * terms)
        case "relu":
            return exact(np.maximum(before, 0))
        case "max_pooling":
            return exact(windows(record, before, -np.inf).max(axis=(4, 5)))
        case "average_pooling":
            inside = windows(record, before, np.nan)
            terms = np.nanmean(np.abs(inside), axis=(4, 5))
            return Recomputed(np.nanmean(inside, axis=(4, 5)), roundings(prod(inside.shape[4:]) + 1) * terms)
        case "global_average_pooling":
            terms = np.abs(before).mean(axis=(1, 2))
            return Recomputed(before.mean(axis=(1, 2)), roundings(prod(before.shape[1:3]) + 1) * terms)
        case "flatten":
            return exact(before.reshape(len(before), -1))
        case "dense":
            kernel, bias = weights["kernel"].astype(np.float64), weights["bias"].astype(np.float64)
            terms = np.abs(before) @ np.abs(kernel) + np.abs(bias)
            return Recomputed(before @ kernel + bias, roundings(len(kernel) + 1) * terms)
        case "softmax":
            assert record.temperature is not None
            return softmax(before / record.temperature)


def exact(values: Floats) -> Recomputed:
    """What only moves or compares numbers rounds nothing."""
    return Recomputed(values, np.zeros_like(values))


def windows(record: LayerRecord, maps: Floats, fill: float) -> Floats:
    """What each unit sees: [n, rows, columns, channels, window rows, window columns]."""
    padding, kernel, stride = record.padding, record.kernel, record.stride
    assert padding is not None
    assert kernel is not None
    assert stride is not None
    around = ((0, 0), (padding.top, padding.bottom), (padding.left, padding.right), (0, 0))
    padded = np.pad(maps, around, constant_values=fill)
    return np.lib.stride_tricks.sliding_window_view(padded, kernel, axis=(1, 2))[:, :: stride[0], :: stride[1]]


def correlated(seen: Floats, kernel: Floats) -> Floats:
    """The sum over each window of what is seen times the kernel [rows, columns, channels, filters]."""
    places = [seen[..., row, column] @ kernel[row, column] for row, column in np.ndindex(kernel.shape[:2])]
    return np.asarray(sum(places[1:], places[0]))


def softmax(scaled: Floats) -> Recomputed:
    """exp(scaled), divided by its sum.

    Of the exponent, the temperature, the quotient and the distance from the largest logit are rounded: at most six
    units of the largest logit, which the exponential makes a relative error; four more for the exponential itself, as
    much again for the sum that divides, and one for each of its terms.
    """
    powers = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    values = powers / powers.sum(axis=-1, keepdims=True)
    largest = np.abs(scaled).max(axis=-1, keepdims=True)
    return Recomputed(values, values * (12 * largest + 8 + scaled.shape[-1] + 1) * UNIT + SMALLEST_NORMAL)
