"""What runs the artifact: lanes that predict in batches, and a thread beside them that looks inside."""

import asyncio
import logging
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from app.errors import NotReady
from app.scheduling.batching import Batcher
from app.scheduling.lanes import Lanes
from app.settings import Settings
from app.timings import Timings
from model.errors import ArtifactDisagrees
from model.manifest import Manifest
from model.versions import newest_version

if TYPE_CHECKING:
    from model.artifact import Artifact
    from model.precision import Precision

Pixels = NDArray[np.uint8]  # one network input: [height, width, 3]
Maps = dict[str, NDArray[np.float32]]
GPU_LANES = 2  # one batch is copied while another is computed
BFLOAT16_TOLERANCE = 0.1  # of a golden logit; the shipped network's differ by 0.016 at most
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
            cores: what predicts, if a CPU does.
            busy: whether the cores have other work that brings more to predict: a batch then waits until it is full,
                for it would only take the core from what fills it.
            began: is told the size of each batch that begins.
        """
        self._settings, self._lanes, self._began = settings, cores, began
        # Powers of two: few shapes to warm, and no batch is padded.
        self._sizes = [2**power for power in range(settings.max_batch.bit_length())]
        self._inside = Lanes(1, "inside")
        self._looks = Batcher(self._look, self._inside, [1])
        self._predictions = Batcher(self._predict, cores, self._sizes, full_only=busy, began=began)
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
        return self._predictions.waiting + self._looks.waiting

    async def load(self) -> None:
        """Loads, verifies and warms the artifact on the device.

        Raises:
            ArtifactError, DeviceMissing, PrecisionMissing: if it cannot serve.
        """
        start = time.perf_counter()
        loaded = await asyncio.get_running_loop().run_in_executor(self._inside.threads[0], self._load)
        if loaded.device != "cpu":  # it computes beside the cores
            self._lanes = Lanes(GPU_LANES, "gpu")
            self._predictions = Batcher(self._predict, self._lanes, self._sizes, began=self._began)
        try:
            await self._warm_lanes(loaded)
        except ArtifactDisagrees as error:
            if self._settings.precision != "auto" or loaded.precision == "float32":
                raise
            logger.warning("predicting in float32, for in %s: %s", loaded.precision, error)
            loaded = replace(loaded, precision="float32")
            await self._warm_lanes(loaded)
        self._loaded = loaded
        manifest = loaded.artifact.manifest
        logger.info(
            "ready after %.1f s: %s version %d, digest %s, on %s in %s", time.perf_counter() - start,
            manifest.name, manifest.version, manifest.digest[:12], loaded.device, loaded.precision,
        )  # fmt: skip

    def _load(self) -> Loaded:
        # Else TensorFlow's import imports Keras: 1.4 s and 100 MB for what nobody needs to serve.
        os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")
        from model.artifact import Artifact  # TensorFlow takes seconds to import: the service is live meanwhile
        from model.device import choose_device
        from model.precision import choose_precision, predict_in

        device = choose_device(self._settings.device, self._settings.lanes)
        predict_in("float32")  # whatever looks inside
        artifact = Artifact.load(newest_version(self._settings.artifact))
        artifact.layers(self._blank(artifact, 1))
        return Loaded(artifact, device, choose_precision(self._settings.precision, device))

    async def _warm_lanes(self, loaded: Loaded) -> None:
        from model.precision import predict_in

        loop = asyncio.get_running_loop()
        await asyncio.gather(*(loop.run_in_executor(lane, self._warm, loaded) for lane in self._lanes.threads))
        await loop.run_in_executor(self._inside.threads[0], predict_in, "float32")  # so do threads that come later

    def _warm(self, loaded: Loaded) -> None:
        from model.precision import predict_in

        predict_in(loaded.precision)
        if loaded.precision == "bfloat16":
            loaded.artifact.check_golden(BFLOAT16_TOLERANCE)
        for size in self._sizes:
            loaded.artifact.predict(self._blank(loaded.artifact, size))

    @staticmethod
    def _blank(artifact: "Artifact", size: int) -> NDArray[np.uint8]:
        return np.zeros((size, artifact.manifest.height, artifact.manifest.width, 3), np.uint8)

    async def predict(self, pixels: Pixels, timings: Timings) -> Answer:
        """The answer to one network input, uint8 [height, width, 3]."""
        self.loaded  # noqa: B018  # raises
        batched = await self._predictions.submit(pixels)
        timings.add("queue", batched.waited_s)
        timings.add("compute", batched.computed_s)
        timings.batch_size = batched.size
        return batched.answer

    async def layers(self, pixels: Pixels, names: list[str], timings: Timings) -> Maps:
        """Outputs of the named layers for one network input, in float32: [height, width, channels] or [units]."""
        self.loaded  # noqa: B018  # raises
        batched = await self._looks.submit((pixels, names))
        timings.add("queue", batched.waited_s)
        timings.add("compute", batched.computed_s)
        return batched.answer

    def _predict(self, images: Sequence[Pixels]) -> list[Answer]:
        answer = self.loaded.artifact.predict(np.stack(images))
        return [Answer(*row) for row in zip(answer.probabilities, answer.logits, strict=True)]

    def _look(self, looks: Sequence[tuple[Pixels, list[str]]]) -> list[Maps]:
        found = []
        for pixels, names in looks:
            outputs = self.loaded.artifact.layers(pixels[None])
            found.append({name: outputs[name].numpy()[0] for name in names})
        return found

    def close(self) -> None:
        """Lets the batches that run finish, and takes no more."""
        self._lanes.close()
        self._inside.close()
