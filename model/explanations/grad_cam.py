"""Grad-CAM: a layer's maps, weighed by how much each speaks for a label (Selvaraju et al. 2017, arXiv 1610.02391).

Unlike the paper's its values keep their sign, and are neither enlarged nor divided by the largest: where the maps speak
against the label is part of the answer, and so is how much they say.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.explanations.explanation import Explanation, Grid
from model.explanations.sensitivity import gradients
from model.manifest import IMAGES, LayerRecord
from model.tail import Tail


class Choice(NamedTuple):
    layer: str
    reason: str


def default_layer(records: Sequence[LayerRecord]) -> Choice:
    """The layer to look at if none is asked for: the last one with maps, and why."""
    maps = [record for record in records if len(record.shape) == 3]
    if not maps:
        return Choice(IMAGES, "no layer has maps: the photo's own channels are the last to have places")
    last = maps[-1]
    rows, columns, channels = last.shape
    return Choice(
        last.name,
        f"{last.name} is the last layer with maps, {channels} of {rows}×{columns}: the nearest to the "
        "answer that still knows where",
    )


def grad_cam(tail: Tail, maps: NDArray[np.float32], label: int, reason: str = "asked for") -> Explanation:
    """How much each place of a layer's maps speaks for a label.

    Args:
        tail: the network from the layer on, up to the logits.
        maps: what the layer made of the photo, [rows, columns, channels].
        label: the index of the logit in question.
        reason: why this layer.

    Returns:
        [rows, columns]: the sum over the channels of weight times map. A channel's weight is the mean over its places
        of the gradient of the logit (not of the probability, which hardly moves where the network is sure).

    Raises:
        ValueError: if the layer has no maps, or there is no such label.
    """
    if maps.ndim != 3:
        raise ValueError(f"{tail.after}: expected maps [rows, columns, channels]; received the shape {maps.shape}")
    output, gradient = gradients(tail, maps[None], label)
    weights = gradient[0].mean(axis=(0, 1))
    facts: dict[str, object] = {
        "layer": tail.after,
        "reason": reason,
        "meaning": "above zero: what the maps show here speaks for the label; below: against it",
    }
    grid = Grid.of(tail.record.receptive_field if tail.record else None)
    return Explanation(maps @ weights, float(output[0, label]), grid, facts)
