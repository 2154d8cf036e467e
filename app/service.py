"""What lives as long as the process, and what the routes share: from a request to the network's input."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Annotated

from fastapi import Depends, Query, Request

from app.access.rated_photos import count_photos
from app.engine import Answer, Engine, Pixels
from app.errors import ImageUnknown, ModelUnknown, ParameterInvalid, UploadError, VersionUnknown
from app.failures import StoreAway
from app.loading import Loader
from app.observing.metrics import Metrics
from app.photos.decoders import Decoders
from app.photos.owners import may_see, owner_of
from app.photos.photo import Photo
from app.photos.recent_photos import recent_photos
from app.photos.uploads import read_photo, read_photos
from app.registry.asked import asked_version, caller_of
from app.registry.served_models import ServedModels
from app.scheduling.batching import Batcher
from app.scheduling.lanes import Lanes
from app.settings import Settings
from app.timings import Timings

RECALL_PROBLEMS = ImageUnknown, StoreAway  # of `AskedAbout`
MODEL_PROBLEMS = ModelUnknown, VersionUnknown, ParameterInvalid  # of `Answering`
Keeping = Awaitable[bool] | None  # a photo on its way into the store; None of one that may not be kept
MOST_DECODED = 4  # photos in one go: each go costs the event loop a tenth of a millisecond


class Service:
    """Settings, metrics, the models and the recent photos."""

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self.settings, self.metrics = settings, metrics
        self._cores = Lanes(settings.lanes, "core")
        self._loader = Loader(settings, self._cores, self._is_decoding, self._batch_began)
        self.models = ServedModels(settings, self._loader, metrics)
        self.registry = self.models.registry
        self._decoders = Decoders(settings)
        self._decoding = Batcher(self._decoders.photos, self._cores, range(1, MOST_DECODED + 1))
        self._recent = recent_photos(settings, metrics.store_failed)

    async def receive(self, request: Request, engine: Engine, timings: Timings) -> tuple[Photo, Keeping]:
        """The photo of a request, decoded for an engine; it begins to be kept unless the request forbids that.

        Raises:
            UploadError, PhotoError: before anything expensive was done.
        """
        with timings.stage("receive"):
            file = await read_photo(request, self.settings.max_body_bytes)
        return await self.take(file, engine, timings, owner=kept_for(request))

    async def receive_several(self, request: Request, timings: Timings) -> list[bytes | UploadError]:
        """The files of a request with several photos, and places for all of them; why one is none, in its place.

        Raises:
            UploadError, Overloaded, RateExceeded: if there is nothing to answer, or too much.
        """
        with timings.stage("receive"):
            files = await read_photos(request, self.settings.max_body_bytes, self.settings.most_photos)
        request.state.places.take(len(files))
        await count_photos(request, len(files))
        return files

    async def take(self, file: bytes, engine: Engine, timings: Timings, *, owner: str | None) -> tuple[Photo, Keeping]:
        """The photo in a file, decoded for an engine; kept for later questions in its owner's share, if there is one.

        It goes into the store while the network answers; `is_kept` tells in the end whether it got there.

        Raises:
            PhotoError: if there is none.
        """
        photo = await self.decode(file, engine, timings)
        return photo, None if owner is None else self._recent.put(replace(photo, owner=owner))

    async def decode(self, file: bytes, engine: Engine, timings: Timings) -> Photo:
        """The photo in a file, as an engine's network sees it.

        Raises:
            PhotoError: if there is none.
        """
        with timings.stage("decode"):
            return (await self._decoding.submit((file, engine.manifest))).answer

    async def predict(self, pixels: Pixels, engine: Engine, timings: Timings) -> Answer:
        """What an engine answers to one network input, counted by its most probable label."""
        answer = await engine.predict(pixels, timings)
        label = engine.manifest.labels[int(answer.probabilities.argmax())]
        self.metrics.photo(label, engine.model.name, engine.model.version)
        return answer

    async def recall(self, image_id: str, request: Request) -> "Recalled":
        """A photo that was posted before, and what answered it.

        Raises:
            NotReady: until a network is loaded.
            ImageUnknown: if there is no photo with this id that this client may see, or it is forgotten, or what
                answered it serves no longer.
            StoreAway: if that cannot be known.
        """
        _ = self.registry.default
        photo = await self._recent.get(image_id)
        engine = self.registry.engine_of(photo.digest)
        if engine is None or not may_see(request.scope, photo.owner):
            raise ImageUnknown(image_id, self.settings.store_time)
        return Recalled(photo, engine, self.settings.store_time)

    async def film(self, file: bytes, engine: Engine) -> bytes:
        """A picture of the photo in a file after each step of the preprocessing, as a PNG.

        Raises:
            PhotoError: if there is none.
        """
        return await asyncio.to_thread(self._decoders.film, file, engine.manifest)

    def _is_decoding(self) -> bool:
        return self._decoding.waiting > 0

    def _batch_began(self, size: int) -> None:
        if size:
            self.metrics.batch(size)
        self.metrics.queue_length(sum(engine.waiting for engine in self.registry.engines))

    async def close(self) -> None:
        self.models.close()
        self._loader.close()
        self._cores.close()
        self._decoders.close()
        await self._recent.close()


@dataclass(frozen=True)
class Recalled:
    """A photo that was posted before, and what answered it."""

    photo: Photo
    engine: Engine
    keep: timedelta  # from when it was posted


async def is_kept(keeping: Keeping, timings: Timings) -> bool:
    """Whether a photo will be found again; the stage `store` is how long the answer waits to know that."""
    if keeping is None:
        return False
    with timings.stage("store"):
        return await keeping


def kept_for(request: Request) -> str | None:
    """Whose its photos will be; None if they may not be kept: `Cache-Control: no-store` (RFC 9111, 5.2.1.5)."""
    return None if "no-store" in request.headers.get("cache-control", "").lower() else owner_of(request.scope)


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
    request: Request,
    service: Running,
    image_id: Annotated[str, Query(description="from the answer of POST /predict", max_length=64)],
) -> Recalled:
    """The photo that a request is about."""
    return await service.recall(image_id, request)


AskedAbout = Annotated[Recalled, Depends(recalled)]
