"""Layers small enough to add up by hand."""

import numpy as np
from numpy.typing import NDArray

from model.manifest import LayerKind, LayerRecord, Padding

Maps = NDArray[np.float32]

AROUND = Padding(top=1, bottom=0, left=0, right=1)  # another number of zeros on each side of a window


def maps(*rows: list[list[float]]) -> Maps:
    """Float32 [height, width, channels] from rows of places of channels."""
    return np.array(rows, np.float32)


def windowed(kind: LayerKind, shape: tuple[int, ...], padding: Padding = AROUND) -> LayerRecord:
    """A 2x2 window in steps of 2."""
    weights = {"kernel": (2, 2, 2, 2), "bias": (2,)} if kind == "convolution" else {}
    return LayerRecord(
        name="here", kind=kind, input="before", shape=shape, kernel=(2, 2), stride=(2, 2), padding=padding,
        weights=weights, signed=True,
    )  # fmt: skip


def plain(kind: LayerKind, shape: tuple[int, ...], before: str = "before", **facts: float) -> LayerRecord:
    """A layer without a window."""
    given = {"name": "here", "kind": kind, "input": before, "shape": shape, "signed": True}
    return LayerRecord.model_validate(given | facts)
