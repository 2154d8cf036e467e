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


class Tick(NamedTuple):
    """Words at a place of the bar, 0 at its left end to 1 at its right."""

    place: float
    words: str


@dataclass(frozen=True)
class Legend:
    """What the colours of a picture mean."""

    scale: Scale
    colormap: Colormap
    shading: Shading

    @property
    def sentences(self) -> tuple[str, str, str]:
        sign = f"{self.colormap.name}: {self.colormap.sign}"
        return sign, scale_words(self.scale), clipping_words(self.shading)

    @property
    def bar_limits(self) -> Limits:
        """Of the bar: the picture's, or with a scale for each channel stand-ins without numbers."""
        if self.scale == "channel":
            return Limits(-1.0 if self.colormap.diverging else 0.0, 1.0)
        return self.shading.limits[0]

    def draw(self, picture: NDArray[np.uint8], left: int, top: int) -> None:
        """Draws into palette indices, LEGEND_WIDTH x 3 LINE pixels."""
        picture[top : top + BAR_HEIGHT, left : left + BAR_WIDTH] = bar_indices(self.bar_limits, self.colormap)
        draw_ticks(picture, ticks(self.scale, self.shading.limits, self.colormap.diverging), left, top)
        for place, sentence in enumerate(self.sentences):
            at = left + WORDS_LEFT, top + place * LINE + BAR_HEIGHT - 2
            write(picture, at, sentence, TEXT_PX, MUTED if place else INK)
        if self.shading.not_finite:
            draw_not_finite(picture, self.shading.not_finite, left, top + 2 * LINE + BAR_HEIGHT - 2)


def bar_indices(limits: Limits, colormap: Colormap) -> NDArray[np.uint8]:
    """The colours of evenly spaced values from low to high, as palette indices, uint8 [BAR_HEIGHT, BAR_WIDTH]."""
    values = np.linspace(limits.low, limits.high, BAR_WIDTH)
    row = palette_indices(values, np.array(limits.low), np.array(limits.high), colormap.diverging)
    return np.tile(row, (BAR_HEIGHT, 1))


def ticks(scale: Scale, limits: tuple[Limits, ...], diverging: bool) -> list[Tick]:
    """The words at both ends of the bar, and between them zero, if it is there."""
    if scale == "channel" and diverging:
        return [Tick(0.0, "-limit"), Tick(1.0, "+limit"), Tick(0.5, "0")]
    if scale == "channel":
        negative = any(limit.low < 0 for limit in limits)
        return [Tick(0.0, "lower limit" if negative else "0"), Tick(1.0, "upper limit")]
    low, high = limits[0]
    if low == high:
        return [Tick(0.0, number(low))]
    between = [Tick(-low / (high - low), "0")] if low < 0 < high else []
    return [Tick(0.0, number(low)), Tick(1.0, number(high)), *between]


def draw_ticks(picture: NDArray[np.uint8], marks: list[Tick], left: int, top: int) -> None:
    """Writes the ends' words below the bar, and zero too, or above it where an end leaves no room."""
    right, below, baseline = left + BAR_WIDTH, top + BAR_HEIGHT, top + BAR_HEIGHT + LABEL_PX + 5
    ends, between = marks[:2], marks[2:]
    widths = [text_width(tick.words, LABEL_PX) for tick in marks]
    for tick, width in zip(ends, widths, strict=False):
        write(picture, (right - width if tick.place else left, baseline), tick.words, LABEL_PX, INK)
    for tick, width in zip(between, widths[2:], strict=True):
        x = left + round(tick.place * BAR_WIDTH)
        crowded = min(x - left - widths[0], right - widths[1] - x) < TICK_GAP
        picture[slice(top - 3, top) if crowded else slice(below, below + 3), x] = MUTED
        write(picture, (x - width // 2, top - 5 if crowded else baseline), tick.words, LABEL_PX, INK)


def draw_not_finite(picture: NDArray[np.uint8], count: int, left: int, baseline: int) -> None:
    swatch = picture[baseline - SWATCH : baseline + 1, left : left + SWATCH + 1]
    swatch[:] = FRAME
    swatch[1:-1, 1:-1] = NOT_FINITE
    words = f"{count} value{'s are' if count > 1 else ' is'} NaN or infinite"
    write(picture, (left + 2 * SWATCH, baseline), words, TEXT_PX, MUTED)


def scale_words(scale: Scale) -> str:
    if scale == "layer":
        return "scale layer: one range for the whole layer; colours compare between channels"
    if scale == "channel":
        return "scale channel: each has its own limits, written below it; colours do not compare"
    return f"scale fixed: {exact(scale.low)} to {exact(scale.high)}"


def clipping_words(shading: Shading) -> str:
    if shading.clipped:
        return f"{share(shading.clipped_share)} of the values lie outside and have the nearer end's colour"
    return "no value is clipped"
