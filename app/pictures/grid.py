"""The picture of one layer's feature maps: every map with its number, one legend, nothing normalised in silence."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.pictures.cell_labels import cell_labels, draw_labels, label_widths
from app.pictures.colours import FRAME, INK, MUTED, PAPER, Colormap, find_colormap, palette
from app.pictures.facts import GridFacts, Subject, text_chunks
from app.pictures.layout import FOOTER, FRAME_WIDTH, GAP, HEADER, LEGEND_GAP, MARGIN, Layout, arrange
from app.pictures.legend import LEGEND_WIDTH, Legend
from app.pictures.lettering import TEXT_PX, TITLE_PX, number_ranges, shortened, text_width
from app.pictures.letters import write
from app.pictures.png import encode
from app.pictures.scaling import Limits, Maps, Scale, Shading, around_zero, channel_ranges, shade

TITLE_BASELINE = 48
SUBTITLE_BASELINE = 70
WORD_GAP = 12


@dataclass(frozen=True)
class Grid:
    """A picture, and how it was made."""

    png: bytes
    facts: GridFacts


def draw_grid(maps: Maps, subject: Subject, scale: Scale, colormap: str) -> Grid:
    """Draws maps as a labelled grid.

    Args:
        maps: float32 [height, width, channels], the chosen channels only; a vector is [1, 1, channels].
        subject: what the maps are of, with as many channel numbers as `maps` has channels.
        scale: which range of values is spread over the colours.
        colormap: its name, as `find_colormap` knows it.

    Raises:
        ValueError: if the colour map is unknown, the maps are empty or do not match the channel numbers, or the
            picture would be too large; then the message says how many channels fit.
    """
    colours = find_colormap(colormap)
    if maps.ndim != 3 or not maps.size or maps.shape[2] != len(subject.channels):
        raise ValueError(f"maps: expected some [height, width, {len(subject.channels)}]; received: {list(maps.shape)}")
    height, width, count = maps.shape
    ranges = channel_ranges(maps)
    limits = limits_of(scale, subject.range, ranges, colours.diverging)
    labels = cell_labels(maps, subject.channels, ranges, limits if scale == "channel" else ())
    layout = arrange(count, height, width, label_widths(labels), LEGEND_WIDTH)
    shading = shade(maps, limits, colours.diverging)
    facts = facts_of(scale, colours, shading)
    times = layout.line_times
    lines = np.full((len(times), layout.size[1]), PAPER, np.uint8)
    draw_heading(lines, subject, height, width)
    cells = cells_of(lines, layout)
    draw_maps(cells, shading.indices, layout)
    draw_labels(cells, labels, layout)
    Legend(scale, colours, shading).draw(lines, MARGIN, len(lines) - FOOTER + LEGEND_GAP)
    return Grid(encode(lines, times, palette(colours), text_chunks(subject, height, width, facts)), facts)


def limits_of(scale: Scale, layer: Limits, channels: tuple[Limits, ...], diverging: bool) -> tuple[Limits, ...]:
    """The limits of the colours: one for all channels, or one for each."""
    if scale == "layer":
        return (around_zero(layer, diverging),)
    if scale == "channel":
        return tuple(around_zero(channel, diverging) for channel in channels)
    return (scale,)


def cells_of(lines: NDArray[np.uint8], layout: Layout) -> NDArray[np.uint8]:
    """A view of a picture's cells, each with the gaps after it, uint8 [rows, lines, columns, pixels across]."""
    grid = lines[HEADER : GAP - FOOTER].reshape(layout.rows, -1, lines.shape[1], copy=False)
    across = layout.pitch[1]
    part = grid[..., MARGIN : MARGIN + layout.columns * across]
    return part.reshape(*grid.shape[:2], layout.columns, across, copy=False)


def draw_maps(cells: NDArray[np.uint8], indices: NDArray[np.uint8], layout: Layout) -> None:
    """Draws maps of palette indices [height, width, channels], framed and enlarged across; down, `encode` does it."""
    height, width, edge = len(indices) + 2 * FRAME_WIDTH, layout.map_size[1] + 2 * FRAME_WIDTH, FRAME_WIDTH
    framed = np.full((layout.rows * layout.columns, height, width), PAPER, np.uint8)
    framed[: layout.count] = FRAME
    framed[: layout.count, edge:-edge, edge:-edge] = np.moveaxis(indices, 2, 0).repeat(layout.zoom[1], axis=2)
    cells[:, :height, :, :width] = framed.reshape(layout.rows, layout.columns, height, width).swapaxes(1, 2)


def draw_heading(picture: NDArray[np.uint8], subject: Subject, height: int, width: int) -> None:
    """Writes the layer's name, kind and shape, and which channels are drawn."""
    title = shortened(subject.layer, 32)
    write(picture, (MARGIN, TITLE_BASELINE), title, TITLE_PX, INK)
    beside = MARGIN + text_width(title, TITLE_PX) + WORD_GAP
    write(picture, (beside, TITLE_BASELINE), shortened(subject.kind, 32), TEXT_PX, MUTED)
    vector = height == width == 1
    shape = f"{subject.depth} values" if vector else f"{height} x {width} x {subject.depth}"
    write(picture, (MARGIN, SUBTITLE_BASELINE), f"{shape}  ·  {channel_words(subject)}", TEXT_PX, MUTED)


def channel_words(subject: Subject) -> str:
    if len(subject.channels) == subject.depth and subject.channels == tuple(range(subject.depth)):
        return f"all {subject.depth} channels" if subject.depth > 1 else "its only channel"
    return f"{len(subject.channels)} of its channels: {shortened(number_ranges(subject.channels), 60)}"


def facts_of(scale: Scale, colormap: Colormap, shading: Shading) -> GridFacts:
    return GridFacts(
        scale="fixed" if isinstance(scale, Limits) else scale,
        limits=shading.limits,
        colormap=colormap.name,
        sign=colormap.sign,
        clipped_share=shading.clipped_share,
        not_finite=shading.not_finite,
    )
