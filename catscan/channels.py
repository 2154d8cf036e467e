"""Channel numbers as the service's queries take them: `0,5-9`."""

import operator
from collections.abc import Iterable
from typing import SupportsIndex

Channels = str | SupportsIndex | Iterable[SupportsIndex]


def channels_text(channels: Channels) -> str:
    """The numbers in their order, what follows one upon the other as a range; text stays as it is.

    Raises:
        TypeError: for what is neither text nor whole numbers.
        ValueError: for none at all: the service would take that for a mistake, too, but later.
    """
    if isinstance(channels, str):
        return channels
    numbers = channels if isinstance(channels, Iterable) else [channels]
    runs: list[list[int]] = []
    for number in map(operator.index, numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1][1:] = [number]
        else:
            runs.append([number])
    if not runs:
        raise ValueError("Expected at least one channel; received: none")
    return ",".join("-".join(map(str, run)) for run in runs)
