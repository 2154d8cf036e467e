"""Which channels of a layer: `0,5-9` in a query."""

import re

from app.errors import ParameterInvalid

PART = re.compile(r"(\d{1,6})(?:-(\d{1,6}))?", re.ASCII)


def select_channels(chosen: str | None, channels: int) -> list[int]:
    """The channel numbers that a query names, in its order and each once; all if it names none.

    Args:
        chosen: numbers and ranges with both ends in, separated by commas, such as `0,5-9`.
        channels: how many the layer has.

    Raises:
        ParameterInvalid: if it cannot be read, or names a channel that the layer does not have.
    """
    if chosen is None:
        return list(range(channels))
    numbers: dict[int, None] = {}
    for part in chosen.split(","):
        match = PART.fullmatch(part.strip())
        if match is None:
            raise invalid(f"numbers and ranges such as 0,5-9; received: {chosen!r}")
        first, last = int(match[1]), int(match[2] or match[1])
        if first > last or last >= channels:
            raise invalid(f"channels from 0 to {channels - 1}, the smaller end of a range first; received: {part!r}")
        numbers |= dict.fromkeys(range(first, last + 1))
    return list(numbers)


def invalid(expected: str) -> ParameterInvalid:
    return ParameterInvalid(f"channels: expected {expected}", parameter="channels")
