"""What stands below each map: its channel number, and what its colours alone do not tell."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.pictures.colours import INK, MUTED, PAPER
from app.pictures.layout import GAP, LABEL_LINE, Layout
from app.pictures.lettering import LABEL_PX, number, text_width
from app.pictures.letters import column_height, written
from app.pictures.scaling import Limits, Maps

BETWEEN = 8  # pixels from a number to its note on the same line
BELOW_FRAME = 1  # pixels from a map's frame to its label


class Label(NamedTuple):
    """A channel's number, and a note that may be empty."""

    number: str
    note: str


def cell_labels(
    maps: Maps, names: tuple[str, ...], ranges: tuple[Limits, ...], own_limits: tuple[Limits, ...]
) -> list[Label]:
    """The labels of maps [height, width, channels].

    Args:
        maps: any numbers.
        names: of the channels.
        ranges: the finite range of each, as `channel_ranges` gives it.
        own_limits: of each, if each has its own; otherwise empty.
    """
    if maps.shape[:2] == (1, 1):
        return [Label(*pair) for pair in zip(names, map(number, maps[0, 0].tolist()), strict=True)]
    finite = np.isfinite(maps)
    whole, some = np.all(finite, axis=(0, 1)), np.any(finite, axis=(0, 1))
    notes = [own_range(limits) for limits in own_limits] or [""] * len(names)
    for place, values in enumerate(ranges):
        if not some[place]:
            notes[place] = "not finite"
        elif whole[place] and values.low == values.high:
            notes[place] = f"all {number(values.low)}"
    return [Label(*pair) for pair in zip(names, notes, strict=True)]


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


def draw_labels(cells: NDArray[np.uint8], labels: list[Label], layout: Layout) -> None:
    """Writes the numbers at the left, the notes at the right or on a second line.

    Args:
        cells: palette indices, uint8 [rows, lines, columns, pixels across], written to.
        labels: one for each map.
        layout: of the cells.
    """
    numbers = [written(label.number, LABEL_PX, INK) for label in labels]
    notes = [written(label.note, LABEL_PX, MUTED) for label in labels]
    height, blank, across = column_height(LABEL_PX), bytes([PAPER]), layout.pitch[1]
    texts = [numbers, notes]
    if layout.label_lines == 1:
        right = layout.cell_width * height + len(written("", LABEL_PX, MUTED))
        texts = [[one + two.rjust(right - len(one), blank) for one, two in zip(numbers, notes, strict=True)]]
    top = cells.shape[1] - GAP - layout.label_lines * LABEL_LINE + BELOW_FRAME
    for line in texts:
        columns = b"".join(text.ljust(across * height, blank) for text in line)
        columns = columns.ljust(layout.rows * layout.columns * across * height, blank)
        pixels = np.frombuffer(columns, np.uint8).reshape(layout.rows, layout.columns, across, height)
        cells[:, top : top + height] = pixels.transpose(0, 3, 1, 2)
        top += height
