"""What lives as long as the process, and what the routes share: from a request to the network's input."""

import asyncio
import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from fastapi import Depends, Request
from numpy.typing import NDArray
from pydantic import BaseModel, TypeAdapter

from app.batching import Batched, Batcher
from app.engine import Engine
from app.image_decoder import decode
from app.metrics import Metrics
from app.photo_store import PhotoStore, StoredPhoto
from app.settings import Settings
from app.timings import Timings
from app.uploads import read_photo
from model.preprocessing import AnyStep

STEPS = TypeAdapter(tuple[AnyStep, ...])
MOST_KEPT = 64  # photos in one transaction


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

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self.settings, self.metrics = settings, metrics
        self.engine = Engine(settings, self._batch_began)
        self._store = PhotoStore(settings.store, settings.store_photos, settings.store_time)
        self._decoders = ThreadPoolExecutor(settings.decoders, "decoder")
        self._keeper = ThreadPoolExecutor(1, "keeper")
        self._kept = Batcher(self._keep, [self._keeper], range(1, MOST_KEPT + 1))

    def _batch_began(self, size: int) -> None:
        self.metrics.batch(size)
        self.metrics.queue_length(self.engine.waiting)

    @property
    def model(self) -> ModelFacts:
        manifest = self.engine.manifest
        return ModelFacts(name=manifest.name, version=manifest.version, digest=manifest.digest)

    async def receive(self, request: Request, timings: Timings) -> Photo:
        """The photo of a request, decoded.

        Raises:
            NotReady, UploadError, PhotoError: before anything expensive was done.
        """
        self.engine.loaded  # noqa: B018  # raises
        with timings.stage("receive"):
            file = await read_photo(request, self.settings.max_body_bytes)
        with timings.stage("decode"):
            return await asyncio.get_running_loop().run_in_executor(self._decoders, self._decode, file)

    def _decode(self, file: bytes) -> Photo:
        manifest = self.engine.manifest
        decoded = decode(file, self.settings.max_pixels, manifest.height, manifest.width)
        return Photo(image_id(file, manifest.digest), decoded.pixels, decoded.steps)

    def keep(self, photo: Photo) -> "asyncio.Future[Batched[None]]":
        """Keeps a photo for later questions about it; await it before telling its id."""
        return self._kept.submit(photo)

    def _keep(self, photos: Sequence[Photo]) -> list[None]:
        self._store.put(
            [(photo.image_id, StoredPhoto(photo.pixels.tobytes(), STEPS.dump_json(photo.steps))) for photo in photos]
        )
        return [None] * len(photos)

    async def recall(self, image_id: str) -> Photo:
        """A photo that was posted before.

        Raises:
            NotReady: until the network is loaded.
            ImageUnknown: if there is none with this id, or it is forgotten.
        """
        manifest = self.engine.manifest
        kept = await asyncio.get_running_loop().run_in_executor(self._keeper, self._store.get, image_id)
        pixels = np.frombuffer(kept.pixels, np.uint8).reshape(manifest.height, manifest.width, 3)
        return Photo(image_id, pixels, STEPS.validate_json(kept.steps))

    def close(self) -> None:
        self._decoders.shutdown()
        self.engine.close()
        self._keeper.shutdown()
        self._store.close()


def image_id(file: bytes, digest: str) -> str:
    """The same file and the same model always give the same id."""
    return hashlib.blake2b(file, digest_size=16, key=bytes.fromhex(digest)).hexdigest()


async def running(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


Running = Annotated[Service, Depends(running)]
