"""The colour of a number: lookup tables for maps, and the 256-colour palette that a picture is drawn with."""

from dataclasses import dataclass
from functools import cache

import cmap
import numpy as np
from numpy.typing import NDArray

# A picture is drawn in palette indices: INK + 1 shades from paper to ink, one colour for what is no number, the table.
PAPER = 0
FRAME = 3
MUTED = 10
INK = 15
NOT_FINITE = 16
TABLE = 17  # the index of the table's first entry
LEVELS = 239  # all that is left of 256; odd, so that a diverging table has one entry for exactly zero

PAPER_RGB = (255, 255, 255)
INK_RGB = (31, 35, 40)
NOT_FINITE_RGB = (255, 0, 255)  # magenta: far from every entry of every table here


@dataclass(frozen=True)
class Colormap:
    """A named table of colours, what its colours say about signs, and whether its middle is zero."""

    name: str
    source: str
    diverging: bool
    sign: str


COLORMAPS = (
    Colormap("viridis", "bids:viridis", False, "dark is low, bright is high"),
    Colormap("RdBu_r", "colorbrewer:RdBu_r", True, "blue is below zero, white is zero, red is above zero"),
    Colormap("cividis", "cividis:cividis", False, "dark is low, bright is high"),
    Colormap("gray", "matlab:gray", False, "black is low, white is high"),
)


def find_colormap(name: str) -> Colormap:
    """The colour map of that name, spelled as matplotlib spells it.

    Raises:
        ValueError: if there is none; the message lists all.
    """
    for colormap in COLORMAPS:
        if colormap.name == name:
            return colormap
    known = ", ".join(colormap.name for colormap in COLORMAPS)
    raise ValueError(f"colormap: expected one of {known}; received: {name[:40]!r}")


def default_colormap(kind: str, signed: bool) -> str:
    """RdBu_r for a layer whose values may be negative; viridis, from zero on, for others; gray for the photo itself."""
    if kind == "input":
        return "gray"
    return "RdBu_r" if signed else "viridis"


@cache
def table(colormap: Colormap) -> NDArray[np.uint8]:
    """The colours from lowest to highest, uint8 [LEVELS, 3], read-only."""
    shares = np.asarray(cmap.Colormap(colormap.source).lut(LEVELS), np.float64)[:, :3]
    colours = np.rint(shares * 255).astype(np.uint8)
    colours.setflags(write=False)
    return colours


@cache
def palette(colormap: Colormap) -> bytes:
    """Red, green and blue of all 256 palette indices, in the order that the constants above name."""
    greys = np.linspace(PAPER_RGB, INK_RGB, INK + 1)
    chrome = np.rint(np.vstack([greys, [NOT_FINITE_RGB]])).astype(np.uint8)
    return np.vstack([chrome, table(colormap)]).tobytes()
