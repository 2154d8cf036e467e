"""A photo as the network sees it, from the file that was posted."""

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.preprocessing import AnyStep


@dataclass(frozen=True)
class Photo:
    """What is kept of a photo; never the file."""

    image_id: str
    pixels: NDArray[np.uint8]  # [height, width, 3]
    steps: tuple[AnyStep, ...]
    digest: str  # of the artifact that it was made for


def image_id(file: bytes, digest: str) -> str:
    """The same file and the same model always give the same id."""
    return hashlib.blake2b(file, digest_size=16, key=bytes.fromhex(digest)).hexdigest()
