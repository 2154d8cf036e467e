"""A photo as the network sees it, from the file that was posted."""

import secrets
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.preprocessing import AnyStep

ID_BYTES = 16  # who does not know an id finds no photo by trying: there are 2**128
NOBODY = "nobody"


@dataclass(frozen=True)
class Photo:
    """What is kept of a photo; never the file."""

    image_id: str
    pixels: NDArray[np.uint8]  # [height, width, 3]
    steps: tuple[AnyStep, ...]
    digest: str  # of the artifact that it was made for
    owner: str = NOBODY  # once it is to be kept: as `app.photos.owners` names its client


def new_id() -> str:
    """An id that nobody can guess: it says nothing of the photo, and the same file twice gets two."""
    return secrets.token_hex(ID_BYTES)
