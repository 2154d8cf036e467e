"""Which photos train, which choose, which judge: decided by their pixels, so that no duplicate is on two sides."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.cache import Cache


@dataclass(frozen=True)
class Split:
    """Indices into a cache."""

    training: NDArray[np.int64]
    validation: NDArray[np.int64]
    test: NDArray[np.int64]


def split(cache: Cache, validation_share: float, test_share: float) -> Split:
    """Splits a cache by its photos' digests: adding photos later moves none of the old ones to another side."""
    place = np.array([int(digest[:8], 16) / 16**8 for digest in cache.digests])  # uniform in [0, 1)
    test = place < test_share
    validation = ~test & (place < test_share + validation_share)
    return Split(*(np.flatnonzero(chosen) for chosen in (~test & ~validation, validation, test)))
