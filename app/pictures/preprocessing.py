"""The picture of preprocessing: the photo after each step, from the file to what the network sees."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from app.pictures.colours import PAPER_RGB
from app.pictures.heading import Heading
from app.pictures.sheet import Panel, draw_sheet, enlarged
from model.preprocessing import AnyStep, Coloured, Cropped, Decoded, Resized, Turned, to_rgb

PANEL = 256  # pixels along the longer side
DARK = 0.35  # how much is left of the light of what is cropped away
OUTLINE = 2  # pixels


class Film:
    """Keeps a small picture of the photo after each step: what `preprocess` is to be watched by."""

    def __init__(self) -> None:
        self._frames: list[tuple[AnyStep, NDArray[np.uint8]]] = []

    def watch(self, step: AnyStep, image: Image.Image) -> None:
        small = image if isinstance(step, Resized) else thumbnail(image)
        self._frames.append((step, np.asarray(to_rgb(small))))

    def draw(self, crop: Cropped) -> bytes:
        """All steps side by side, as a PNG."""
        panels = []
        for step, pixels in self._frames:
            panels.append(Panel(enlarged(pixels, PANEL), caption(step)))
            if isinstance(step, Coloured):
                turned = next(step for step, _ in self._frames if isinstance(step, Turned))
                panels.append(Panel(outside_shaded(pixels, crop, turned), caption(crop)))
        words = "each step as the pixels are after it; a number counts pixels of the upright photo"
        return draw_sheet(Heading("images", "preprocessing", words), panels, None, {"Kind": "preprocessing"})


def thumbnail(image: Image.Image) -> Image.Image:
    """At most PANEL pixels on its longer side."""
    small = image.copy()
    small.thumbnail((PANEL, PANEL), Image.Resampling.BOX if image.mode in {"1", "P"} else Image.Resampling.BICUBIC)
    return small


def outside_shaded(pixels: NDArray[np.uint8], crop: Cropped, upright: Turned) -> NDArray[np.uint8]:
    """The photo, dark where it is cropped away, and the crop's outline."""
    height, width = pixels.shape[:2]
    down, across = height / upright.height, width / upright.width
    rows = slice(round(crop.top * down), round(crop.bottom * down))
    columns = slice(round(crop.left * across), round(crop.right * across))
    shaded: NDArray[np.uint8] = np.rint(pixels * DARK).astype(np.uint8)
    shaded[rows, columns] = PAPER_RGB
    inner = slice(rows.start + OUTLINE, rows.stop - OUTLINE), slice(columns.start + OUTLINE, columns.stop - OUTLINE)
    shaded[inner] = pixels[inner]
    return shaded


def caption(step: AnyStep) -> tuple[str, str]:
    """What a step does, and its numbers."""
    match step:
        case Decoded():
            size = f"{step.width} x {step.height}"
            reduced = (step.decoded_width, step.decoded_height) != (step.width, step.height)
            as_decoded = f", decoded as {step.decoded_width} x {step.decoded_height}" if reduced else ""
            return f"1 decode: {step.format}, {step.mode}", size + as_decoded
        case Turned(orientation=1):
            return "2 turn: upright already", f"{step.width} x {step.height}"
        case Turned():
            return f"2 turn: EXIF orientation {step.orientation}", f"{step.width} x {step.height}"
        case Coloured():
            return (
                f"3 colour: {step.mode} to RGB",
                f"on {step.background}" if step.background else "nothing is transparent",
            )
        case Cropped():
            across, down = f"{step.left:g} to {step.right:g}", f"{step.top:g} to {step.bottom:g}"
            return "4 crop: the largest box in the middle", f"x {across}, y {down}"
        case Resized():
            return f"5 resize: {step.filter}", f"{step.width} x {step.height}, {step.scale:.4g} of the size"
