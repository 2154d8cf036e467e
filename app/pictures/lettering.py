"""Words and numbers in pictures: short, and in characters that Pillow's own font has."""

from collections.abc import Iterable
from functools import cache, lru_cache
from itertools import repeat
from math import ceil

from PIL import ImageFont

LABEL_PX = 11
TEXT_PX = 13
TITLE_PX = 24


@cache
def font(size: int) -> ImageFont.FreeTypeFont:
    """Pillow's own font (Aileron; ASCII and a little more), `size` in pixels."""
    loaded = ImageFont.load_default(size)
    if not isinstance(loaded, ImageFont.FreeTypeFont):
        raise RuntimeError("expected a Pillow with FreeType, as its wheels have; got one without")
    return loaded


@lru_cache(maxsize=2048)
def advance(character: str, size: int) -> float:
    """How far a character moves the pen, in pixels."""
    return font(size).getlength(character)


@lru_cache(maxsize=2048)
def text_width(text: str, size: int) -> int:
    """In pixels, rounded up."""
    return ceil(sum(map(advance, text, repeat(size))))


def shortened(text: str, most: int) -> str:
    """The text on one line, or its beginning with an ellipsis, in at most `most` characters."""
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1] + "…"


def number(value: float) -> str:
    """Three significant digits, or all before the point: `0.5`, `-12.3`, `1235`, `1.2e-7`; also `nan` and `inf`."""
    if 99.95 <= abs(value) < 99_999.5:
        return f"{value:.0f}"
    mantissa, power, exponent = f"{value + 0.0:.3g}".partition("e")  # -0.0 becomes 0
    return f"{mantissa}e{int(exponent)}" if power else mantissa


def exact(value: float) -> str:
    """As many digits as it takes to tell this number from every other."""
    short = f"{value:g}"
    return short if float(short) == value else repr(value)


def share(part: float) -> str:
    """Of 0 to 1, as per cent; `0 %` and `100 %` only where that is exact."""
    if 0 < part < 0.001:
        return "less than 0.1 %"
    if 0.999 < part < 1:
        return "more than 99.9 %"
    return f"{part * 100:.3g} %"


def number_ranges(numbers: Iterable[int]) -> str:
    """Channel numbers as the query `channels=` says them: `0, 5-9`."""
    ranges: list[list[int]] = []
    for value in numbers:
        if ranges and value == ranges[-1][-1] + 1:
            ranges[-1] = [ranges[-1][0], value]
        else:
            ranges.append([value])
    return ", ".join("-".join(map(str, ends)) for ends in ranges)
