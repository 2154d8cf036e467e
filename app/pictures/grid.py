"""The picture of one layer's feature maps: every map with its number, one legend, nothing normalised in silence."""

from dataclasses import dataclass
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo

from app.pictures.cell_labels import cell_labels, draw_labels, label_widths
from app.pictures.colours import FRAME, INK, MUTED, PAPER, Colormap, find_colormap, palette
from app.pictures.facts import GridFacts, Subject, text_chunks
from app.pictures.layout import FRAME_WIDTH, HEADER, MARGIN, Layout, arrange
from app.pictures.legend import LEGEND_WIDTH, Legend
from app.pictures.lettering import TEXT_PX, TITLE_PX, font, number_ranges, shortened, text_width
from app.pictures.scaling import Limits, Maps, Scale, Shading, around_zero, channel_ranges, shade

COMPRESSION = 3  # 64 x 64 x 32 drawn twice as large: 108 KiB in 6.6 ms; level 1: 115 in 5.3, level 6: 100 in 18.2
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
    image = Image.fromarray(draw_cells(shading.indices, layout))
    draw_heading(image, subject, height, width)
    draw_labels(image, labels, layout)
    Legend(scale, colours, shading).draw(image, MARGIN, layout.legend_top)
    facts = facts_of(scale, colours, shading)
    return Grid(encode(image, colours, text_chunks(subject, height, width, facts)), facts)


def limits_of(scale: Scale, layer: Limits, channels: tuple[Limits, ...], diverging: bool) -> tuple[Limits, ...]:
    """The limits of the colours: one for all channels, or one for each."""
    if scale == "layer":
        return (around_zero(layer, diverging),)
    if scale == "channel":
        return tuple(around_zero(channel, diverging) for channel in channels)
    return (scale,)


def draw_cells(indices: NDArray[np.uint8], layout: Layout) -> NDArray[np.uint8]:
    """The whole picture in palette indices, with all maps enlarged and framed but without a word."""
    (down, across), (zoom_down, zoom_across), edge = layout.pitch, layout.zoom, FRAME_WIDTH
    height, width = layout.map_size[0] + 2 * edge, layout.map_size[1] + 2 * edge
    framed = np.full((layout.rows * layout.columns, height, width), PAPER, np.uint8)
    framed[: layout.count] = FRAME
    enlarged = np.moveaxis(indices, 2, 0).repeat(zoom_across, axis=2).repeat(zoom_down, axis=1)
    framed[: layout.count, edge:-edge, edge:-edge] = enlarged
    cells = np.full((layout.rows, down, layout.columns, across), PAPER, np.uint8)
    cells[:, :height, :, :width] = framed.reshape(layout.rows, layout.columns, height, width).swapaxes(1, 2)
    canvas = np.full(layout.size, PAPER, np.uint8)
    bottom, right = HEADER + layout.rows * down, MARGIN + layout.columns * across
    canvas[HEADER:bottom, MARGIN:right] = cells.reshape(layout.rows * down, layout.columns * across)
    return canvas


def draw_heading(image: Image.Image, subject: Subject, height: int, width: int) -> None:
    """Writes the layer's name, kind and shape, and which channels are drawn."""
    pen, title = ImageDraw.Draw(image), shortened(subject.layer, 32)
    pen.text((MARGIN, TITLE_BASELINE), title, INK, font(TITLE_PX), anchor="ls")
    beside = MARGIN + text_width(title, TITLE_PX) + WORD_GAP
    pen.text((beside, TITLE_BASELINE), shortened(subject.kind, 32), MUTED, font(TEXT_PX), anchor="ls")
    vector = height == width == 1
    shape = f"{subject.depth} values" if vector else f"{height} x {width} x {subject.depth}"
    words = f"{shape}  ·  {channel_words(subject)}"
    pen.text((MARGIN, SUBTITLE_BASELINE), words, MUTED, font(TEXT_PX), anchor="ls")


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


def encode(image: Image.Image, colormap: Colormap, chunks: PngInfo) -> bytes:
    """An image of palette indices as PNG."""
    image.putpalette(palette(colormap))
    file = BytesIO()
    image.save(file, "PNG", compress_level=COMPRESSION, pnginfo=chunks)
    return file.getvalue()
