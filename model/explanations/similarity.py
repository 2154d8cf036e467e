"""How alike two maps are: whether they put their cells in the same order."""

import numpy as np
from numpy.typing import NDArray


def rank_correlation(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Spearman's: 1 for the same order, -1 for the opposite one; 0 if a map is the same everywhere, for that is none.

    Args:
        one: any shape.
        other: the same.
    """
    first, second = ranks(one), ranks(other)
    first -= first.mean()
    second -= second.mean()
    size = np.sqrt((first @ first) * (second @ second))
    return float(first @ second / size) if size else 0.0


def ranks(values: NDArray[np.float32]) -> NDArray[np.float64]:
    """The rank of each value from 0, flat; equal values share their mean rank."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    shared: NDArray[np.float64] = (last - (counts + 1) / 2)[places.reshape(-1)]
    return shared
