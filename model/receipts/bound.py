"""How far a number that was computed in float32 can be from the one that exact arithmetic gives.

Higham, Accuracy and Stability of Numerical Algorithms, 2nd edition, chapters 2 and 3: it holds for every order of
summing, and so for every processor that multiplies and adds (not for Winograd's convolution, which does more).
"""

import math

import numpy as np
from numpy.typing import NDArray

from model.manifest import LayerKind

SINGLE, DOUBLE = 2.0**-24, 2.0**-53  # the largest relative error of one operation in float32, and in float64
SMALLEST_NORMAL = 2.0**-126  # float32 loses digits below it, and may be flushed to zero
EXPONENTIAL = 4  # roundings that float32's exponential function is worth; Eigen's and Intel's are worth 1 or 2
SCALED = 8  # roundings of a softmax's exponent, in units of the largest: 3 of it, 3 of the maximum, 2 of the difference


def roundings(count: int, unit: float) -> float:
    """The relative error of `count` roundings on top of each other (Higham, lemma 3.1)."""
    return count * unit / (1 - count * unit)


def sum_bound(kind: LayerKind, count: int, size: float) -> float:
    """The largest error of a unit that sums.

    Args:
        kind: of its layer.
        count: of the terms that take part.
        size: the sum of the absolute products and of the absolute bias.
    """
    match kind:
        case "relu" | "max_pooling" | "flatten":
            return 0.0  # what only moves or compares numbers rounds nothing
        case "rescaling":
            steps = 4  # the scale and the offset themselves, the product and the sum
        case _:
            steps = count + 1  # count - 1 sums; the product, or a mean's share; and the bias, or a mean's product
    relative = roundings(steps, SINGLE) + roundings(steps + 1, DOUBLE)
    return relative * size + (count + 1) * SMALLEST_NORMAL


def softmax_bound(scaled: NDArray[np.float64], probability: float) -> float:
    """The largest error of a probability.

    Args:
        scaled: all logits / temperature, [labels].
        probability: the unit's, computed in float64.
    """
    if not np.isfinite(scaled).all():
        return math.inf
    count, largest = len(scaled), float(np.abs(scaled).max())
    # Above the line and below it: the exponent and its power; then the sum below, and the division.
    relative = math.expm1(min(2 * SCALED * largest * SINGLE + roundings(2 * EXPONENTIAL + count, SINGLE), 700.0))
    return relative * probability + (count + 1) * SMALLEST_NORMAL
