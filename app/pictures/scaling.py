"""From numbers to places in a colour table: which range is spread over the table, and what falls outside of it."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.pictures.colours import LEVELS, NOT_FINITE, TABLE

Maps = NDArray[np.float32]
BLOCK = 1 << 14  # values shaded at a time, so that the float64 in between stays in the processor's cache
GREATEST = float(np.finfo(np.float32).max)


class Limits(NamedTuple):
    """Two finite numbers, low <= high; zero is 0.0, never -0.0, so that equal limits are also written equally."""

    low: float
    high: float


Scale = Literal["layer", "channel"] | Limits  # of the whole layer, of each channel, or fixed


@dataclass(frozen=True)
class Shading:
    """Maps as palette indices, uint8 [height, width, channels], and what there is to say about it."""

    indices: NDArray[np.uint8]
    limits: tuple[Limits, ...]  # one for all channels, or one for each
    clipped: int  # finite values outside the limits; they have the colour of the nearer limit
    not_finite: int

    @property
    def clipped_share(self) -> float:
        """Of the finite values, 0 to 1."""
        return self.clipped / max(1, self.indices.size - self.not_finite)


def parse_scale(text: str) -> Scale:
    """Reads `layer`, `channel`, or `lo,hi`.

    Raises:
        ValueError: if it is none of these, or not lo < hi, or a number is beyond float32.
    """
    if text == "layer":
        return "layer"
    if text == "channel":
        return "channel"
    try:
        low, high = (float(part) for part in text.split(","))
    except ValueError:
        low = high = 0.0
    if not -GREATEST <= low < high <= GREATEST:
        raise ValueError(f"scale: expected layer, channel, or two numbers lo,hi with lo < hi; received: {text[:40]!r}")
    return Limits(low + 0.0, high + 0.0)


def finite_range(values: Maps) -> Limits:
    """The least and the greatest finite value; (0, 0) if there is none."""
    return channel_ranges(values.reshape(-1, 1, 1))[0]


def channel_ranges(maps: Maps) -> tuple[Limits, ...]:
    """The least and the greatest finite value of each channel of maps [height, width, channels]; (0, 0) without any."""
    least, greatest = np.min(maps, axis=(0, 1)), np.max(maps, axis=(0, 1))
    if not np.all(np.isfinite([least, greatest])):
        finite = np.isfinite(maps)
        least = np.min(maps, axis=(0, 1), where=finite, initial=np.inf)
        greatest = np.max(maps, axis=(0, 1), where=finite, initial=-np.inf)
        some = least <= greatest
        least, greatest = np.where(some, least, 0), np.where(some, greatest, 0)
    return tuple(map(Limits, (least + 0.0).tolist(), (greatest + 0.0).tolist()))


def around_zero(values: Limits, diverging: bool) -> Limits:
    """The limits that show a range of values with zero in its own colour: the middle, or else the end nearest to it."""
    if diverging:
        reach = max(abs(values.low), abs(values.high))
        return Limits(0.0 - reach, reach)
    return Limits(min(values.low, 0.0) + 0.0, max(values.high, 0.0) + 0.0)


def shade(maps: Maps, limits: tuple[Limits, ...], diverging: bool) -> Shading:
    """Gives every value of maps [height, width, channels] its palette index.

    Args:
        maps: any numbers, also NaN and infinite ones.
        limits: one for all channels, or one for each.
        diverging: zero takes the middle of the table, and both signs are spread equally fast.
    """
    lows, highs = np.array(limits).T
    indices = np.empty_like(maps, np.uint8)  # in the order that the maps have in memory
    clipped = not_finite = 0
    rows = max(1, BLOCK // (maps.shape[1] * maps.shape[2]))
    for top in range(0, len(maps), rows):
        values = maps[top : top + rows].astype(np.float64)
        stray = ~np.isfinite(values)
        np.copyto(values, lows, where=stray)
        inside = np.clip(values, lows, highs)
        places = palette_indices(inside, lows, highs, diverging)
        places[stray] = NOT_FINITE
        indices[top : top + rows] = places
        clipped += int(np.count_nonzero(inside != values))
        not_finite += int(np.count_nonzero(stray))
    return Shading(indices, limits, clipped, not_finite)


def palette_indices(
    values: NDArray[np.float64], lows: NDArray[np.float64], highs: NDArray[np.float64], diverging: bool
) -> NDArray[np.uint8]:
    """Spreads values within their limits over the table."""
    if diverging:
        highs = np.maximum(np.abs(lows), np.abs(highs))
        highs = np.where(highs > 0, highs, 1.0)
        lows = -highs
    span = np.where(highs > lows, highs - lows, 1.0)
    return (np.rint((values - lows) / span * (LEVELS - 1)) + TABLE).astype(np.uint8)
