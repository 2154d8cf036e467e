"""The elements of an input tensor: photos' files or pixels, from JSON or as they are."""

from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.errors import UploadError
from app.photos.base64_text import decoded
from app.photos.json_bodies import kind_of
from app.protocols.open_inference.refusals import TensorInvalid
from app.protocols.photos_together import placed

LENGTH = 4  # bytes before each element of a BYTES tensor: its size, little-endian
PIECE = 2**16  # numbers at a time: in a thread, the event loop gets its turn between two of them
Shape = Sequence[int]
Photos = list[bytes]
Pixels = NDArray[np.uint8]  # [photos, height, width, 3]


def photos_from_binary(data: memoryview, count: int) -> Photos:
    """The elements of a BYTES tensor, each with its length before it.

    Raises:
        TensorInvalid: if there are not as many, or bytes are left.
    """
    photos: Photos = []
    at = 0
    while len(photos) < count:
        start = at + LENGTH
        at = start + int.from_bytes(data[at:start], "little")
        if start > len(data) or at > len(data):
            received = f"{len(data)} bytes, in which number {len(photos)} would end at {max(start, at)}"
            raise TensorInvalid(
                f"Expected {count} elements, each after its length of {LENGTH} bytes; received: {received}"
            )
        photos.append(bytes(data[start:at]))
    if at < len(data):
        raise TensorInvalid(f"Expected {count} elements of {at} bytes in all; received: {len(data)} bytes")
    return photos


def pixels_from_binary(data: memoryview, shape: Shape) -> Pixels:
    """A UINT8 tensor, row-major.

    Raises:
        TensorInvalid: if there are more or fewer bytes.
    """
    pixels = np.frombuffer(data, np.uint8)
    if pixels.size != np.prod(shape):
        raise TensorInvalid(f"Expected {np.prod(shape)} bytes for the shape {list(shape)}; received: {pixels.size}")
    return pixels.reshape(shape)


def photos_from_json(data: object, shape: Shape) -> Photos:
    """Photos' files in base64, for JSON cannot carry bytes.

    Raises:
        TensorInvalid: if the data has not this shape, or holds anything but text.
        UploadError: naming the photo whose text is no base64.
    """
    photos: Photos = []
    for number, text in enumerate(flat(data, shape)):
        if not isinstance(text, str):
            raise TensorInvalid(f"Expected photos in base64 as strings; received: {kind_of(text)} as number {number}")
        try:
            photos.append(decoded(text))
        except UploadError as error:
            raise placed(error, f"photo {number}") from error
    return photos


def pixels_from_json(data: object, shape: Shape) -> Pixels:
    """Pixels as numbers.

    Raises:
        TensorInvalid: if the data has not this shape, or holds anything but whole numbers from 0 to 255.
    """
    numbers = flat(data, shape)
    pieces = [numbers[at : at + PIECE] for at in range(0, len(numbers), PIECE)]
    for piece in pieces:
        if other := set(map(type, piece)) - {int}:
            wrong = next(value for value in piece if type(value) in other)
            received = repr(wrong) if isinstance(wrong, float) else kind_of(wrong)
            raise TensorInvalid(f"Expected whole numbers from 0 to 255; received: {received}")
        if min(piece) < 0 or max(piece) > 255:
            wrong = min(piece) if min(piece) < 0 else max(piece)
            raise TensorInvalid(f"Expected whole numbers from 0 to 255; received: {wrong}")
    return np.frombuffer(b"".join(map(bytes, pieces)), np.uint8).reshape(shape)


def flat(data: object, shape: Shape) -> list[Any]:
    """The elements of a tensor in JSON, row-major, from nested arrays or from a flat one.

    Raises:
        TensorInvalid: if it has not this shape.
    """
    if not isinstance(data, list):
        received = "nothing" if data is None else kind_of(data)
        raise TensorInvalid(f"Expected the tensor's elements as an array `data`; received: {received}")
    if data and not isinstance(data[0], list):
        return checked_rows([data], int(np.prod(shape)), shape)
    rows = checked_rows([data], shape[0], shape)
    for size in shape[1:]:
        rows = checked_rows(rows, size, shape)
    return rows


def checked_rows(rows: list[Any], size: int, shape: Shape) -> list[Any]:
    """What is in rows that all have the same size, in their order; raises TensorInvalid if one has not."""
    for row in rows:
        if not isinstance(row, list) or len(row) != size:
            received = f"{len(row)} in one of them" if isinstance(row, list) else kind_of(row)
            expected = f"Expected data of the shape {list(shape)}, nested or flat: {size} values in each array"
            raise TensorInvalid(f"{expected}; received: {received}")
    return list(chain.from_iterable(rows))
