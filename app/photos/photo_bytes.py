"""A photo as the bytes that a store keeps, and back."""

import zlib

import numpy as np
from pydantic import TypeAdapter

from app.photos.photo import Photo
from model.preprocessing import AnyStep, Resized

STEPS = TypeAdapter(tuple[AnyStep, ...])


class PhotoDamaged(Exception):
    """What a store gave is not what was put into it."""


def bytes_of(photo: Photo) -> bytes:
    """A checksum of its id and all the rest, its owner, the artifact's digest, the steps as JSON, the pixels.

    A line break ends each but the last.
    """
    words = photo.owner.encode(), photo.digest.encode(), STEPS.dump_json(photo.steps)
    content = b"\n".join((*words, photo.pixels.tobytes()))
    return b"%08x\n" % checksum(photo.image_id, content) + content


def photo_of(image_id: str, kept: bytes) -> Photo:
    """The inverse.

    Raises:
        PhotoDamaged: if they are not the bytes of this photo.
    """
    known, _, content = kept.partition(b"\n")
    if known != b"%08x" % checksum(image_id, content):
        raise PhotoDamaged(f"Expected the photo {image_id} as it was put; received: {len(kept)} other bytes")
    owner, digest, words, pixels = content.split(b"\n", 3)
    steps = STEPS.validate_json(words)
    size = next((step.height, step.width) for step in steps if isinstance(step, Resized))
    return Photo(image_id, np.frombuffer(pixels, np.uint8).reshape(*size, 3), steps, digest.decode(), owner.decode())


def checksum(image_id: str, content: bytes) -> int:
    """Fast; against a disk's mistakes, not against people."""
    return zlib.crc32(content, zlib.crc32(image_id.encode("utf-8", "surrogatepass")))
