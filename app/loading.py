"""From a folder to an engine: an artifact opened on its device, verified, and warmed beside those that answer."""

import asyncio
import logging
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from app.engine import Engine, Hardware
from app.garbage import garbage_left_alone
from app.pinned_digests import ANY, PinnedDigests
from app.scheduling.lanes import Lanes
from app.settings import Settings
from model.errors import ArtifactDisagrees
from model.manifest import Manifest

if TYPE_CHECKING:
    from model.artifact import Artifact
    from model.precision import Precision

# TensorFlow takes seconds to import: all of it is imported in the functions below, while the service is live already.
BFLOAT16_TOLERANCE = 0.1  # of a golden logit; the shipped network's differ by 0.016 at most
GPU_LANES = 2  # one batch is copied while another is computed
Made = TypeVar("Made")
logger = logging.getLogger("catscan")


class Loader:
    """Makes engines, one at a time; the first finds out what all of them run on."""

    def __init__(
        self,
        settings: Settings,
        cores: Lanes,
        busy: Callable[[], bool] = lambda: False,
        began: Callable[[int], None] = lambda _: None,
    ) -> None:
        """Makes a loader.

        Args:
            settings: how to run artifacts.
            cores: what predicts, if a CPU does; whoever gives them closes them.
            busy: as an `Engine` takes it, of the cores.
            began: likewise.
        """
        self._settings, self._cores, self._busy, self._began = settings, cores, busy, began
        # Powers of two: few shapes to warm, and no batch is padded.
        self._sizes = [2**power for power in range(settings.max_batch.bit_length())]
        self._looking = Lanes(1, "inside")
        self._own = [self._looking]
        self._thread = ThreadPoolExecutor(1, "loading")
        self._hardware: Hardware | None = None
        self._finer: Lanes | None = None
        self._one_at_a_time = asyncio.Lock()

    async def load(self, folder: Path) -> Engine:
        """Loads, verifies and warms one version of an artifact; engines that answer go on with it meanwhile.

        Raises:
            ArtifactError, DeviceMissing, PrecisionMissing: if it cannot serve.
        """
        async with self._one_at_a_time:
            return await self._load(folder)

    async def in_float32(self, task: Callable[[], Made]) -> Made:
        """What a task makes in a thread that computes in float32, beside the lanes."""
        return await self._in_thread(task)

    async def _load(self, folder: Path) -> Engine:
        start = time.perf_counter()
        hardware = self._hardware or await self._find_hardware()
        artifact = await self._in_thread(partial(open_artifact, folder, self._settings.digests))
        hardware = await self._warm(artifact, hardware)
        busy = self._busy if hardware.predicting is self._cores else lambda: False  # others compute beside them
        engine = Engine(artifact, hardware, self._sizes, busy, self._began)
        logger.info(
            "ready after %.1f s: %s version %d, digest %s, on %s in %s", time.perf_counter() - start,
            engine.model.name, engine.model.version, engine.model.digest[:12], engine.device, engine.precision,
        )  # fmt: skip
        return engine

    async def _find_hardware(self) -> Hardware:
        with garbage_left_alone():
            device, precision = await self._in_thread(partial(choose_hardware, self._settings))
        predicting = self._cores if device == "cpu" else self._new_lanes(GPU_LANES, "gpu")
        await predicting.run_in_each(partial(compute_in, precision))
        await self._in_thread(partial(compute_in, "float32"))  # last: threads that come later do likewise
        return Hardware(device, precision, predicting, self._looking)

    async def _warm(self, artifact: "Artifact", hardware: Hardware) -> Hardware:
        """Warms each lane; gives what the artifact runs on: other lanes, where the usual precision is too coarse."""
        try:
            await self._warm_in(hardware, artifact)
        except ArtifactDisagrees as error:
            if self._settings.precision != "auto" or hardware.precision == "float32":
                raise
            logger.warning("predicting in float32, for in %s: %s", hardware.precision, error)
            # One set for all that need it: lanes stay when what they ran has been let go of.
            self._finer = self._finer or self._new_lanes(self._settings.lanes, "float32")
            hardware = replace(hardware, precision="float32", predicting=self._finer)
            await self._warm_in(hardware, artifact)
        self._hardware = self._hardware or hardware
        return hardware

    async def _warm_in(self, hardware: Hardware, artifact: "Artifact") -> None:
        lanes = hardware.predicting
        everywhere = lanes.run_in_each if self._hardware is None else lanes.visit_each
        await everywhere(partial(warm, artifact, hardware.device, hardware.precision, self._sizes))

    def _new_lanes(self, count: int, name: str) -> Lanes:
        self._own.append(Lanes(count, name))
        return self._own[-1]

    async def _in_thread(self, task: Callable[[], Made]) -> Made:
        return await asyncio.get_running_loop().run_in_executor(self._thread, task)

    def close(self) -> None:
        """Lets what runs finish, and takes no more."""
        self._thread.shutdown()
        for lanes in self._own:
            lanes.close()


def choose_hardware(settings: Settings) -> tuple[str, "Precision"]:
    """The device, and the precision of predictions on it.

    Raises:
        DeviceMissing, PrecisionMissing: if those that the settings name are not there.
    """
    # Else TensorFlow's import imports Keras: 1.4 s and 100 MB for what nobody needs to serve.
    os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")
    from model.device import choose_device
    from model.precision import choose_precision

    device = choose_device(settings.device, settings.lanes)
    return device, choose_precision(settings.precision, device)


def compute_in(precision: "Precision") -> None:
    """Makes this thread compute in this precision from now on."""
    from model.precision import predict_in

    predict_in(precision)


def open_artifact(folder: Path, pinned: PinnedDigests = ANY) -> "Artifact":
    """Loads and verifies one version of an artifact, which has one of the pinned digests.

    Raises:
        ArtifactError: if it cannot serve.
    """
    from model.artifact import Artifact

    pinned.check(folder, Manifest.load(folder).digest)  # before anything of it is run
    artifact = Artifact.load(folder)
    pinned.check(folder, artifact.manifest.digest)  # somebody may have put another in its place meanwhile
    artifact.layers(blank(artifact, 1))
    return artifact


def warm(artifact: "Artifact", device: str, precision: "Precision", sizes: Sequence[int]) -> None:
    """Computes a batch of each size in this thread, which computes in this precision.

    Raises:
        ArtifactDisagrees: if the golden examples come out too different.
    """
    from model.device import by_one_thread

    with by_one_thread(device):
        if precision == "bfloat16":
            artifact.check_golden(BFLOAT16_TOLERANCE)
        for size in sizes:
            artifact.predict(blank(artifact, size))


def blank(artifact: "Artifact", size: int) -> NDArray[np.uint8]:
    return np.zeros((size, artifact.manifest.height, artifact.manifest.width, 3), np.uint8)
