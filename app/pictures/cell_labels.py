"""What stands below each map: its channel number, and what its colours alone do not tell."""

from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from app.pictures.colours import INK, MUTED
from app.pictures.layout import FRAME_WIDTH, LABEL_LINE, Layout
from app.pictures.lettering import LABEL_PX, font, number, text_width
from app.pictures.scaling import Limits, Maps

BETWEEN = 8  # pixels from a number to its note on the same line


class Label(NamedTuple):
    """A channel's number, and a note that may be empty."""

    number: str
    note: str


def cell_labels(
    maps: Maps, channels: tuple[int, ...], ranges: tuple[Limits, ...], own_limits: tuple[Limits, ...]
) -> list[Label]:
    """The labels of maps [height, width, channels].

    Args:
        maps: any numbers.
        channels: their numbers.
        ranges: the finite range of each, as `channel_ranges` gives it.
        own_limits: of each, if each has its own; otherwise empty.
    """
    numbers = [str(channel) for channel in channels]
    if maps.shape[:2] == (1, 1):
        return [Label(*pair) for pair in zip(numbers, map(number, maps[0, 0].tolist()), strict=True)]
    finite = np.isfinite(maps)
    whole, some = np.all(finite, axis=(0, 1)), np.any(finite, axis=(0, 1))
    notes = [own_range(limits) for limits in own_limits] or [""] * len(numbers)
    for place, values in enumerate(ranges):
        if not some[place]:
            notes[place] = "not finite"
        elif whole[place] and values.low == values.high:
            notes[place] = f"all {number(values.low)}"
    return [Label(*pair) for pair in zip(numbers, notes, strict=True)]


def own_range(limits: Limits) -> str:
    if limits.low == limits.high:
        return number(limits.low)
    if limits.low == -limits.high:
        return f"±{number(limits.high)}"
    if limits.low == 0:
        return f"0-{number(limits.high)}"
    return f"{number(limits.low)} to {number(limits.high)}"


def label_widths(labels: list[Label]) -> tuple[int, int]:
    """Of the widest label on one line, and of the widest half of one on two lines, in pixels."""
    numbers = [text_width(label.number, LABEL_PX) for label in labels]
    notes = [text_width(label.note, LABEL_PX) for label in labels]
    one_line = max(number + bool(note) * BETWEEN + note for number, note in zip(numbers, notes, strict=True))
    return one_line, max(*numbers, *notes)


def draw_labels(image: Image.Image, labels: list[Label], layout: Layout) -> None:
    """Writes the numbers at the left, the notes at the right or on a second line, into an image of palette indices."""
    pen, letters = ImageDraw.Draw(image), font(LABEL_PX)
    for place, label in enumerate(labels):
        top, left = layout.corner(place)
        baseline = top + layout.map_size[0] + 2 * FRAME_WIDTH + LABEL_LINE - 4
        pen.text((left, baseline), label.number, INK, letters, anchor="ls")
        if label.note and layout.label_lines == 1:
            pen.text((left + layout.cell_width, baseline), label.note, MUTED, letters, anchor="rs")
        elif label.note:
            pen.text((left, baseline + LABEL_LINE - 2), label.note, MUTED, letters, anchor="ls")
