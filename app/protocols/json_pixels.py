"""Pixels as nested JSON arrays, photo by photo: a list for each of millions of pixels would stop everything else."""

import re

import numpy as np
import orjson
from numpy.typing import NDArray

from app.errors import JsonInvalid
from app.photos.json_bodies import MAX_VALUES, kind_of
from app.photos.uploads import too_many

START, END = re.compile(rb"\[\s*\[\s*\[(?=\s*[-\d])"), re.compile(rb"\]\s*\]\s*\]")
DIGITS_AND_SPACE = b"0123456789 \t\r\n"


class PixelArrays:
    """The [height][width][channels] arrays of a body, which are taken out of it before the rest is parsed."""

    def __init__(self, body: bytes, most: int) -> None:
        """Looks for them.

        Args:
            body: JSON, perhaps.
            most: arrays that there may be.

        Raises:
            TooManyPhotos, JsonInvalid: if there are more, or one has no end.
        """
        self._found: dict[str, bytes] = {}
        rest: list[bytes] = []
        begun, at, others = 0, body.find(b"["), 0
        while at >= 0:
            if START.match(body, at):
                closing = END.search(body, at)
                if closing is None:
                    raise JsonInvalid("Expected JSON; received: an array of numbers without an end")
                if len(self._found) == most:
                    raise too_many(most, "more")
                mark = f"pixels {len(self._found)}"
                self._found[mark] = body[at : closing.end()]
                rest += [body[begun:at], orjson.dumps(mark)]
                begun = closing.end()
            elif (others := others + 1) > MAX_VALUES:
                raise JsonInvalid(f"Expected JSON of at most {MAX_VALUES} values; received: more")
            at = body.find(b"[", max(begun, at + 1))
        self.rest = b"".join([*rest, body[begun:]])  # with a string in the place of each

    def at(self, value: object, height: int, width: int, or_else: str = "") -> NDArray[np.uint8]:
        """The array in whose place a value stands in the rest, uint8 [height, width, 3].

        Args:
            value: of the parsed rest.
            height: in pixels.
            width: likewise.
            or_else: what else might have stood there, for an error's sentence.

        Raises:
            JsonInvalid: if it stands for none, or for one of another shape, or of other numbers.
        """
        expected = f"Expected whole numbers from 0 to 255 as [{height}][{width}][3]{or_else}"
        text = self._found.get(value) if isinstance(value, str) else None
        if text is None:
            raise JsonInvalid(f"{expected}; received: {kind_of(value)}")
        skeleton = text.translate(None, DIGITS_AND_SPACE)
        if skeleton != skeleton_of(height, width, 3):
            raise JsonInvalid(f"{expected}; received: {described(skeleton)}")
        try:
            values = bytes(orjson.loads(b"[%b]" % text.translate(None, b"[]")))
        except (ValueError, TypeError) as error:  # a number above 255, or none where one should be
            raise JsonInvalid(f"{expected}; received: others") from error
        return np.frombuffer(values, np.uint8).reshape(height, width, 3)


def skeleton_of(height: int, width: int, channels: int) -> bytes:
    """What is left of nested arrays without their numbers."""
    pixel = b"[" + b"," * (channels - 1) + b"]"
    row = b"[" + b",".join([pixel] * width) + b"]"
    return b"[" + b",".join([row] * height) + b"]"


def described(skeleton: bytes) -> str:
    """What nested arrays are, for an error's sentence."""
    if others := set(skeleton.decode("latin-1")) - set("[],"):
        return f"numbers with {', '.join(sorted(map(repr, others)))[:80]} in them"
    channels = skeleton.index(b"]") - 2
    width = skeleton[: skeleton.index(b"]]")].count(b"[") - 2
    height = skeleton.count(b"]],[[") + 1
    size = height * (width * (channels + 2) + 2) + 1  # looked at first: a small body can name sizes that fill memory
    same = len(skeleton) == size and skeleton == skeleton_of(height, width, channels)
    return f"[{height}][{width}][{channels}]" if same else "rows of different lengths"
