"""What lives as long as the process, and what the routes share: from a request to the network's input."""

import asyncio
import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from fastapi import Depends, Request
from numpy.typing import NDArray
from pydantic import BaseModel, TypeAdapter

from app.engine import Engine
from app.image_decoder import decode
from app.photo_store import PhotoStore, StoredPhoto
from app.settings import Settings
from app.timings import Timings
from app.uploads import read_photo
from model.preprocessing import AnyStep

STEPS = TypeAdapter(tuple[AnyStep, ...])


class ModelFacts(BaseModel):
    """Which network answered."""

    name: str
    version: int
    digest: str


@dataclass(frozen=True)
class Photo:
    """A photo as the network sees it."""

    image_id: str
    pixels: NDArray[np.uint8]  # [height, width, 3]
    steps: tuple[AnyStep, ...]


class Service:
    """Settings, engine, decoders and the store of recent photos."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.engine = Engine(settings.artifact, settings.device)
        self.store = PhotoStore(settings.store, settings.store_photos, settings.store_time)
        self._decoders = ThreadPoolExecutor(settings.decoders, "decoder")

    @property
    def model(self) -> ModelFacts:
        manifest = self.engine.manifest
        return ModelFacts(name=manifest.name, version=manifest.version, digest=manifest.digest)

    async def receive(self, request: Request, timings: Timings) -> Photo:
        """The photo of a request, decoded, and kept for later questions about it.

        Raises:
            NotReady, UploadError, PhotoError: before anything expensive was done.
        """
        manifest, limits = self.engine.manifest, self.settings
        with timings.stage("receive"):
            file = await read_photo(request, limits.max_body_bytes)
        with timings.stage("decode"):
            decoded = await asyncio.get_running_loop().run_in_executor(
                self._decoders, decode, file, limits.max_pixels, manifest.height, manifest.width
            )
        photo = Photo(image_id(file, manifest.digest), decoded.pixels, decoded.steps)
        with timings.stage("store"):
            kept = StoredPhoto(photo.pixels.tobytes(), STEPS.dump_json(photo.steps))
            await asyncio.to_thread(self.store.put, photo.image_id, kept)
        return photo

    async def recall(self, image_id: str) -> Photo:
        """A photo that was posted before.

        Raises:
            NotReady: until the network is loaded.
            ImageUnknown: if there is none with this id, or it is forgotten.
        """
        manifest = self.engine.manifest
        kept = await asyncio.to_thread(self.store.get, image_id)
        pixels = np.frombuffer(kept.pixels, np.uint8).reshape(manifest.height, manifest.width, 3)
        return Photo(image_id, pixels, STEPS.validate_json(kept.steps))

    def close(self) -> None:
        self._decoders.shutdown()
        self.engine.close()
        self.store.close()


def image_id(file: bytes, digest: str) -> str:
    """The same file and the same model always give the same id."""
    return hashlib.blake2b(file, digest_size=16, key=bytes.fromhex(digest)).hexdigest()


def running(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


Running = Annotated[Service, Depends(running)]
