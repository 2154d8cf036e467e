"""Ablation: what the network answers with channels of a layer switched off. Not what they show, but what they do."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.explanations.sensitivity import BATCH, logits
from model.tail import Tail


@dataclass(frozen=True)
class Ablation:
    """Float32: the logits as they are, [labels], and without each set of channels, [n, labels]."""

    before: NDArray[np.float32]
    after: NDArray[np.float32]

    @property
    def differences(self) -> NDArray[np.float32]:
        return self.after - self.before


def ablate(tail: Tail, output: NDArray[np.float32], sets: Sequence[Sequence[int]]) -> Ablation:
    """Sets channels of a layer to zero, and computes the rest of the network anew.

    Args:
        tail: the network from the layer on, up to the logits.
        output: the layer's, [rows, columns, channels] or [units].
        sets: channels (or units) that are switched off together; one answer for each set.

    Raises:
        ValueError: if there is no such channel.
    """
    channels = output.shape[-1]
    if wrong := sorted({channel for off in sets for channel in off if not 0 <= channel < channels}):
        raise ValueError(f"{tail.after}: expected channels from 0 to {channels - 1}; received: {wrong}")
    (before,) = logits(tail, [output[None]])
    changed = (without(output, sets[first : first + BATCH]) for first in range(0, len(sets), BATCH))
    return Ablation(before, logits(tail, changed) if sets else np.zeros((0, len(before)), np.float32))


def without(output: NDArray[np.float32], sets: Sequence[Sequence[int]]) -> NDArray[np.float32]:
    """A copy of the output for each set of channels, in which those are zero."""
    copies = np.stack([output] * len(sets))
    for copy, off in zip(copies, sets, strict=True):
        copy[..., list(off)] = 0
    return copies
