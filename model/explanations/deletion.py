"""Deletion and insertion: whether taking parts away in some order ends the answer soon (arXiv 1806.07421)."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.explanations.orders import parts

STEPS = 16  # from the whole photo to nothing
Probability = Callable[[NDArray[np.float32]], NDArray[np.float64]]


class Areas(NamedTuple):
    """Areas under the curves of a label's probability, from 0 to 1.

    Attributes:
        deletion: while parts are taken away, the first in order first: the smaller, the better the order.
        insertion: while they come back to an empty photo in the same order: the larger, the better.
    """

    deletion: float
    insertion: float


def areas(probability: Probability, photo: NDArray[np.uint8], ranks: NDArray[np.int64]) -> Areas:
    """Both areas of one order.

    What is taken away becomes the photo's mean colour. Petsiuk et al. begin to insert with a blurred photo; here both
    curves begin and end with the same two pictures.

    Args:
        probability: of the label, [n], for photos [n, height, width, 3].
        photo: [height, width, 3].
        ranks: of the photo's parts, [rows, columns], 0 for the first.
    """
    height, width = photo.shape[:2]
    when = ranks[np.ix_(parts(height), parts(width))]
    taken = np.rint(np.linspace(0, ranks.size, STEPS + 1))
    first = (when < taken[:, None, None])[..., None]
    empty = photo.mean(axis=(0, 1), dtype=np.float32)
    curves = probability(np.concatenate([np.where(first, empty, photo), np.where(first, photo, empty)]))
    return Areas(area(curves[: STEPS + 1]), area(curves[STEPS + 1 :]))


def area(curve: NDArray[np.float64]) -> float:
    """Under a line through equally spaced points from 0 to 1 (the trapezoidal rule)."""
    return float((curve[1:] + curve[:-1]).mean() / 2)
