"""The picture of an explanation: the photo as the network saw it, what spoke for the label, and both in one."""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from app.pictures.colours import find_colormap, palette
from app.pictures.facts import GridFacts
from app.pictures.heading import Heading
from app.pictures.legend import Legend
from app.pictures.lettering import number
from app.pictures.scaling import Limits, around_zero, finite_range, shade
from app.pictures.sheet import Panel, draw_sheet, enlarged

AnyNumber = TypeVar("AnyNumber", bound=np.generic)
PANEL = 384  # pixels along the longer side
LUMA = np.array([0.299, 0.587, 0.114])  # of red, green and blue in grey (ITU-R BT.601)
STRONGEST = 0.85  # of a colour over the photo, where the value is at its limit
OPPOSITES = "map: from the strongest value to its opposite; compares with no other map"
ENDS = "map: from the least value, or zero, to the greatest; compares with no other map"


@dataclass(frozen=True)
class Cells:
    """Values, float32 [rows, columns], and where their cells' centres lie on the photo, in pixels: down, and across."""

    values: NDArray[np.float32]
    down: NDArray[np.float64]
    across: NDArray[np.float64]

    def spread(self, numbers: NDArray[AnyNumber], height: int, width: int) -> NDArray[AnyNumber]:
        """Gives each pixel of the photo the number of the cell whose centre is nearest: nothing is smoothed."""
        rows, columns = (
            np.abs(np.arange(side)[:, None] + 0.5 - centres).argmin(axis=1)
            for side, centres in ((height, self.down), (width, self.across))
        )
        return numbers[np.ix_(rows, columns)]


def draw_explanation(
    photo: NDArray[np.uint8], cells: Cells, heading: Heading, scale: Limits | None, colormap: str, texts: dict[str, str]
) -> tuple[bytes, GridFacts]:
    """A PNG, and how its numbers became colours.

    Args:
        photo: the network's input, uint8 [height, width, 3].
        cells: what is to be shown on it.
        heading: what is explained, by which method, and what a value says.
        scale: the limits of the colours; None for all values, with zero in its own colour.
        colormap: its name.
        texts: text chunks, beside those of the facts.

    Raises:
        ValueError: if the colour map is unknown.
    """
    colours, (height, width), (rows, columns) = find_colormap(colormap), photo.shape[:2], cells.values.shape
    least, greatest = finite_range(cells.values)
    limits = scale or around_zero(Limits(least, greatest), colours.diverging)
    shading = shade(cells.values[:, :, None], (limits,), colours.diverging)
    facts = GridFacts(
        "fixed" if scale else "map", (limits,), colours.name, colours.sign, shading.clipped_share, shading.not_finite
    )
    table = np.frombuffer(palette(colours), np.uint8).reshape(-1, 3)
    coloured = table[cells.spread(shading.indices[:, :, 0], height, width)]
    strength = np.minimum(1, np.abs(np.nan_to_num(cells.values)) / (max(map(abs, limits)) or 1))
    both = laid_over(photo, coloured, cells.spread(strength, height, width))
    panels = [
        Panel(enlarged(photo, PANEL), ("what the network saw", f"{width} x {height} pixels")),
        Panel(
            enlarged(coloured, PANEL), (f"{columns} x {rows} numbers", f"from {number(least)} to {number(greatest)}")
        ),
        Panel(enlarged(both, PANEL), ("both", "the stronger a number, the more of its colour")),
    ]
    legend = Legend(scale or "layer", colours, shading, OPPOSITES if colours.diverging else ENDS)
    return draw_sheet(heading, panels, legend, texts | facts.chunks), facts


def laid_over(photo: NDArray[np.uint8], colour: NDArray[np.uint8], strength: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Colours over a grey photo, each [height, width, 3]; strength, [height, width], 0 to 1."""
    share = (STRONGEST * strength)[:, :, None]
    grey = (photo @ LUMA)[:, :, None]
    mixed: NDArray[np.uint8] = np.rint(grey * (1 - share) + colour * share).astype(np.uint8)
    return mixed
