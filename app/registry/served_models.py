"""The models from the service's start to its end: loaded, followed in other workers, watched in their folder."""

import asyncio

from app.garbage import let_go
from app.loading import Loader
from app.observing.loaded_models import LoadedModel
from app.observing.metrics import Metrics
from app.observing.shared_metrics import shared_folder
from app.registry.agreement import Alone
from app.registry.changes import Changes
from app.registry.following import Follower
from app.registry.registry import Registry
from app.registry.starting import load_others, start_among_others
from app.registry.watch import Watch
from app.registry.workers import Together
from app.settings import Settings


class ServedModels:
    """`registry` says what answers, `changes` changes it. It belongs to one event loop."""

    def __init__(self, settings: Settings, loader: Loader, metrics: Metrics) -> None:
        """Makes it with nothing loaded, alone or as one of several workers."""
        self._settings, self._metrics, self._shared = settings, metrics, shared_folder()
        self.registry = Registry(settings)
        agreement = Alone() if self._shared is None else Together(self._shared, metrics.place)
        self._follower = Follower(self.registry, agreement, loader.load, let_go, self._tell)
        self.changes = Changes(self.registry, self._follower, loader.in_float32)

    async def start(self) -> None:
        """Loads all models; the usual one answers as soon as it can.

        Raises:
            ArtifactError, DeviceMissing, PrecisionMissing: if the usual one cannot serve.
        """
        await start_among_others(self._settings, self.registry, self._follower)
        await load_others(self.registry, self._follower)

    async def keep_up(self) -> None:
        """Follows what other workers change, and what is put into the models' folder, until it is cancelled."""
        async with asyncio.TaskGroup() as tasks:
            if self._shared is not None:
                tasks.create_task(self._follower.keep_following())
            if self._settings.watch_s:
                watch = Watch(self.registry, self._follower, self.changes, self._shared)
                tasks.create_task(watch.keep_looking(self._settings.watch_s))

    def _tell(self) -> None:
        self._metrics.models(
            LoadedModel(
                **dict(engine.model), device=engine.device, precision=engine.precision, share=rollout.part(version)
            )
            for rollout in self.registry.rollouts
            for version, engine in rollout.engines.items()
        )

    def close(self) -> None:
        self._follower.close()
