"""What lives as long as the process, and what the routes share: from a request to the network's input."""

from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import Depends, Request
from pydantic import BaseModel, Field

from app.engine import Engine
from app.observing.metrics import Metrics
from app.photos.photo import Photo, read
from app.photos.photo_memory import PhotoMemory
from app.photos.photo_store import PhotoStore
from app.photos.shared_photos import SharedPhotos
from app.photos.uploads import read_photo
from app.scheduling.batching import Batcher
from app.scheduling.lanes import Lanes
from app.settings import Settings
from app.timings import Timings
from model.manifest import Manifest

MOST_DECODED = 4  # photos in one go: each go costs the event loop a tenth of a millisecond


class ModelFacts(BaseModel):
    """Which network answered."""

    name: str
    version: int
    digest: str


class PrecisionFacts(BaseModel):
    """In which numbers the network is computed, where it answers and where it is looked at."""

    predict: Literal["float32", "bfloat16"] = Field(description="by POST /predict")
    here: Literal["float32"] = "float32"
    predicted: dict[str, float] | None = Field(
        description="the logits of POST /predict by label, where they are computed in other numbers than those here"
    )


class Service:
    """Settings, metrics, the engine and the recent photos."""

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self.settings, self.metrics = settings, metrics
        self._cores = Lanes(settings.lanes, "core")
        self.engine = Engine(settings, self._cores, self._is_decoding, self._batch_began)
        self._decoding = Batcher(self._read, self._cores, range(1, MOST_DECODED + 1))
        kept = settings.store_photos, settings.store_time
        self._recent = PhotoMemory(*kept) if settings.workers == 1 else SharedPhotos(PhotoStore(settings.store, *kept))

    @property
    def model(self) -> ModelFacts:
        manifest = self.engine.manifest
        return ModelFacts(name=manifest.name, version=manifest.version, digest=manifest.digest)

    async def receive(self, request: Request, timings: Timings) -> Photo:
        """The photo of a request, decoded, and kept for later questions about it unless the request forbids that.

        Raises:
            NotReady, UploadError, PhotoError: before anything expensive was done.
        """
        manifest = self.engine.manifest
        with timings.stage("receive"):
            file = await read_photo(request, self.settings.max_body_bytes)
        with timings.stage("decode"):
            photo = (await self._decoding.submit((file, manifest))).answer
        if may_keep(request):
            with timings.stage("store"):
                await self._recent.put(photo)
        return photo

    async def recall(self, image_id: str) -> Photo:
        """A photo that was posted before.

        Raises:
            ImageUnknown: if there is none with this id, or it is forgotten.
        """
        return await self._recent.get(image_id)

    async def precision_facts(self, photo: Photo, timings: Timings) -> PrecisionFacts:
        """What to say beside float32 numbers of a photo, so that they disagree with no prediction without a word."""
        loaded = self.engine.loaded
        if loaded.precision == "float32":
            return PrecisionFacts(predict="float32", predicted=None)
        logits = (await self.engine.predict(photo.pixels, timings)).logits.tolist()
        predicted = dict(zip(loaded.artifact.manifest.labels, logits, strict=True))
        return PrecisionFacts(predict=loaded.precision, predicted=predicted)

    def _read(self, files: Sequence[tuple[bytes, Manifest]]) -> list[Photo | Exception]:
        return [read(file, manifest, self.settings.max_pixels) for file, manifest in files]

    def _is_decoding(self) -> bool:
        return self._decoding.waiting > 0

    def _batch_began(self, size: int) -> None:
        self.metrics.batch(size)
        self.metrics.queue_length(self.engine.waiting)

    def close(self) -> None:
        self.engine.close()
        self._cores.close()
        self._recent.close()


def may_keep(request: Request) -> bool:
    """Whether the client lets its photo be kept: `Cache-Control: no-store` says no (RFC 9111, 5.2.1.5)."""
    return "no-store" not in request.headers.get("cache-control", "").lower()


async def running(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


Running = Annotated[Service, Depends(running)]
