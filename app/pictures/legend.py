"""The legend below the maps: the bar of colours with its numbers, and what they mean, in words."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.pictures.colours import FRAME, INK, MUTED, NOT_FINITE, Colormap
from app.pictures.lettering import LABEL_PX, TEXT_PX, exact, number, share, text_width
from app.pictures.letters import write
from app.pictures.scaling import Limits, Scale, Shading, palette_indices

BAR_WIDTH = 260
BAR_HEIGHT = 14
WORDS_LEFT = BAR_WIDTH + 32
LINE = 20
SWATCH = 9
TICK_GAP = 10  # the least between two numbers below the bar
LEGEND_WIDTH = 800  # room for the longest of the sentences below


class Ticks(NamedTuple):
    """The words at both ends of the bar, and where zero lies between them: 0 at its left end to 1 at its right."""

    low: str
    high: str = ""
    zero: float | None = None


@dataclass(frozen=True)
class Legend:
    """What the colours of a picture mean."""

    scale: Scale
    colormap: Colormap
    shading: Shading
    whole: str = "layer: one range for the whole layer; colours compare between channels"  # of a scale of that name

    @property
    def sentences(self) -> tuple[str, str, str]:
        sign = f"{self.colormap.name}: {self.colormap.sign}"
        return sign, self.scale_words, clipping_words(self.shading)

    @property
    def scale_words(self) -> str:
        match self.scale:
            case "layer":
                return f"scale {self.whole}"
            case "channel":
                return "scale channel: each has its own limits, written below it; colours do not compare"
            case fixed:
                return f"scale fixed: {exact(fixed.low)} to {exact(fixed.high)}"

    @property
    def bar_limits(self) -> Limits:
        """Of the bar: the picture's, or with a scale for each channel stand-ins without numbers."""
        if self.scale == "channel":
            return Limits(-1.0 if self.colormap.diverging else 0.0, 1.0)
        return self.shading.limits[0]

    def draw(self, picture: NDArray[np.uint8], left: int, top: int) -> None:
        """Draws into palette indices, LEGEND_WIDTH x 3 LINE pixels."""
        picture[top : top + BAR_HEIGHT, left : left + BAR_WIDTH] = bar_indices(self.bar_limits, self.colormap)
        draw_ticks(picture, ticks(self.scale, self.shading.limits, self.colormap.diverging), left, top + BAR_HEIGHT)
        baseline = top + BAR_HEIGHT - 2
        for place, sentence in enumerate(self.sentences):
            at = left + WORDS_LEFT, baseline + place * LINE
            write(picture, at, sentence, TEXT_PX, MUTED if place else INK)
        if self.shading.not_finite:
            draw_not_finite(picture, self.shading.not_finite, left, baseline + 2 * LINE)


def bar_indices(limits: Limits, colormap: Colormap) -> NDArray[np.uint8]:
    """The colours of evenly spaced values from low to high, as palette indices, uint8 [BAR_WIDTH]."""
    low, high = np.array(limits)
    return palette_indices(np.linspace(low, high, BAR_WIDTH), low, high, colormap.diverging)


def ticks(scale: Scale, limits: tuple[Limits, ...], diverging: bool) -> Ticks:
    """What stands at the bar; one word alone if all of it is one value."""
    if scale == "channel" and diverging:
        return Ticks("-limit", "+limit", 0.5)
    if scale == "channel":
        negative = any(limit.low < 0 for limit in limits)
        return Ticks("lower limit" if negative else "0", "upper limit")
    low, high = limits[0]
    if low == high:
        return Ticks(number(low))
    return Ticks(number(low), number(high), -low / (high - low) if low < 0 < high else None)


def draw_ticks(picture: NDArray[np.uint8], words: Ticks, left: int, below: int) -> None:
    """Writes the ends' words below the bar, and zero too, or above it where an end leaves no room."""
    right, baseline = left + BAR_WIDTH, below + LABEL_PX + 5
    low_end, high_start = left + text_width(words.low, LABEL_PX), right - text_width(words.high, LABEL_PX)
    write(picture, (left, baseline), words.low, LABEL_PX, INK)
    write(picture, (high_start, baseline), words.high, LABEL_PX, INK)
    if words.zero is not None:
        x = left + round(words.zero * BAR_WIDTH)
        above, crowded = below - BAR_HEIGHT, min(x - low_end, high_start - x) < TICK_GAP
        picture[slice(above - 3, above) if crowded else slice(below, below + 3), x] = MUTED
        at = x - text_width("0", LABEL_PX) // 2, above - 5 if crowded else baseline
        write(picture, at, "0", LABEL_PX, INK)


def draw_not_finite(picture: NDArray[np.uint8], count: int, left: int, baseline: int) -> None:
    swatch = picture[baseline - SWATCH : baseline + 1, left : left + SWATCH + 1]
    swatch[:] = FRAME
    swatch[1:-1, 1:-1] = NOT_FINITE
    words = f"{count} value{'s are' if count > 1 else ' is'} NaN or infinite"
    write(picture, (left + 2 * SWATCH, baseline), words, TEXT_PX, MUTED)


def clipping_words(shading: Shading) -> str:
    if shading.clipped:
        return f"{share(shading.clipped_share)} of the values lie outside and have the nearer end's colour"
    return "no value is clipped"
