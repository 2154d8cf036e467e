"""The picture of what a unit can see: the network's input, dark where the unit is blind, with the unit's box."""

from math import floor

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from app.pictures.colours import INK_RGB, PAPER_RGB
from app.pictures.encoding import encode
from app.pictures.heading import TITLE_BASELINE, WORDS_BASELINE
from app.pictures.layout import HEADER, MARGIN
from app.pictures.lettering import TEXT_PX, TITLE_PX, font, shortened, text_width
from model.receptive_field import Box, Seen

Pixels = NDArray[np.uint8]  # [height, width, 3]
Colour = tuple[int, int, int]

LONGEST_SIDE = 640  # of the picture's middle, in pixels, unless the network's input alone is longer
DARK = 0.35  # how much is left of a pixel's light where the unit sees nothing
PADDING_RGB = (205, 208, 212)
MUTED_RGB = (106, 109, 112)
LINE = 2  # pixels of an outline, which lies around what it outlines
LEGEND_GAP, LEGEND_LINE = 24, 44  # from the middle to the legend's baseline, and to the lower edge


def draw_receptive_field(
    pixels: Pixels, seen: Seen, title: str, sentence: str, light: NDArray[np.float32] | None = None
) -> bytes:
    """Draws what a unit can see, as a PNG.

    Args:
        pixels: the network's input, uint8 [height, width, 3].
        seen: the unit's box on it, which may reach over its edges.
        title: which layer it is of.
        sentence: what it can see, in words; both stand in the PNG's text chunks, too.
        light: how bright each pixel is, 0 to 1, float32 [height, width]; without it, all in the box are bright.
    """
    height, width = pixels.shape[:2]
    box = seen.box
    # The middle shows the input and all of the box; `left` and `top` are its corner, in the input's pixels.
    left, top = min(0, floor(box.left)), min(0, floor(box.top))
    across, down = max(width, round(box.right)) - left, max(height, round(box.bottom)) - top
    zoom = max(1, LONGEST_SIDE // max(across, down))
    written = sentence.replace("×", " x ")  # the font has no such character
    least = max(text_width(shortened(title, 60), TITLE_PX), text_width(written, TEXT_PX))
    size = max(across * zoom + 2 * LINE, least) + 2 * MARGIN, HEADER + down * zoom + 2 * LINE + LEGEND_LINE
    picture = Image.new("RGB", size, PAPER_RGB)
    draw, corner = ImageDraw.Draw(picture), (MARGIN + LINE - left * zoom, HEADER + LINE - top * zoom)
    if seen.padding:
        draw.rectangle(edges(box, corner, zoom, 0), fill=PADDING_RGB)
    lit = lit_in(seen.clipped, height, width) if light is None else light
    shaded = np.rint(pixels * (DARK + (1 - DARK) * lit)[..., None]).astype(np.uint8)
    picture.paste(Image.fromarray(shaded.repeat(zoom, axis=0).repeat(zoom, axis=1)), corner)
    draw.rectangle(edges(box, corner, zoom, 1), outline=PAPER_RGB)  # two lines: one shows on every photo
    draw.rectangle(edges(box, corner, zoom, 2), outline=INK_RGB)
    draw.text((MARGIN, TITLE_BASELINE), shortened(title, 60), INK_RGB, font(TITLE_PX), anchor="ls")
    draw.text((MARGIN, WORDS_BASELINE), written, MUTED_RGB, font(TEXT_PX), anchor="ls")
    legend = "bright: what it can see; dark: what it cannot" if light is None else "the brighter, the more it matters"
    legend += "; grey: padding" if seen.padding else ""
    at = MARGIN, HEADER + down * zoom + 2 * LINE + LEGEND_GAP
    draw.text(at, legend, MUTED_RGB, font(TEXT_PX), anchor="ls")
    texts = {"Layer": title, "Description": sentence, "Box": numbers(seen.box), "Zoom": str(zoom)}
    return encode(np.asarray(picture), texts)


def lit_in(box: Box, height: int, width: int) -> NDArray[np.float32]:
    """1 within a box and 0 outside, float32 [height, width]."""
    light = np.zeros((height, width), np.float32)
    light[round(box.top) : round(box.bottom), round(box.left) : round(box.right)] = 1
    return light


def edges(box: Box, corner: tuple[int, int], zoom: int, around: int) -> tuple[int, int, int, int]:
    """A rectangle so many pixels around a box, as Pillow draws it: with its last row and column.

    Args:
        box: in pixels of the network's input.
        corner: of the input in the picture: x, y.
        zoom: the picture's pixels for one of the input.
        around: 0 for the box itself.
    """
    left, top, right, bottom = (round(edge * zoom) for edge in (box.left, box.top, box.right, box.bottom))
    x, y = corner
    return x + left - around, y + top - around, x + right - 1 + around, y + bottom - 1 + around


def numbers(box: Box) -> str:
    return ",".join(f"{edge:g}" for edge in (box.left, box.top, box.right, box.bottom))
