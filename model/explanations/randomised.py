"""The same network with weights by chance: what an explanation must not look alike for (arXiv 1810.03292)."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from model.manifest import LayerRecord


def randomised(
    records: Sequence[LayerRecord], weights: Mapping[str, Mapping[str, NDArray[np.float32]]], seed: int
) -> dict[str, dict[str, NDArray[np.float32]]]:
    """Every kernel and bias drawn anew from a normal distribution with its own mean and standard deviation."""
    random = np.random.default_rng(seed)
    return {
        record.name: {
            name: random.normal(weight.mean(), weight.std(), weight.shape).astype(np.float32)
            for name, weight in weights[record.name].items()
        }
        for record in records
        if record.weights
    }
