"""What runs the artifact: one thread that owns the device, so that requests queue in order and none blocks the loop."""

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from app.errors import NotReady
from app.timings import Timings
from model.manifest import Manifest
from model.versions import newest_version

if TYPE_CHECKING:
    from model.artifact import Answer, Artifact
    from model.device import Wanted

T = TypeVar("T")
logger = logging.getLogger("catscan")


@dataclass(frozen=True)
class Loaded:
    """A verified and warmed artifact, and the device that runs it."""

    artifact: "Artifact"
    device: str


class Engine:
    """Answers once `load` is done; before, every call raises NotReady."""

    def __init__(self, folder: Path, wanted: "Wanted") -> None:
        self._folder, self._wanted = folder, wanted
        self._thread = ThreadPoolExecutor(1, "engine")
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

    async def load(self) -> None:
        """Loads, verifies and warms the artifact on the device.

        Raises:
            ArtifactError, DeviceMissing: if it cannot serve.
        """
        self._loaded = await asyncio.get_running_loop().run_in_executor(self._thread, self._load)

    def _load(self) -> Loaded:
        start = time.perf_counter()
        from model.artifact import Artifact  # TensorFlow takes seconds to import: the service is live meanwhile
        from model.device import choose_device

        device = choose_device(self._wanted)
        artifact = Artifact.load(newest_version(self._folder))
        manifest = artifact.manifest
        blank = np.zeros((1, manifest.height, manifest.width, 3), np.uint8)
        artifact.predict(blank)
        artifact.layers(blank)
        logger.info(
            "ready after %.1f s: %s version %d, digest %s, on %s",
            time.perf_counter() - start, manifest.name, manifest.version, manifest.digest[:12], device,
        )  # fmt: skip
        return Loaded(artifact, device)

    async def predict(self, pixels: NDArray[np.uint8], timings: Timings) -> "Answer":
        """The answer to one network input, uint8 [height, width, 3]."""
        artifact = self.loaded.artifact
        return await self._run(lambda: artifact.predict(pixels[None]), timings)

    async def layers(
        self, pixels: NDArray[np.uint8], names: list[str], timings: Timings
    ) -> dict[str, NDArray[np.float32]]:
        """Outputs of the named layers for one network input: float32 [height, width, channels] or [units]."""
        artifact = self.loaded.artifact

        def compute() -> dict[str, NDArray[np.float32]]:
            outputs = artifact.layers(pixels[None])
            return {name: outputs[name].numpy()[0] for name in names}

        return await self._run(compute, timings)

    async def _run(self, compute: Callable[[], T], timings: Timings) -> T:
        queued = time.perf_counter()

        def timed() -> T:
            timings.add("queue", time.perf_counter() - queued)
            with timings.stage("compute"):
                return compute()

        return await asyncio.get_running_loop().run_in_executor(self._thread, timed)

    def close(self) -> None:
        """Lets what is queued finish, and takes no more."""
        self._thread.shutdown()
