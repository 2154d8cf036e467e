"""Words as pixels, set letter by letter: each letter is drawn once, and hundreds of labels are written by joining them.

Pillow's own font has no kerning, so what is joined is what Pillow would draw.
"""

from functools import lru_cache
from itertools import repeat

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from app.pictures.colours import PAPER
from app.pictures.lettering import advance, font

OVERHANG = 1  # pixels that a letter may reach beyond its own width, on either side


@lru_cache(maxsize=1024)
def written(text: str, size: int, ink: int) -> bytes:
    """A text in palette indices from paper to ink, and a blank end that its last letter may reach into.

    It is column after column of pixels, each `column_height` bytes from top to bottom.
    """
    columns = b"".join(map(letter, " " + text, text + " ", repeat(size), repeat(ink)))
    return columns[OVERHANG * column_height(size) :]


def column_height(size: int) -> int:
    """Of a letter from its highest to its lowest pixel; the font's ascent lies above the baseline."""
    return sum(font(size).getmetrics())


@lru_cache(maxsize=2048)
def letter(before: str, character: str, size: int, ink: int) -> bytes:
    """The columns of a character, from OVERHANG before its own, with what the one before it reaches into them."""
    left, width = round(advance(before, size)), round(advance(character, size))
    image = Image.new("L", (left + width, column_height(size)), PAPER)
    baseline, _ = font(size).getmetrics()
    ImageDraw.Draw(image).text((0, baseline), before + character, ink, font(size), anchor="ls")
    part = image.crop((left - OVERHANG, 0, left + width - OVERHANG, image.height))
    return part.transpose(Image.Transpose.TRANSPOSE).tobytes()


def write(picture: NDArray[np.uint8], at: tuple[int, int], text: str, size: int, ink: int) -> None:
    """Writes a text into palette indices.

    Args:
        picture: uint8 [height, width], written to.
        at: where the text starts, and its baseline; what does not fit across is cut.
        text: on one line.
        size: of the font, in pixels.
        ink: a shade between paper and ink.
    """
    left, baseline = at
    letters = np.frombuffer(written(text, size, ink), np.uint8).reshape(-1, column_height(size)).T
    top = baseline - font(size).getmetrics()[0]
    place = picture[top : top + len(letters), left : left + letters.shape[1]]
    np.maximum(place, letters[:, : place.shape[1]], out=place)
