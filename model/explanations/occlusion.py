"""Occlusion: a window covers one part of the photo after another (Zeiler & Fergus 2013, arXiv 1311.2901)."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.explanations.baselines import Baseline, colour
from model.explanations.explanation import Explanation, Grid

BATCH = 16  # photos at a time
POSITIONS = 8  # of the window along each side, where nothing else is asked for
Pair = tuple[int, int]  # rows, columns
Predict = Callable[[NDArray[np.uint8]], NDArray[np.float32]]


def occlusion(
    predict: Predict,
    photo: NDArray[np.uint8],
    label: int,
    window: Pair | None = None,
    stride: Pair | None = None,
    baseline: Baseline = "mean",
) -> Explanation:
    """What a label's logit loses when a part of the photo is covered.

    Args:
        predict: the logits, [n, labels], of photos, [n, height, width, 3].
        photo: [height, width, 3].
        label: the index of the logit in question.
        window: rows and columns that are covered at a time; a quarter of each side without it.
        stride: how far the window moves; so that there are `POSITIONS` along each side without it.
        baseline: the colour of the window.

    Returns:
        [rows, columns], one for each place of the window: the logit less the logit with the window there. Above zero,
        what is covered spoke for the label. The last window along a side ends at the photo's edge, so it
        may be nearer to the one before; `tops` and `lefts` say where they are.

    Raises:
        ValueError: if the window is larger than the photo, or a stride would leave pixels that are never covered.
    """
    (height, width), (down, across), tops, lefts = windows((photo.shape[0], photo.shape[1]), window, stride)
    fill = colour(photo, baseline)
    places = [(top, left) for top in tops for left in lefts]
    logits = []
    for first in range(0, len(places), BATCH):
        covered = np.stack([photo] * len(places[first : first + BATCH]))
        for copy, (top, left) in zip(covered, places[first : first + BATCH], strict=True):
            copy[top : top + height, left : left + width] = fill
        logits.append(predict(covered)[:, label])
    logit = predict(photo[None])[0, label]
    facts: dict[str, object] = {
        "window": [height, width],
        "stride": [down, across],
        "tops": tops,
        "lefts": lefts,
        "baseline": baseline,
        "baseline_colour": fill.tolist(),
        "meaning": "logits: what the label's loses when this window is covered; above zero, what is there spoke for it",
    }
    losses = (logit - np.concatenate(logits)).reshape(len(tops), len(lefts))
    return Explanation(losses, float(logit), Grid(0, 0, height, width, down, across), facts)


class Windows(NamedTuple):
    """Their size, how far it is from one to the next, and where they begin along each side."""

    size: Pair
    stride: Pair
    tops: list[int]
    lefts: list[int]


def windows(photo: Pair, size: Pair | None = None, stride: Pair | None = None) -> Windows:
    """Where windows cover a photo of so many rows and columns.

    Raises:
        ValueError: if a window is larger than the photo, or the stride would leave pixels that are never covered.
    """
    height, width = size or (-(-photo[0] // 4), -(-photo[1] // 4))
    down, across = stride or (default_stride(photo[0], height), default_stride(photo[1], width))
    tops, lefts = positions(photo[0], height, down), positions(photo[1], width, across)
    return Windows((height, width), (down, across), tops, lefts)


def default_stride(side: int, window: int) -> int:
    """The smallest with no more than `POSITIONS` places; but the window's, where a longer one would leave gaps."""
    return max(1, min(window, -(-(side - window) // (POSITIONS - 1))))


def positions(side: int, window: int, stride: int) -> list[int]:
    """Where a window begins along one side: every `stride` pixels, the last one where it ends at the edge.

    Raises:
        ValueError: if a pixel is in none of them.
    """
    if not 1 <= window <= side:
        raise ValueError(f"Expected a window of 1 to {side} pixels; received: {window}")
    if not 1 <= stride <= window:
        raise ValueError(f"Expected a stride of 1 to {window} pixels, that of the window; received: {stride}")
    return [*range(0, side - window, stride), side - window]
