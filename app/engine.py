"""What runs the artifact: lanes that predict in batches, and a thread beside them that looks inside."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from app.errors import NotReady
from app.loading import open_artifact, warm
from app.scheduling.batching import Batched, Batcher
from app.scheduling.lanes import Lanes
from app.settings import Settings
from app.timings import Timings
from model.errors import ArtifactDisagrees
from model.manifest import IMAGES, Manifest

if TYPE_CHECKING:
    from model.artifact import Artifact
    from model.precision import Precision

Found = TypeVar("Found")
Pixels = NDArray[np.uint8]  # one network input: [height, width, 3]
Maps = dict[str, NDArray[np.float32]]
Look = Callable[["Artifact"], Found]
GPU_LANES = 2  # one batch is copied while another is computed
logger = logging.getLogger("catscan")


@dataclass(frozen=True)
class Answer:
    """Float32 [labels] each."""

    probabilities: NDArray[np.float32]
    logits: NDArray[np.float32]


@dataclass(frozen=True)
class Loaded:
    """A verified and warmed artifact, and what runs it."""

    artifact: "Artifact"
    device: str
    precision: "Precision"
    predictions: Batcher[Pixels, Answer]
    looks: Batcher[Look[Any], Any]


class Engine:
    """Answers once `load` is done; before, every call raises NotReady."""

    def __init__(
        self,
        settings: Settings,
        cores: Lanes,
        busy: Callable[[], bool] = lambda: False,
        began: Callable[[int], None] = lambda _: None,
    ) -> None:
        """Makes an engine.

        Args:
            settings: which artifact to load, and how to run it.
            cores: what predicts, if a CPU does; whoever gives them closes them.
            busy: whether the cores have other work that brings more to predict: a batch then waits until it is full,
                for it would only take the core from what fills it.
            began: is told the size of each batch that begins.
        """
        self._settings, self._cores, self._busy, self._began = settings, cores, busy, began
        self._inside = Lanes(1, "inside")
        self._own = [self._inside]
        self._loaded: Loaded | None = None

    @property
    def loaded(self) -> Loaded:
        """Raises NotReady until the artifact is verified and warmed."""
        if self._loaded is None:
            raise NotReady("The network is being loaded, verified and warmed; ask again in a few seconds")
        return self._loaded

    @property
    def manifest(self) -> Manifest:
        return self.loaded.artifact.manifest

    @property
    def waiting(self) -> int:
        """Photos in no batch yet."""
        return self.loaded.predictions.waiting + self.loaded.looks.waiting

    async def load(self) -> None:
        """Loads, verifies and warms the artifact on the device.

        Raises:
            ArtifactError, DeviceMissing, PrecisionMissing: if it cannot serve.
        """
        start = time.perf_counter()
        opened = await self._inside.run(partial(open_artifact, self._settings))
        artifact, device = opened.artifact, opened.device
        lanes = self._cores if device == "cpu" else Lanes(GPU_LANES, "gpu")
        if lanes is not self._cores:
            self._own.append(lanes)
        # Powers of two: few shapes to warm, and no batch is padded.
        sizes = [2**power for power in range(self._settings.max_batch.bit_length())]
        precision = await self._warm(lanes, artifact, opened.precision, sizes)
        busy = self._busy if lanes is self._cores else lambda: False  # a GPU computes beside the cores
        predictions = Batcher(partial(predict, artifact), lanes, sizes, full_only=busy, began=self._began)
        looks = Batcher(partial(look_at, artifact), self._inside, [1])
        self._loaded = Loaded(artifact, device, precision, predictions, looks)
        manifest = artifact.manifest
        logger.info(
            "ready after %.1f s: %s version %d, digest %s, on %s in %s", time.perf_counter() - start,
            manifest.name, manifest.version, manifest.digest[:12], device, precision,
        )  # fmt: skip

    async def _warm(
        self, lanes: Lanes, artifact: "Artifact", precision: "Precision", sizes: Sequence[int]
    ) -> "Precision":
        """Warms each lane; gives the precision that it predicts in, float32 where the one wanted is too coarse."""
        try:
            await lanes.run_in_each(partial(warm, artifact, precision, sizes))
        except ArtifactDisagrees as error:
            if self._settings.precision != "auto" or precision == "float32":
                raise
            logger.warning("predicting in float32, for in %s: %s", precision, error)
            return await self._warm(lanes, artifact, "float32", sizes)
        await self._inside.run(partial(warm, artifact, "float32", [1]))  # last: threads that come later do likewise
        return precision

    async def predict(self, pixels: Pixels, timings: Timings) -> Answer:
        """The answer to one network input, uint8 [height, width, 3]."""
        batched = await self.loaded.predictions.submit(pixels)
        took(timings, batched)
        timings.batch_size = batched.size
        return batched.answer

    async def look(self, look: Look[Found], timings: Timings) -> Found:
        """What a look at the artifact finds; it computes in float32."""
        batched = await self.loaded.looks.submit(look)
        took(timings, batched)
        found: Found = batched.answer
        return found

    async def layers(self, pixels: Pixels, names: Sequence[str], timings: Timings) -> Maps:
        """Outputs of the named layers for one network input, in float32: [height, width, channels] or [units].

        The pixels themselves are a layer's, too: that of `images`.
        """
        return await self.look(partial(outputs, pixels, names), timings)

    def close(self) -> None:
        """Lets what runs finish, and takes no more."""
        for lanes in self._own:
            lanes.close()


def predict(artifact: "Artifact", images: Sequence[Pixels]) -> list[Answer]:
    answer = artifact.predict(np.stack(images))
    return [Answer(*row) for row in zip(answer.probabilities, answer.logits, strict=True)]


def look_at(artifact: "Artifact", looks: Sequence[Look[Any]]) -> list[Any]:
    return [look(artifact) for look in looks]


def outputs(pixels: Pixels, names: Sequence[str], artifact: "Artifact") -> Maps:
    tensors = artifact.layers(pixels[None]) if set(names) != {IMAGES} else {}
    return {name: pixels.astype(np.float32) if name == IMAGES else tensors[name].numpy()[0] for name in names}


def took(timings: Timings, batched: Batched[Any]) -> None:
    timings.add("queue", batched.waited_s)
    timings.add("compute", batched.computed_s)
