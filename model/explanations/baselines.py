"""What stands where a part of a photo is taken away: one colour, which a posted photo might have as well."""

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

Baseline = Literal["black", "grey", "mean"]
BASELINES: tuple[Baseline, ...] = get_args(Baseline)


def colour(photo: NDArray[np.uint8], baseline: Baseline) -> NDArray[np.uint8]:
    """Red, green and blue, uint8 [3]; `mean` is the photo's own mean colour, rounded."""
    match baseline:
        case "black":
            return np.zeros(3, np.uint8)
        case "grey":
            return np.full(3, 128, np.uint8)
        case "mean":
            mean: NDArray[np.uint8] = np.rint(photo.mean(axis=(0, 1))).astype(np.uint8)
            return mean
