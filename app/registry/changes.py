"""Which versions answer, changed while they do: loaded beside, compared, switched to, taken back, let go of."""

import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

from app.engine import Engine
from app.errors import ServiceError
from app.registry.agreement import Wanted
from app.registry.comparison import Comparison, compare
from app.registry.following import Follower
from app.registry.plan import Plan
from app.registry.refusals import VersionDiffers, VersionUnusable
from app.registry.registry import Registry

Serve = Literal["stable", "canary", "nobody"]
InThread = Callable[[Callable[[], Comparison]], Awaitable[Comparison]]
logger = logging.getLogger("catscan")


@dataclass(frozen=True)
class Asked:
    """What a version is to be loaded for, and under which conditions."""

    serve: Serve = "stable"
    share: float = 0.1  # of the callers, above 0 to 1, for a canary
    max_change: float | None = None  # of a probability
    max_flips: int | None = None  # of images whose most probable label changes


@dataclass(frozen=True)
class Loaded:
    """What came of it."""

    comparison: Comparison | None  # with the stable version; none where there is no other
    seconds: float


class Changes:
    """Changes what is wanted, and waits until it is true. It belongs to one event loop."""

    def __init__(self, registry: Registry, follower: Follower, in_float32: InThread) -> None:
        """Makes it.

        Args:
            registry: what answers.
            follower: carries out what is wanted.
            in_float32: computes a comparison in a thread.
        """
        self._registry, self._follower, self._in_float32 = registry, follower, in_float32

    async def load(self, name: str, version: int, asked: Asked = Asked()) -> Loaded:
        """Loads a version beside what answers, in every process; compares it with the stable one; lets it answer.

        The first version of a model becomes its stable one, whatever is asked. If this is cancelled, or anything goes
        wrong, the same versions answer as before, and what was loaded for it is let go of.

        Raises:
            NotReady: until the default model is loaded.
            ModelUnknown, VersionUnknown: if there is none in the folder.
            VersionUnusable: if it cannot serve.
            VersionDiffers: if it is beyond a limit that is asked for; the folder's watch leaves it alone then.
            VersionServes: if the stable version is to be the canary.
        """
        _ = self._registry.default  # NotReady, before there is one
        start, fresh, engine = time.perf_counter(), False, None
        while engine is None:
            if version not in self._plan(name).versions:
                self._registry.folder(name, version)
                fresh = True
            self._follower.change(lambda wanted: wanted.wanting(name, version))
            try:
                engine = await self._everywhere(name, version)
                before = self._plan(name).stable
                comparison = await self._compared(name, before, engine)
                if comparison:
                    comparison.check(asked.max_change, asked.max_flips)
            except BaseException as error:
                if fresh:
                    self._follower.change(partial(given_up, name, version, error))
                raise
            plan = self._plan(name)
            if version not in plan.versions or plan.stable != before:
                engine = None  # somebody changed them meanwhile: once more
        self._follower.change(lambda wanted: served(wanted, name, version, asked))
        seconds = time.perf_counter() - start
        logger.info("%s version %d serves %s after %.1f s: %s", name, version, asked.serve, seconds, comparison)
        return Loaded(comparison, seconds)

    async def roll_back(self, name: str) -> None:
        """Lets the version answer again that was stable before, and is loaded still.

        Raises:
            NotReady, ModelUnknown: as `Registry.rollout`.
            PreviousMissing: if there is none.
            VersionUnusable: if a process that was started meanwhile could not load it.
        """
        self._registry.rollout(name)
        if (previous := self._plan(name).previous) is not None:
            await self._everywhere(name, previous)
        plan = self._planned(name, Plan.rolled_back)
        logger.info("%s is rolled back to version %s", name, plan.stable)

    async def set_canary(self, name: str, version: int, share: float) -> None:
        """Lets a version that is loaded answer a share of the callers, above 0 to 1.

        Raises:
            NotReady, ModelUnknown: as `Registry.rollout`.
            VersionUnknown: if it is not loaded.
            VersionServes: if it is the stable one.
            VersionUnusable: as `roll_back`.
        """
        self._registry.rollout(name)
        if version in self._plan(name).versions:
            await self._everywhere(name, version)
        self._planned(name, lambda plan: plan.with_canary(version, share))
        logger.info("%s version %d answers %g of the callers", name, version, share)

    def end_canary(self, name: str) -> None:
        """Lets the stable version answer all callers; the canary stays loaded, for the photos that it answered.

        Raises:
            NotReady, ModelUnknown: as `Registry.rollout`.
        """
        self._registry.rollout(name)
        self._planned(name, Plan.without_canary)
        logger.info("%s has no canary", name)

    def unload(self, name: str, version: int) -> None:
        """Lets go of a version that answers nobody; its memory is free once no request has it any more.

        Raises:
            NotReady, ModelUnknown: as `Registry.rollout`.
            VersionUnknown: if it is not loaded.
            VersionServes: if it is the stable one, or the canary.
        """
        self._registry.rollout(name)
        self._planned(name, lambda plan: plan.without(version))
        logger.info("%s version %d is let go of", name, version)

    def _plan(self, name: str) -> Plan:
        return self._follower.catch_up().plan(name)

    def _planned(self, name: str, change: Callable[[Plan], Plan]) -> Plan:
        return self._follower.change(lambda wanted: wanted.with_plan(change(wanted.plan(name)))).plan(name)

    async def _everywhere(self, name: str, version: int) -> Engine | None:
        """A version that is wanted, once every process has loaded it; None if it is wanted no longer."""
        try:
            engine = await self._follower.engine(name, version)
            return engine if await self._follower.agreement.everywhere(name, version) else None
        except ServiceError:
            raise
        except Exception as error:  # as it comes from files: TensorFlow raises many kinds
            raise VersionUnusable(f"Expected {name} version {version} to serve; received: {error}") from error

    async def _compared(self, name: str, stable: int | None, engine: Engine | None) -> Comparison | None:
        if engine is None or stable in (None, engine.model.version):
            return None
        before = self._registry.rollout(name).engines.get(stable)
        return await self._in_float32(partial(compare, before.artifact, engine.artifact)) if before else None


def served(wanted: Wanted, name: str, version: int, asked: Asked) -> Wanted:
    """With a loaded version that serves as is asked; the first of a model is always its stable one."""
    plan = wanted.plan(name)
    if plan.stable is None or asked.serve == "stable":
        return wanted.with_plan(plan.promoted(version))
    return wanted.with_plan(plan.with_canary(version, asked.share)) if asked.serve == "canary" else wanted


def given_up(name: str, version: int, error: BaseException, wanted: Wanted) -> Wanted:
    """Without a version that was loaded in vain, unless somebody else lets it answer by now."""
    plan = wanted.plan(name)
    if isinstance(error, VersionUnusable):
        return wanted.failing(name, version, error.detail)
    return wanted.with_plan(plan.refusing(version) if isinstance(error, VersionDiffers) else plan.dropping(version))
