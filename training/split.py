"""Which photos train, which choose, which judge: decided by their pixels, so that no duplicate is on two sides."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.cache import Cache
from training.config import Config


@dataclass(frozen=True)
class Split:
    """Indices into a cache."""

    training: NDArray[np.int64]
    validation: NDArray[np.int64]
    test: NDArray[np.int64]
    left_out: NDArray[np.int64]  # all photos of the sources that only judge


def split(cache: Cache, config: Config) -> Split:
    """Splits a cache by its photos' digests: adding photos later moves none of the old ones to another side.

    Raises:
        ValueError: if a source that is to be left out has no photos.
    """
    if unknown := sorted(set(config.left_out) - set(cache.sources)):
        raise ValueError(f"left_out: expected sources of the photos; received: {', '.join(unknown)}")
    place = np.array([int(digest[:8], 16) / 16**8 for digest in cache.digests])  # uniform in [0, 1)
    left_out = np.isin(cache.sources, config.left_out)
    test = ~left_out & (place < config.test_share)
    validation = ~left_out & ~test & (place < config.test_share + config.validation_share)
    training = np.flatnonzero(~left_out & ~test & ~validation)
    if config.training_photos is not None:
        training = np.sort(training[np.argsort(place[training], kind="stable")[: config.training_photos]])
    return Split(training, *(np.flatnonzero(chosen) for chosen in (validation, test, left_out)))
