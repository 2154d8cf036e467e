"""Pictures side by side in full colour, each with a caption; and a legend, if colours of theirs mean numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.pictures.colours import COLORMAPS, FRAME, INK, MUTED, PAPER, palette
from app.pictures.encoding import encode
from app.pictures.heading import Heading
from app.pictures.layout import FOOTER, FRAME_WIDTH, GAP, HEADER, LEGEND_GAP, MARGIN
from app.pictures.legend import LEGEND_WIDTH, Legend
from app.pictures.lettering import TEXT_PX, text_width
from app.pictures.letters import write

CAPTION_LINE = 19  # from one line of a caption to the next


@dataclass(frozen=True)
class Panel:
    """One of the pictures, uint8 [height, width, 3], and a line or two below it: what it is, and in numbers."""

    pixels: NDArray[np.uint8]
    caption: tuple[str, str]

    @property
    def width(self) -> int:
        """In the picture, with the frame, and as wide as the caption."""
        framed: int = self.pixels.shape[1] + 2 * FRAME_WIDTH
        return max(framed, *(text_width(line, TEXT_PX) for line in self.caption))


def draw_sheet(heading: Heading, panels: Sequence[Panel], legend: Legend | None, texts: Mapping[str, str]) -> bytes:
    """A PNG.

    Args:
        heading: what it is of.
        panels: at least one.
        legend: of the colours that mean numbers; None if none do.
        texts: the PNG's text chunks.
    """
    tallest = max(len(panel.pixels) for panel in panels) + 2 * FRAME_WIDTH
    widths = [panel.width + GAP for panel in panels]
    below = 2 * CAPTION_LINE + (FOOTER if legend else MARGIN)
    size = HEADER + tallest + below, 2 * MARGIN + max(sum(widths) - GAP, LEGEND_WIDTH, heading.width)
    lines = np.full(size, PAPER, np.uint8)
    heading.draw(lines)
    if legend:
        legend.draw(lines, MARGIN, size[0] - FOOTER + LEGEND_GAP)
    lefts = [MARGIN + sum(widths[:number]) for number in range(len(panels))]
    for panel, left in zip(panels, lefts, strict=True):
        height, width = panel.pixels.shape[:2]
        lines[HEADER : HEADER + height + 2 * FRAME_WIDTH, left : left + width + 2 * FRAME_WIDTH] = FRAME
        for number, line in enumerate(panel.caption):
            baseline = HEADER + height + 2 * FRAME_WIDTH + CAPTION_LINE * (number + 1)
            write(lines, (left, baseline - 3), line, TEXT_PX, MUTED if number else INK)
    colormap = legend.colormap if legend else COLORMAPS[0]
    picture = np.frombuffer(palette(colormap), np.uint8).reshape(-1, 3)[lines]
    for panel, left in zip(panels, lefts, strict=True):
        top, height, width = HEADER + FRAME_WIDTH, *panel.pixels.shape[:2]
        picture[top : top + height, left + FRAME_WIDTH : left + FRAME_WIDTH + width] = panel.pixels
    return encode(picture, texts)


def enlarged(pixels: NDArray[np.uint8], most: int) -> NDArray[np.uint8]:
    """Pixels [height, width, …], each drawn as a square, so that the longer side comes near `most` pixels."""
    zoom = max(1, most // max(pixels.shape[:2]))
    return pixels.repeat(zoom, axis=0).repeat(zoom, axis=1)
