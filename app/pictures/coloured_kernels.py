"""The picture of kernels that look at red, green and blue: each as the small picture that it answers to most."""

import numpy as np
from numpy.typing import NDArray

from app.pictures.colours import LEVELS, NOT_FINITE, NOT_FINITE_RGB, TABLE, Colormap, find_colormap, palette
from app.pictures.encoding import encode
from app.pictures.grid import Grid, compose, facts_of, plan_of
from app.pictures.kernels import Kernels, KernelsOf
from app.pictures.layout import FOOTER, FRAME_WIDTH, HEADER, LEGEND_GAP, MARGIN, Layout
from app.pictures.legend import BAR_HEIGHT, BAR_WIDTH, Legend
from app.pictures.scaling import Limits, Scale, shade

RGB = 3
COLOUR = Colormap("colour", "", diverging=True, sign="grey is zero, above it is more of that colour, below it less")
BASIS = find_colormap("RdBu_r")  # whose palette the words have
# Of each palette index: none of a colour at the table's beginning, all of it at its end, and half of it for zero.
LIGHT = np.zeros(256, np.uint8)
LIGHT[TABLE : TABLE + LEVELS] = np.rint(np.linspace(0, 255, LEVELS))


def draw_in_colour(kernels: Kernels, subject: KernelsOf, scale: Scale) -> Grid:
    """Draws filters as a labelled grid, where a weight is how much there is of red, green or blue.

    Args:
        kernels: [rows, columns, 3, filters].
        subject: what they are.
        scale: which weights have all of a colour, and none: for all filters alike, or for each.

    Raises:
        TooManyMaps: if the picture would be too large.
    """
    height, width, _, count = kernels.shape
    flat = kernels.reshape(height, width * RGB, count)
    names = tuple(map(str, subject.filters))
    plan = plan_of(flat, (height, width), names, scale, subject.range, diverging=True)
    shading = shade(flat, plan.limits, diverging=True)
    facts, legend = facts_of(scale, COLOUR, shading), Legend(scale, COLOUR, shading)
    coloured = colours(shading.indices.reshape(height, width, RGB, count))
    blank = np.zeros((height, width, count), np.uint8)
    lines = compose(subject.heading(height, width), blank, plan, legend)
    picture = np.frombuffer(palette(BASIS), np.uint8).reshape(-1, RGB)[lines]
    draw_squares(picture, coloured, plan.layout)
    top = len(picture) - FOOTER + LEGEND_GAP
    picture[top : top + BAR_HEIGHT, MARGIN : MARGIN + BAR_WIDTH] = stripes(legend.bar_limits)
    return Grid(encode(picture, subject.texts(height, width) | facts.chunks), facts)


def colours(indices: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Pixels [rows, columns, 3, filters] of palette indices of the same shape."""
    pixels = LIGHT[indices]
    stray = np.any(indices == NOT_FINITE, axis=2)
    np.moveaxis(pixels, 2, -1)[stray] = NOT_FINITE_RGB
    return pixels


def draw_squares(picture: NDArray[np.uint8], coloured: NDArray[np.uint8], layout: Layout) -> None:
    """Draws filters of pixels [rows, columns, 3, filters], enlarged, into their frames in a picture."""
    height, width = layout.map_size
    squares = coloured.repeat(layout.zoom[0], axis=0).repeat(layout.zoom[1], axis=1)
    for place in range(layout.count):
        row, column = divmod(place, layout.columns)
        top, left = HEADER + row * layout.pitch[0] + FRAME_WIDTH, MARGIN + column * layout.pitch[1] + FRAME_WIDTH
        picture[top : top + height, left : left + width] = squares[..., place]


def stripes(limits: Limits) -> NDArray[np.uint8]:
    """A bar of weights from low to high: on red alone, on green alone, on blue alone, uint8 [down, across, 3]."""
    weights = np.zeros((1, BAR_WIDTH, RGB, RGB), np.float32)  # the last for the three stripes
    for colour in range(RGB):
        weights[0, :, colour, colour] = np.linspace(*limits, BAR_WIDTH)
    indices = shade(weights.reshape(1, -1, 1), (limits,), diverging=True).indices
    three = np.moveaxis(colours(indices.reshape(weights.shape))[0], -1, 0)
    bar: NDArray[np.uint8] = three[np.arange(BAR_HEIGHT) * RGB // BAR_HEIGHT]
    return bar
