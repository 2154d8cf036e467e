"""A picture of palette indices as a PNG file; each of its lines is given once, however often it is drawn."""

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

SIGNATURE = b"\x89PNG\r\n\x1a\n"
PALETTE = 3  # PNG's colour type
NONE, SUB, UP = 0, 1, 2  # PNG's filters: a line as it is, less what stands to its left, less the line above
LEAST_RUN = 4  # a byte and the shortest repetition that deflate knows


def encode(lines: NDArray[np.uint8], times: NDArray[np.intp], palette: bytes, texts: dict[str, str]) -> bytes:
    """Writes a PNG.

    Args:
        lines: palette indices, uint8 [lines, width].
        times: how often each line is drawn, at least once, intp [lines].
        palette: red, green and blue of all 256 indices.
        texts: its text chunks; their names are Latin-1.
    """
    header = struct.pack(">IIBBBBB", lines.shape[1], times.sum(), 8, PALETTE, 0, 0, 0)
    chunks = [chunk(b"IHDR", header), chunk(b"PLTE", palette)]
    chunks += [chunk(b"iTXt", name.encode("latin-1") + bytes(5) + text.encode()) for name, text in texts.items()]
    chunks += [chunk(b"IDAT", deflated(filtered(lines, times))), chunk(b"IEND", b"")]
    return SIGNATURE + b"".join(chunks)


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(content, zlib.crc32(kind)))


def filtered(lines: NDArray[np.uint8], times: NDArray[np.intp]) -> NDArray[np.uint8]:
    """All lines as PNG wants them, each after its filter, which leaves the longest runs of equal bytes.

    A line that is drawn again is nothing but zeros less the line above, and one of text has zeros wherever its strokes
    go down. What is enlarged down is enlarged across: it has runs, or where the factor is too small for them it has
    zeros less what stands to the left.
    """
    text = np.append(False, (times[1:] == 1) & (times[:-1] == 1))
    few = (times > 1) & (times < LEAST_RUN)
    starts = np.cumsum(times) - times
    scanlines = np.zeros((times.sum(), 1 + lines.shape[1]), np.uint8)
    scanlines[:, 0] = UP
    scanlines[starts, 0] = np.select([text, few], [UP, SUB], NONE)
    scanlines[starts, 1:] = lines
    scanlines[starts[text], 1:] -= lines[:-1][text[1:]]
    scanlines[starts[few], 2:] -= lines[few, :-1]
    return scanlines


def deflated(content: NDArray[np.uint8]) -> bytes:
    """Runs are all that is looked for, in half the time of a search for more; they need few of zlib's tables."""
    deflate = zlib.compressobj(level=1, memLevel=7, strategy=zlib.Z_RLE)
    return deflate.compress(content.data) + deflate.flush()
