"""Focus: in a mosaic of four photos, how much of a map lies on the one it is about (arXiv 2109.15035).

Most photos show what they show in the middle, and a map that always points there looks as if it knew. In a mosaic each
photo may be in any corner: who does not look has a quarter of the map in the right one.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

CHANCE = 0.25
Numbers = NDArray[np.float64]


class Mosaic(NamedTuple):
    """A picture [height, width, 3], and in which rows and columns of it the photo in question is."""

    picture: NDArray[np.uint8]
    rows: slice
    columns: slice


def mosaic(
    photos: NDArray[np.uint8], labels: NDArray[np.int64], subject: int, random: np.random.Generator
) -> Mosaic | None:
    """One photo among three of other labels, each at half its size.

    Args:
        photos: [n, height, width, 3].
        labels: of the photos, [n].
        subject: which photo it is about.
        random: puts it into a corner, and finds the others.

    Returns:
        None if no photo has another label. Of an odd height or width the last row or column is there twice.
    """
    others = np.flatnonzero(labels != labels[subject])
    if not len(others):
        return None
    height, width = photos.shape[1] // 2, photos.shape[2] // 2
    corner = int(random.integers(4))
    chosen = random.choice(others, 3, replace=len(others) < 3).tolist()
    chosen.insert(corner, subject)
    small = [halved(photos[number]) for number in chosen]
    joined = np.vstack([np.hstack(small[:2]), np.hstack(small[2:])])
    left_over = [(0, whole - part) for whole, part in zip(photos.shape[1:], joined.shape, strict=True)]
    top, left = corner // 2 * height, corner % 2 * width
    return Mosaic(np.pad(joined, left_over, mode="edge"), slice(top, top + height), slice(left, left + width))


def halved(photo: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Half as high and wide: the mean of each 2x2 pixels."""
    height, width = photo.shape[0] // 2, photo.shape[1] // 2
    blocks = photo[: 2 * height, : 2 * width].reshape(height, 2, width, 2, 3)
    small: NDArray[np.uint8] = np.rint(blocks.mean(axis=(1, 3))).astype(np.uint8)
    return small


def focus(relevance: Numbers, about: Mosaic) -> float:
    """The share of what speaks for the label, [height, width], that is on the photo in question; 0 if nothing does."""
    positive = relevance.clip(min=0)
    total = positive.sum()
    return float(positive[about.rows, about.columns].sum() / total) if total else 0.0
