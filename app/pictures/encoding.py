"""A picture as a PNG file, with what is to be read from it by machines in its text chunks."""

from collections.abc import Mapping
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

COMPRESSION = 2  # all layers of the shipped network: 1.6 MiB in 0.17 s; level 1: 1.7 in 0.17, level 3: 1.5 in 0.19


def encode(picture: NDArray[np.uint8], texts: Mapping[str, str], palette: bytes | None = None) -> bytes:
    """Writes a PNG.

    Args:
        picture: uint8 [height, width, 3]; or [height, width] indices of a palette.
        texts: its text chunks, in UTF-8.
        palette: red, green and blue of each index, all 256.
    """
    image, chunks, file = Image.fromarray(picture), PngInfo(), BytesIO()
    if palette is not None:
        image.putpalette(palette)
    for name, text in texts.items():
        chunks.add_itxt(name, text)
    image.save(file, "PNG", compress_level=COMPRESSION, pnginfo=chunks)
    return file.getvalue()
