"""What runs an artifact: lanes that predict in batches, and a thread beside them that looks inside."""

import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from app.failures import DeviceFailed, EngineExhausted
from app.formats.model_facts import ModelFacts, PrecisionFacts
from app.scheduling.batching import Batched, Batcher
from app.scheduling.lanes import Lanes
from app.timings import Timings
from model.manifest import IMAGES, Manifest

if TYPE_CHECKING:
    from model.artifact import Artifact
    from model.precision import Precision

Found = TypeVar("Found")
Pixels = NDArray[np.uint8]  # one network input: [height, width, 3]
Maps = dict[str, NDArray[np.float32]]
Look = Callable[["Artifact"], Found]
logger = logging.getLogger("catscan")
PREDICTING = 1  # more urgent than decoding, which only brings more to predict


@dataclass(frozen=True)
class Answer:
    """Float32 [labels] each."""

    probabilities: NDArray[np.float32]
    logits: NDArray[np.float32]


@dataclass(frozen=True)
class Hardware:
    """What an artifact runs on."""

    device: str
    precision: "Precision"  # of predictions
    predicting: Lanes
    looking: Lanes  # which compute in float32


@dataclass
class Counts:
    """What an engine has done so far."""

    photos: int = 0
    batches: int = 0
    waited_s: float = 0.0  # by all photos
    computed_s: float = 0.0  # likewise: a batch counts for each of its photos
    last: float = 0.0  # when the last answer was there, in Unix seconds


class Engine:
    """Runs one artifact, which `app.loading` has verified and warmed."""

    def __init__(
        self,
        artifact: "Artifact",
        hardware: Hardware,
        sizes: Sequence[int],
        busy: Callable[[], bool] = lambda: False,
        began: Callable[[int], None] = lambda _: None,
    ) -> None:
        """Makes an engine.

        Args:
            artifact: what to run.
            hardware: on what.
            sizes: that a batch may have.
            busy: whether the lanes have other work that brings more to predict: a batch then waits until it is full,
                for it would only take the core from what fills it.
            began: is told the size of each batch of predictions that begins, and 0 when otherwise fewer photos wait.
        """
        self.artifact, self.device, self.precision = artifact, hardware.device, hardware.precision
        self.counts = Counts()
        self.failure: str | None = None  # of the device; once there is one, nothing is computed any more
        self._began = began
        self._predictions = Batcher(
            partial(predict, artifact, hardware.device), hardware.predicting, sizes, urgency=PREDICTING, full_only=busy,
            began=self._batch_began,
        )  # fmt: skip
        self._looks = Batcher(partial(look_at, artifact), hardware.looking, [1], began=lambda _: self._began(0))
        manifest = artifact.manifest
        self.model = ModelFacts(name=manifest.name, version=manifest.version, digest=manifest.digest)

    @property
    def manifest(self) -> Manifest:
        return self.artifact.manifest

    @property
    def waiting(self) -> int:
        """Photos in no batch yet."""
        return self._predictions.waiting + self._looks.waiting

    async def predict(self, pixels: Pixels, timings: Timings) -> Answer:
        """The answer to one network input, uint8 [height, width, 3]."""
        batched = await self._computed(self._predictions.submit(pixels))
        self._took(timings, batched)
        timings.batch_size = batched.size
        return batched.answer

    async def look(self, look: Look[Found], timings: Timings) -> Found:
        """What a look at the artifact finds; it computes in float32."""
        batched = await self._computed(self._looks.submit(look))
        self._took(timings, batched)
        found: Found = batched.answer
        return found

    async def layers(self, pixels: Pixels, names: Sequence[str], timings: Timings) -> Maps:
        """Outputs of the named layers for one network input, in float32: [height, width, channels] or [units].

        The pixels themselves are a layer's, too: that of `images`.
        """
        return await self.look(partial(outputs, pixels, names), timings)

    async def precision_facts(self, pixels: Pixels, timings: Timings) -> PrecisionFacts:
        """What to say beside float32 numbers of a photo, so that they disagree with no prediction without a word."""
        if self.precision == "float32":
            return PrecisionFacts(predict="float32", predicted=None)
        logits = (await self.predict(pixels, timings)).logits.tolist()
        predicted = dict(zip(self.manifest.labels, logits, strict=True))
        return PrecisionFacts(predict=self.precision, predicted=predicted)

    async def _computed(self, batched: Awaitable[Batched[Found]]) -> Batched[Found]:
        """What was computed.

        Raises:
            EngineExhausted: if the memory did not suffice, even for one photo alone.
            DeviceFailed: if the device works no longer; `failure` then says why.
        """
        try:
            return await batched
        except Exception as error:
            from model.device import fault_of

            match fault_of(error):
                case "memory":
                    raise EngineExhausted("Expected memory for one photo; received none. Try again soon") from error
                case "device":
                    self.failure = str(error).partition("\n")[0]
                    logger.error("%s failed: %s", self.device, error)
                    raise DeviceFailed(f"Expected {self.device} to compute; received: {self.failure}") from error
            raise

    def _batch_began(self, size: int) -> None:
        self.counts.batches += bool(size)
        self._began(size)

    def _took(self, timings: Timings, batched: Batched[Any]) -> None:
        timings.add("queue", batched.since, batched.begun)
        timings.add("compute", batched.begun, batched.ended, batched.size)
        self.counts.photos += 1
        self.counts.waited_s += batched.waited_s
        self.counts.computed_s += batched.computed_s
        self.counts.last = time.time()


def predict(artifact: "Artifact", device: str, images: Sequence[Pixels]) -> list[Answer]:
    from model.device import by_one_thread

    with by_one_thread(device):
        answer = artifact.predict(np.stack(images))
    return [Answer(*row) for row in zip(answer.probabilities, answer.logits, strict=True)]


def look_at(artifact: "Artifact", looks: Sequence[Look[Any]]) -> list[Any]:
    return [look(artifact) for look in looks]


def outputs(pixels: Pixels, names: Sequence[str], artifact: "Artifact") -> Maps:
    tensors = artifact.layers(pixels[None]) if set(names) != {IMAGES} else {}
    return {name: pixels.astype(np.float32) if name == IMAGES else tensors[name].numpy()[0] for name in names}
