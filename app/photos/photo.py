"""A photo as the network sees it, from the file that was posted."""

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.errors import PhotoError
from app.photos.image_decoder import decode
from model.manifest import Manifest
from model.preprocessing import AnyStep


@dataclass(frozen=True)
class Photo:
    """What is kept of a photo; never the file."""

    image_id: str
    pixels: NDArray[np.uint8]  # [height, width, 3]
    steps: tuple[AnyStep, ...]
    digest: str  # of the artifact that it was made for


def read(file: bytes, manifest: Manifest, max_pixels: int) -> Photo | PhotoError:
    """The photo in a file, or why there is none."""
    try:
        decoded = decode(file, max_pixels, manifest.height, manifest.width)
    except PhotoError as error:
        return error
    return Photo(image_id(file, manifest.digest), decoded.pixels, decoded.steps, manifest.digest)


def image_id(file: bytes, digest: str) -> str:
    """The same file and the same model always give the same id."""
    return hashlib.blake2b(file, digest_size=16, key=bytes.fromhex(digest)).hexdigest()
