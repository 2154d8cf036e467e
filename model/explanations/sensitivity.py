"""Logits, and how one of them changes with what goes into a tail of the network: many inputs, few at a time."""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from model.tail import Tail

BATCH = 16  # inputs at a time: what they leave behind for the gradient stays within a processor's cache
Values = NDArray[np.uint8] | NDArray[np.float32]


def batches(values: Values) -> Iterator[Values]:
    """Inputs [n, …], `BATCH` at a time."""
    return (values[first : first + BATCH] for first in range(0, len(values), BATCH))


def logits(tail: Tail, inputs: Iterable[Values]) -> NDArray[np.float32]:
    """What comes out, [n, labels], of batches of what goes in, [n, …]."""
    return np.concatenate([tail(batch).numpy() for batch in inputs])


def gradients(tail: Tail, values: Values, label: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The logits of one batch, [n, labels], and the gradient of a label's logit by what goes in, [n, …].

    Raises:
        ValueError: if there is no such label.
    """
    (labels,) = tail.outputs
    if not 0 <= label < labels:
        raise ValueError(f"Expected a label from 0 to {labels - 1}; received: {label}")
    direction = np.zeros((1, labels), np.float32)
    direction[0, label] = 1
    output, gradient = tail.gradient(values, direction)
    return output.numpy(), gradient.numpy()
