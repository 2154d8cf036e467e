"""What a query names: a layer, some of its channels such as `0,5-9`, rows or columns of its maps, a class."""

import re
from dataclasses import dataclass

from app.errors import LayerUnknown, ParameterInvalid
from model.manifest import IMAGES, LayerRecord, Manifest

PART = re.compile(r"(\d{1,6})(?:-(\d{1,6}))?", re.ASCII)


@dataclass(frozen=True)
class Output:
    """What there is to see of a layer, or of the photo itself."""

    name: str
    kind: str
    shape: tuple[int, ...]  # height, width, channels; or units
    signed: bool  # whether its values can be below zero


def select_output(name: str, manifest: Manifest) -> Output:
    """The layer with this name, or `images`, the pixels that the network sees.

    Raises:
        LayerUnknown: if there is none; the message lists all.
    """
    if name == IMAGES:
        return Output(IMAGES, "input", (manifest.height, manifest.width, 3), signed=False)
    if (record := manifest.layer(name)) is None:
        raise unknown(name, [IMAGES, *(layer.name for layer in manifest.layers)])
    return Output(record.name, record.kind, record.shape, record.signed)


def select_layer(name: str, manifest: Manifest) -> LayerRecord:
    """The record of the layer with this name.

    Raises:
        LayerUnknown: if the network has none; the message lists all.
    """
    if (record := manifest.layer(name)) is None:
        raise unknown(name, [layer.name for layer in manifest.layers])
    return record


def unknown(name: str, known: list[str]) -> LayerUnknown:
    return LayerUnknown(f"Expected one of {', '.join(known)}; received: {name!r}", layers=known)


def select_label(label: str | None, manifest: Manifest) -> int | None:
    """The index of the class with this name; None if the query leaves it to the network.

    Raises:
        ParameterInvalid: if there is no such class; the message lists all.
    """
    if label is None or label in manifest.labels:
        return None if label is None else manifest.labels.index(label)
    expected = f"label: expected one of {', '.join(manifest.labels)}; received: {label!r}"
    raise ParameterInvalid(expected, parameter="label")


def select_channels(chosen: str | None, channels: int, parameter: str = "channels") -> list[int]:
    """The channel numbers that a query names, in its order and each once; all if it names none.

    Args:
        chosen: numbers and ranges with both ends in, separated by commas, such as `0,5-9`.
        channels: how many there are.
        parameter: of the query, which names them.

    Raises:
        ParameterInvalid: if it cannot be read, or names a channel that there is not.
    """
    if chosen is None:
        return list(range(channels))
    numbers: dict[int, None] = {}
    for part in chosen.split(","):
        match = PART.fullmatch(part.strip())
        if match is None:
            expected = f"{parameter}: expected numbers and ranges such as 0,5-9; received: {chosen!r}"
            raise ParameterInvalid(expected, parameter=parameter)
        first, last = int(match[1]), int(match[2] or match[1])
        if first > last or last >= channels:
            expected = f"{parameter}: expected numbers from 0 to {channels - 1}, the smaller end of a range first"
            raise ParameterInvalid(f"{expected}; received: {part!r}", parameter=parameter)
        numbers |= dict.fromkeys(range(first, last + 1))
    return list(numbers)


def select_range(chosen: str | None, size: int, parameter: str) -> range:
    """The rows or columns that a query names: `7`, or `5-9` with both ends in; all if it names none.

    Args:
        chosen: the query's text.
        size: how many there are.
        parameter: of the query, which names them.

    Raises:
        ParameterInvalid: if it cannot be read, or names what there is not.
    """
    if chosen is None:
        return range(size)
    match = PART.fullmatch(chosen.strip())
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
    if first > last or last >= size:
        expected = (
            f"{parameter}: expected one number or a range such as 5-9, from 0 to {size - 1}; received: {chosen!r}"
        )
        raise ParameterInvalid(expected, parameter=parameter)
    return range(first, last + 1)
