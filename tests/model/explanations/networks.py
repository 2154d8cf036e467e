"""Networks small enough to compute by hand."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from model.geometry import describe
from model.layers import Convolution, Dense, Flatten, GlobalAveragePooling, ReLU, Rescaling, Softmax, Table
from model.manifest import IMAGES
from model.tail import Tail

Weights = Mapping[str, Mapping[str, NDArray[np.float32]]]
LAST: Table = (Dense("logits"), Softmax("probabilities"))

# A linear network of photos of 2x3. Its second logit weighs the numbers of the photo, in their order, by 1, 2, … 18,
# and its first by as much below zero; pixels are doubled first.
LINEAR: Table = (Rescaling("rescale", scale=2, offset=-1), Flatten("flatten"), *LAST)
LINEAR_KERNEL = np.stack([-np.arange(1, 19), np.arange(1, 19)], axis=1).astype(np.float32)
LINEAR_WEIGHTS: Weights = {"logits": {"kernel": LINEAR_KERNEL, "bias": np.array([5, 7], np.float32)}}

# Of photos of 2x2: two channels, red less 100 and green less 100; what is above zero is averaged, and the second logit
# is four times the first average less eight times the second, plus one.
AVERAGED: Table = (Convolution("conv", filters=2, size=1), ReLU("relu"), GlobalAveragePooling("average"), *LAST)
AVERAGED_WEIGHTS: Weights = {
    "conv": {
        "kernel": np.array([[[[1, 0], [0, 1], [0, 0]]]], np.float32),
        "bias": np.array([-100, -100], np.float32),
    },
    "logits": {"kernel": np.array([[0, 4], [1, -8]], np.float32), "bias": np.array([0, 1], np.float32)},
}


def linear(after: str = IMAGES) -> Tail:
    return Tail(describe(LINEAR, 2, 2, 3), LINEAR_WEIGHTS, after=after)


def averaged(after: str = IMAGES, until: str | None = None) -> Tail:
    return Tail(describe(AVERAGED, 2, 2, 2), AVERAGED_WEIGHTS, after=after, until=until)


def coloured(red: list[list[int]], green: list[list[int]]) -> NDArray[np.uint8]:
    """A photo without blue."""
    return np.stack([red, green, np.zeros_like(red)], axis=-1).astype(np.uint8)


def drawn(height: int, width: int, seed: int = 2) -> NDArray[np.uint8]:
    """A photo by chance."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
