"""The picture of one layer's feature maps: every map with its number, one legend, nothing normalised in silence."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.pictures.cell_labels import Label, cell_labels, draw_labels, label_widths
from app.pictures.colours import FRAME, PAPER, Colormap, find_colormap, palette
from app.pictures.encoding import encode
from app.pictures.facts import GridFacts
from app.pictures.heading import Heading
from app.pictures.layout import (
    FOOTER,
    FRAME_WIDTH,
    GAP,
    HEADER,
    LEGEND_GAP,
    MARGIN,
    Layout,
    arrange,
    most_that_fit,
)
from app.pictures.legend import LEGEND_WIDTH, Legend
from app.pictures.scaling import Limits, Maps, Scale, Shading, around_zero, channel_ranges, shade
from app.pictures.subject import Subject


@dataclass(frozen=True)
class Grid:
    """A picture, and how it was made."""

    png: bytes
    facts: GridFacts


def draw_grid(maps: Maps, subject: Subject, scale: Scale, colormap: str) -> Grid:
    """Draws maps as a labelled grid.

    Args:
        maps: float32 [height, width, channels], the chosen channels only; a vector is [1, 1, channels].
        subject: what the maps are of, with as many names as `maps` has channels.
        scale: which range of values is spread over the colours.
        colormap: its name, as `find_colormap` knows it.

    Raises:
        ValueError: if the colour map is unknown, the maps are empty or do not match the names, or the
            picture would be too large; then the message says how many channels fit.
    """
    colours = find_colormap(colormap)
    names = subject.names
    if maps.ndim != 3 or not maps.size or maps.shape[2] != len(names):
        raise ValueError(f"maps: expected some [height, width, {len(names)}]; received: {list(maps.shape)}")
    height, width, _ = maps.shape
    plan = plan_of(maps, (height, width), names, scale, subject.range, colours.diverging)
    shading = shade(maps, plan.limits, colours.diverging)
    facts = facts_of(scale, colours, shading)
    legend = Legend(scale, colours, shading)
    picture = compose(subject.heading(height, width), shading.indices, plan, legend)
    return Grid(encode(picture, subject.texts(height, width) | facts.chunks, palette(colours)), facts)


@dataclass(frozen=True)
class Plan:
    """The limits of the colours, what is written below each map, and where all of it lies."""

    limits: tuple[Limits, ...]
    labels: list[Label]
    layout: Layout


def plan_of(
    maps: Maps, size: tuple[int, int], names: tuple[str, ...], scale: Scale, layer: Limits, diverging: bool
) -> Plan:
    """Plans a picture; of far too many maps it looks at no more than could fit.

    Args:
        maps: the numbers of each, [rows, columns, channels].
        size: of each as it is drawn, in values down and across.
        names: of the channels.
        scale: which range of values is spread over the colours.
        layer: the range that a scale called `layer` is for.
        diverging: whether zero is in the middle of the colours.

    Raises:
        TooManyMaps: if the picture would be too large.
    """
    fit = max(1, most_that_fit(len(names), *size))
    ranges = channel_ranges(maps[..., :fit])
    limits = limits_of(scale, layer, ranges, diverging)
    labels = cell_labels(maps[..., :fit], names[:fit], ranges, limits if scale == "channel" else ())
    return Plan(limits, labels, arrange(len(names), *size, label_widths(labels), LEGEND_WIDTH))


def compose(heading: Heading, indices: NDArray[np.uint8], plan: Plan, legend: Legend) -> NDArray[np.uint8]:
    """The whole picture in palette indices, [height, width], of maps that are already, [height, width, channels]."""
    picture = np.full(plan.layout.size, PAPER, np.uint8)
    heading.draw(picture)
    cells = cells_of(picture, plan.layout)
    draw_maps(cells, indices, plan.layout)
    draw_labels(cells, plan.labels, plan.layout)
    legend.draw(picture, MARGIN, len(picture) - FOOTER + LEGEND_GAP)
    return picture


def limits_of(scale: Scale, layer: Limits, channels: tuple[Limits, ...], diverging: bool) -> tuple[Limits, ...]:
    """The limits of the colours: one for all channels, or one for each."""
    if scale == "layer":
        return (around_zero(layer, diverging),)
    if scale == "channel":
        return tuple(around_zero(channel, diverging) for channel in channels)
    return (scale,)


def cells_of(picture: NDArray[np.uint8], layout: Layout) -> NDArray[np.uint8]:
    """A view of a picture's cells, each with the gaps after it, uint8 [rows, pixels down, columns, pixels across]."""
    down, across = layout.pitch
    grid = picture[HEADER : GAP - FOOTER, MARGIN : MARGIN + layout.columns * across]
    return grid.reshape(layout.rows, down, layout.columns, across, copy=False)


def draw_maps(cells: NDArray[np.uint8], indices: NDArray[np.uint8], layout: Layout) -> None:
    """Draws maps of palette indices [height, width, channels], enlarged and framed."""
    (down, across), edge = layout.zoom, FRAME_WIDTH
    enlarged = np.moveaxis(indices, 2, 0).repeat(across, axis=2).repeat(down, axis=1)
    height, width = (side + 2 * edge for side in layout.map_size)
    framed = np.full((layout.rows * layout.columns, height, width), PAPER, np.uint8)
    framed[: layout.count] = FRAME
    framed[: layout.count, edge:-edge, edge:-edge] = enlarged
    cells[:, :height, :, :width] = framed.reshape(layout.rows, layout.columns, height, width).swapaxes(1, 2)


def facts_of(scale: Scale, colormap: Colormap, shading: Shading) -> GridFacts:
    return GridFacts(
        scale="fixed" if isinstance(scale, Limits) else scale,
        limits=shading.limits,
        colormap=colormap.name,
        sign=colormap.sign,
        clipped_share=shading.clipped_share,
        not_finite=shading.not_finite,
    )
