"""Decoding in processes of their own: a codec that crashes, hangs or grows takes nothing with it but one of them."""

import logging
from collections.abc import Sequence
from typing import Literal

import numpy as np
import orjson

from app.errors import PhotoError, PhotoUndecodable
from app.photos.decoder import Decoder, Maker
from app.photos.decoder_process import BAD, STEPS, Task
from app.photos.photo import Photo, new_id
from app.settings import Settings
from model.manifest import Manifest

KINDS = {kind.code: kind for kind in PhotoError.__subclasses__()}
MODULE = "app.photos.decoder_process"
logger = logging.getLogger("catscan")


class Decoders:
    """As many processes as threads ask at the same time, made when they are needed and kept for the next photos."""

    def __init__(self, settings: Settings, module: str = MODULE) -> None:
        """Begins the process that makes the others.

        Args:
            settings: the limits of each.
            module: what runs in it.
        """
        self._settings = settings
        self._idle: list[Decoder] = []
        self._maker = Maker(module)

    @property
    def maker_pid(self) -> int:
        """Of the process that makes the others; their session has its number, too."""
        return self._maker.pid

    def photo(self, file: bytes, manifest: Manifest) -> Photo:
        """The photo in a file, as the network of this manifest sees it.

        Raises:
            PhotoError: if there is none, or none that can be decoded within the limits.
        """
        steps, pixels = self._ask("pixels", file, manifest)
        seen = np.frombuffer(pixels, np.uint8).reshape(manifest.height, manifest.width, 3)
        return Photo(new_id(), seen, STEPS.validate_json(steps), manifest.digest)

    def photos(self, files: Sequence[tuple[bytes, Manifest]]) -> list[Photo | Exception]:
        """Likewise the photo in each file, or what is wrong with it."""
        photos: list[Photo | Exception] = []
        for file, manifest in files:
            try:
                photos.append(self.photo(file, manifest))
            except PhotoError as error:
                photos.append(error)
        return photos

    def film(self, file: bytes, manifest: Manifest) -> bytes:
        """A picture of the photo after each step of the preprocessing, as a PNG.

        Raises:
            PhotoError: likewise.
        """
        return bytes(self._ask("film", file, manifest)[1])

    def _ask(self, wanted: Literal["pixels", "film"], file: bytes, manifest: Manifest) -> tuple[bytes, memoryview]:
        limits = self._settings
        task = Task(
            wanted=wanted, height=manifest.height, width=manifest.width, max_pixels=limits.max_pixels,
            seconds=limits.decode_s, memory=limits.decode_bytes,
        )  # fmt: skip
        try:
            decoder = self._idle.pop()
        except IndexError:
            decoder = self._maker.decoder(limits.decode_s)
        try:
            words, content = decoder.ask(task, file)
        except (EOFError, OSError) as error:
            decoder.close()
            logger.warning("a decoder ended at a photo of %d bytes", len(file))
            bounds = f"{limits.decode_s:g} s and {limits.decode_bytes} bytes of memory"
            raise PhotoUndecodable(
                f"Expected a photo that can be decoded within {bounds}; received: one that its decoder ended at"
            ) from error
        self._idle.append(decoder)
        if words[:1] == BAD:
            problem = orjson.loads(words[1:])
            raise KINDS[problem["code"]](problem["detail"], **problem["facts"])
        return words[1:], content

    def close(self) -> None:
        """Ends all processes; to be called when no thread asks any more."""
        self._maker.close()
        for decoder in self._idle:
            decoder.close()
