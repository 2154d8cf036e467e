"""One tensor in each format that it can be had in, and which of them a request wants."""

import io
import re
from collections.abc import Mapping
from typing import Literal, TypeVar

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
FORMATS = "png, json, npy or f32 (little-endian, row-major); without it, what the Accept header prefers"
Layout = Literal["C", "HW", "HWC", "HWIO", "IO"]  # of dimensions: height, width, channels; channels in, and out
Name = TypeVar("Name", bound=str)
NO_FILE_NAME = re.compile(r"[^\w.-]", re.ASCII)
MAX_JSON_NUMBERS = 65_536  # about a megabyte of text


def wanted_format(format_parameter: str | None, accept: str | None) -> Format:
    """The format that a query names, or else the one that its Accept header likes best; PNG if it takes anything.

    Raises:
        ParameterInvalid: if the query names no format of ours.
        NotAcceptable: if the header takes none of ours.
    """
    if format_parameter is not None:
        for known in MEDIA_TYPES:
            if known == format_parameter:
                return known
        raise ParameterInvalid(
            f"format: expected one of {', '.join(MEDIA_TYPES)}; received: {format_parameter!r}", parameter="format"
        )
    return preferred_format(accept, MEDIA_TYPES)


def preferred_format(accept: str | None, media_types: Mapping[Name, str]) -> Name:
    """Of several formats with their media types, the one that an Accept header likes best; the first of equals.

    Raises:
        NotAcceptable: if it takes none of them.
    """
    ranges = media_ranges(accept or "*/*")
    best = max(media_types, key=lambda known: preference(media_types[known], ranges))
    if preference(media_types[best], ranges)[0] > 0:
        return best
    raise NotAcceptable(f"Expected to be let give one of {', '.join(media_types.values())}; received Accept: {accept}")


def media_ranges(accept: str) -> dict[str, tuple[float, int]]:
    """The media ranges of an Accept header: for each its q-value, and minus its place, as the earlier wins a tie."""
    ranges: dict[str, tuple[float, int]] = {}
    for place, part in enumerate(accept.split(",")):
        media_range, *parameters = (piece.strip().lower() for piece in part.split(";"))
        quality = next((piece[2:] for piece in parameters if piece.startswith("q=")), "1")
        try:
            weight = float(quality)
        except ValueError:
            weight = 0.0
        ranges.setdefault(media_range, (weight if weight > 0 else 0.0, -place))
    return ranges


def preference(media_type: str, ranges: dict[str, tuple[float, int]]) -> tuple[float, int]:
    """That of the most specific range that it falls into (RFC 9110, 12.5.1); (0, 0) if there is none."""
    for media_range in (media_type, f"{media_type.partition('/')[0]}/*", "*/*"):
        if media_range in ranges:
            return ranges[media_range]
    return 0.0, 0


def tensor_headers(tensor: NDArray[np.float32], layout: Layout, name: str, wanted: Format) -> dict[str, str]:
    """What describes a tensor in any format.

    Args:
        tensor: any.
        layout: of its dimensions.
        name: of the file, without its ending; a label may hold characters that a header cannot.
        wanted: the format.
    """
    return {
        "Content-Type": MEDIA_TYPES[wanted],
        "Content-Disposition": f'inline; filename="{NO_FILE_NAME.sub("_", name)}.{wanted}"',
        "Tensor-Shape": ",".join(map(str, tensor.shape)),
        "Tensor-Dtype": "float32",
        "Tensor-Layout": layout,
    }


def as_npy(tensor: NDArray[np.float32]) -> bytes:
    """NumPy's own file format: `numpy.load(io.BytesIO(body))`."""
    file = io.BytesIO()
    np.save(file, tensor, allow_pickle=False)
    return file.getvalue()


def as_f32(tensor: NDArray[np.float32]) -> bytes:
    """Little-endian float32, row-major, nothing else: `new Float32Array(body)` in a browser."""
    return np.ascontiguousarray(tensor, "<f4").tobytes()


def as_json(tensor: NDArray[np.float32], layout: Layout, facts: dict[str, object]) -> bytes:
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
    content = facts | {"shape": tensor.shape, "dtype": "float32", "layout": layout}
    data = np.ascontiguousarray(tensor, np.float32).ravel()
    return orjson.dumps(content | {"data": data}, option=orjson.OPT_SERIALIZE_NUMPY)
