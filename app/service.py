"""What lives as long as the process, and what the routes share: from a request to the network's input."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Query, Request

from app.engine import Engine
from app.errors import ImageUnknown, ModelUnknown, ParameterInvalid, VersionUnknown
from app.loading import Loader
from app.observing.metrics import Metrics
from app.photos.photo import Photo, read
from app.photos.photo_memory import PhotoMemory
from app.photos.photo_store import PhotoStore
from app.photos.shared_photos import SharedPhotos
from app.photos.uploads import read_photo
from app.registry.asked import asked_version, caller_of
from app.registry.registry import Registry
from app.scheduling.batching import Batcher
from app.scheduling.lanes import Lanes
from app.settings import Settings
from app.timings import Timings
from model.manifest import Manifest

MODEL_PROBLEMS = ModelUnknown, VersionUnknown, ParameterInvalid  # of `Answering`
MOST_DECODED = 4  # photos in one go: each go costs the event loop a tenth of a millisecond


class Service:
    """Settings, metrics, the models and the recent photos."""

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self.settings, self.metrics = settings, metrics
        self._cores = Lanes(settings.lanes, "core")
        self._loader = Loader(settings, self._cores, self._is_decoding, self._batch_began)
        self.registry = Registry(settings, self._load)
        self._decoding = Batcher(self._read, self._cores, range(1, MOST_DECODED + 1))
        kept = settings.store_photos, settings.store_time
        self._recent = PhotoMemory(*kept) if settings.workers == 1 else SharedPhotos(PhotoStore(settings.store, *kept))

    async def _load(self, folder: Path) -> Engine:
        engine = await self._loader.load(folder)
        model = engine.model
        self.metrics.model(model.name, model.version, model.digest, engine.device, engine.precision)
        return engine

    async def receive(self, request: Request, engine: Engine, timings: Timings) -> Photo:
        """The photo of a request, decoded for an engine, and kept for later questions unless the request forbids that.

        Raises:
            UploadError, PhotoError: before anything expensive was done.
        """
        with timings.stage("receive"):
            file = await read_photo(request, self.settings.max_body_bytes)
        photo = await self.decode(file, engine, timings)
        if may_keep(request):
            with timings.stage("store"):
                await self._recent.put(photo)
        return photo

    async def decode(self, file: bytes, engine: Engine, timings: Timings) -> Photo:
        """The photo in a file, as an engine's network sees it.

        Raises:
            PhotoError: if there is none.
        """
        with timings.stage("decode"):
            return (await self._decoding.submit((file, engine.manifest))).answer

    async def recall(self, image_id: str) -> "Recalled":
        """A photo that was posted before, and what answered it.

        Raises:
            NotReady: until a network is loaded.
            ImageUnknown: if there is no photo with this id, or it is forgotten, or what answered it serves no longer.
        """
        _ = self.registry.default
        photo = await self._recent.get(image_id)
        engine = self.registry.engine_of(photo.digest)
        if engine is None:
            raise ImageUnknown(image_id, self.settings.store_time)
        return Recalled(photo, engine, self.settings.store_time)

    def _read(self, files: Sequence[tuple[bytes, Manifest]]) -> list[Photo | Exception]:
        return [read(file, manifest, self.settings.max_pixels) for file, manifest in files]

    def _is_decoding(self) -> bool:
        return self._decoding.waiting > 0

    def _batch_began(self, size: int) -> None:
        self.metrics.batch(size)
        self.metrics.queue_length(sum(engine.waiting for engine in self.registry.engines))

    def close(self) -> None:
        self._loader.close()
        self._cores.close()
        self._recent.close()


@dataclass(frozen=True)
class Recalled:
    """A photo that was posted before, and what answered it."""

    photo: Photo
    engine: Engine
    keep: timedelta  # from when it was posted


def may_keep(request: Request) -> bool:
    """Whether the client lets its photo be kept: `Cache-Control: no-store` says no (RFC 9111, 5.2.1.5)."""
    return "no-store" not in request.headers.get("cache-control", "").lower()


async def running(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


Running = Annotated[Service, Depends(running)]


async def answering(
    request: Request,
    service: Running,
    model: Annotated[str | None, Query(description="its name, as GET /models lists them; else the usual one")] = None,
    version: Annotated[
        str | None, Query(description="its number, `stable` or `canary`; else the one for this caller")
    ] = None,
) -> Engine:
    """What answers a request: one engine from its beginning to its end."""
    return service.registry.engine(model, asked_version(version), caller_of(request))


Answering = Annotated[Engine, Depends(answering)]


async def recalled(
    service: Running,
    image_id: Annotated[str, Query(description="from the answer of POST /predict", max_length=64)],
) -> Recalled:
    """The photo that a request is about."""
    return await service.recall(image_id)


AskedAbout = Annotated[Recalled, Depends(recalled)]
