"""One tensor in each format that it can be had in, and which of them a request wants."""

import io
from typing import Literal, get_args

import numpy as np
import orjson
from numpy.typing import NDArray

from app.errors import NotAcceptable, ParameterInvalid, TooManyNumbers

Format = Literal["png", "json", "npy", "f32"]
MEDIA_TYPES: dict[Format, str] = {
    "png": "image/png",
    "json": "application/json",
    "npy": "application/x-npy",
    "f32": "application/octet-stream",
}
MAX_JSON_NUMBERS = 65_536  # about a megabyte of text


def wanted_format(format_parameter: str | None, accept: str | None) -> Format:
    """The format that a query names, or else the first that its Accept header would take; PNG if it takes anything.

    Raises:
        ParameterInvalid: if the query names no format of ours.
        NotAcceptable: if the header takes none of ours.
    """
    formats = get_args(Format)
    if format_parameter is not None:
        for known in formats:
            if known == format_parameter:
                return known  # type: ignore[no-any-return]
        raise ParameterInvalid(
            f"format: expected one of {', '.join(formats)}; received: {format_parameter!r}", parameter="format"
        )
    for media_range in by_preference(accept or "*/*"):
        for known, media_type in MEDIA_TYPES.items():
            if media_range in (media_type, f"{media_type.partition('/')[0]}/*", "*/*"):
                return known
    raise NotAcceptable(f"Expected to be let give one of {', '.join(MEDIA_TYPES.values())}; received Accept: {accept}")


def by_preference(accept: str) -> list[str]:
    """The media ranges of an Accept header, the most wanted first; those with q=0 left out (RFC 9110, 12.5.1)."""
    ranges = []
    for part in accept.split(","):
        media_range, *parameters = (piece.strip().lower() for piece in part.split(";"))
        quality = next((piece[2:] for piece in parameters if piece.startswith("q=")), "1")
        try:
            weight = float(quality)
        except ValueError:
            weight = 0.0
        if weight > 0:
            ranges.append((weight, media_range))
    return [media_range for _, media_range in sorted(ranges, key=lambda pair: -pair[0])]


def as_npy(tensor: NDArray[np.float32]) -> bytes:
    """NumPy's own file format: `numpy.load(io.BytesIO(body))`."""
    file = io.BytesIO()
    np.save(file, tensor, allow_pickle=False)
    return file.getvalue()


def as_f32(tensor: NDArray[np.float32]) -> bytes:
    """Little-endian float32, row-major, nothing else: `new Float32Array(body)` in a browser."""
    return np.ascontiguousarray(tensor, "<f4").tobytes()


def as_json(tensor: NDArray[np.float32], facts: dict[str, object]) -> bytes:
    """The facts, shape, dtype and layout, and the numbers flat and row-major; what is not finite is null.

    Each number is the shortest text that gives the same float32 again.

    Raises:
        TooManyNumbers: with a hint to the binary formats.
    """
    if tensor.size > MAX_JSON_NUMBERS:
        raise TooManyNumbers(
            f"Expected at most {MAX_JSON_NUMBERS} numbers; received a request for {tensor.size}. "
            "Ask for format=npy or format=f32, or for fewer channels",
            max_numbers=MAX_JSON_NUMBERS,
        )
    layout = "HWC" if tensor.ndim == 3 else "C"
    content = facts | {"shape": tensor.shape, "dtype": "float32", "layout": layout}
    data = np.ascontiguousarray(tensor, np.float32).ravel()
    return orjson.dumps(content | {"data": data}, option=orjson.OPT_SERIALIZE_NUMPY)
