"""The legend below the maps: the bar of colours with its numbers, and what they mean, in words."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from app.pictures.colours import FRAME, INK, MUTED, NOT_FINITE, Colormap
from app.pictures.lettering import LABEL_PX, TEXT_PX, exact, font, number, share, text_width
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

    def draw(self, image: Image.Image, left: int, top: int) -> None:
        """Draws into an image of palette indices, LEGEND_WIDTH x 3 LINE pixels."""
        pen = ImageDraw.Draw(image)
        image.paste(Image.fromarray(bar_indices(self.bar_limits, self.colormap)), (left, top))
        draw_ticks(pen, ticks(self.scale, self.shading.limits, self.colormap.diverging), left, top)
        for place, sentence in enumerate(self.sentences):
            at = left + WORDS_LEFT, top + place * LINE + BAR_HEIGHT - 2
            pen.text(at, sentence, MUTED if place else INK, font(TEXT_PX), anchor="ls")
        if self.shading.not_finite:
            draw_not_finite(pen, self.shading.not_finite, left, top + 2 * LINE + BAR_HEIGHT - 2)


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


def draw_ticks(pen: ImageDraw.ImageDraw, marks: list[Tick], left: int, top: int) -> None:
    """Writes the ends' words below the bar, and zero too, or above it where an end leaves no room."""
    letters, right, baseline = font(LABEL_PX), left + BAR_WIDTH, top + BAR_HEIGHT + LABEL_PX + 5
    ends, between = marks[:2], marks[2:]
    for tick in ends:
        x = right if tick.place else left
        pen.text((x, baseline), tick.words, INK, letters, anchor="rs" if tick.place else "ls")
    for tick in between:
        x = left + round(tick.place * BAR_WIDTH)
        room = min(x - left - text_width(ends[0].words, LABEL_PX), right - text_width(ends[1].words, LABEL_PX) - x)
        crowded = room < TICK_GAP
        pen.line((x, top - 3, x, top - 1) if crowded else (x, top + BAR_HEIGHT, x, top + BAR_HEIGHT + 2), MUTED)
        pen.text((x, top - 5 if crowded else baseline), tick.words, INK, letters, anchor="ms")


def draw_not_finite(pen: ImageDraw.ImageDraw, count: int, left: int, baseline: int) -> None:
    pen.rectangle((left, baseline - SWATCH, left + SWATCH, baseline), NOT_FINITE, FRAME)
    words = f"{count} value{'s are' if count > 1 else ' is'} NaN or infinite"
    pen.text((left + 2 * SWATCH, baseline), words, MUTED, font(TEXT_PX), anchor="ls")


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
