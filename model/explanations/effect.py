"""The effect of each channel: how much of a logit it seems to carry, from one look back through the network."""

import numpy as np
from numpy.typing import NDArray

from model.explanations.sensitivity import gradients
from model.tail import Tail


def effect(tail: Tail, output: NDArray[np.float32], label: int) -> NDArray[np.float32]:
    """Gradient times value, summed over a channel's places: what Taylor's first term says it adds to the logit.

    Only where the rest of the network is linear is it exactly what `ablate` finds, with the other sign.

    Args:
        tail: the network from the layer on, up to the logits.
        output: the layer's, [rows, columns, channels] or [units].
        label: the index of the logit in question.

    Returns:
        [channels] or [units], signed.

    Raises:
        ValueError: if there is no such label.
    """
    _, gradient = gradients(tail, output[None], label)
    by_places: NDArray[np.float32] = (gradient[0] * output).reshape(-1, output.shape[-1]).sum(axis=0)
    return by_places
