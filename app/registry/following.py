"""Makes true in this process what is wanted: loads versions, puts rollouts in their places, lets versions go."""

import asyncio
import logging
import weakref
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

from app.engine import Engine
from app.registry.agreement import Agreement, Change, Outcome, Wanted
from app.registry.registry import Key, Registry
from app.registry.rollout import Rollout
from model.errors import ArtifactMalformed

LOOK_S = 0.05  # between two looks at what other processes want: as long, and no longer, they may answer differently
AFTER_ERROR_S = 5.0  # a line each time is enough
logger = logging.getLogger("catscan")


class Follower:
    """Follows an agreement; it belongs to one event loop."""

    def __init__(
        self,
        registry: Registry,
        agreement: Agreement,
        load: Callable[[Path], Awaitable[Engine]],
        let_go: Callable[["weakref.ref[Engine]"], Coroutine[Any, Any, None]],
        tell: Callable[[], None] = lambda: None,
    ) -> None:
        """Makes a follower that has done nothing yet.

        Args:
            registry: where it puts what answers.
            agreement: what it follows.
            load: makes an engine of a version's folder.
            let_go: frees what an engine held, once no request has it any more.
            tell: is told whenever something else is loaded or answers.
        """
        self.agreement = agreement
        self._registry, self._load, self._let_go, self._tell = registry, load, let_go, tell
        self._loads: dict[Key, asyncio.Task[Engine]] = {}  # of what is wanted: running, done or failed
        self._followed: Wanted | None = None
        self._numbers: dict[Key, int] = {}  # of the changes that they were begun for
        self._others: set[asyncio.Task[None]] = set()  # the event loop alone would forget them

    def change(self, change: Change) -> Wanted:
        """Changes what is wanted, for all processes, and follows."""
        wanted = self.agreement.change(change)
        self.follow(wanted)
        return wanted

    def catch_up(self) -> Wanted:
        """Follows what another process has changed; gives what is wanted."""
        wanted = self.agreement.read()
        if wanted is not self._followed:
            self.follow(wanted)
        return wanted

    async def engine(self, name: str, version: int) -> Engine:
        """A version that is wanted, once it is loaded; all who wait for it wait for the same load.

        Raises:
            VersionUnknown: if there is no folder.
            ArtifactError, DeviceMissing, PrecisionMissing: if it cannot serve.
        """
        return await asyncio.shield(self._loads[name, version])

    def try_again(self) -> None:
        """Loads once more what could not be loaded."""
        self._loads = {key: load for key, load in self._loads.items() if not outcome(load).failure}
        self.follow(self.agreement.read())

    def follow(self, wanted: Wanted) -> None:
        """Begins what takes time, and does at once what does not."""
        self._followed = None  # until all is done: what an error interrupts is followed once more
        keys = {(plan.name, version): each for plan in wanted.plans.values() for version, each in plan.versions.items()}
        for key in self._loads.keys() - keys.keys():
            self._drop(self._loads.pop(key))
        for key, number in keys.items():
            known = self._loads.get(key)
            if known is None or (outcome(known).failure and self._numbers[key] != number):
                self._loads[key] = asyncio.create_task(self._loaded(*key))
                self._loads[key].add_done_callback(partial(self._ended, key))
            self._numbers[key] = number
        done = {key: load.result() for key, load in self._loads.items() if outcome(load).digest}
        for name, plan in wanted.plans.items():
            engines = {version: done[name, version] for version in sorted(plan.versions) if (name, version) in done}
            if rollout := Rollout.of(plan, engines):
                self._registry.switch(rollout)
        self._registry.loading = {key for key, load in self._loads.items() if not load.done()}
        told = {(name, each): why for name, failed in wanted.failures.items() for each, why in failed.items()}
        here = {key: why for key, load in self._loads.items() if (why := outcome(load).failure)}
        self._registry.failures = told | here
        self.agreement.tell({self._numbers[key]: outcome(load) for key, load in self._loads.items() if load.done()})
        self._tell()
        self._followed = wanted

    async def keep_following(self) -> None:
        """Follows what other processes change, until it is cancelled."""
        while True:
            try:
                self.catch_up()
            except Exception as error:  # such as a full disk, which must not end this for ever
                logger.error("Cannot follow what other workers want: %s", error)
                await asyncio.sleep(AFTER_ERROR_S)
            await asyncio.sleep(LOOK_S)

    async def _loaded(self, name: str, version: int) -> Engine:
        engine = await self._load(self._registry.folder(name, version))
        if (engine.model.name, engine.model.version) != (name, version):
            received = f"{engine.model.name} version {engine.model.version}"
            raise ArtifactMalformed(f"Expected {name} version {version}; its manifest says: {received}")
        return engine

    def _ended(self, key: Key, load: asyncio.Task[Engine]) -> None:
        if load.cancelled():
            return  # the process is stopping
        if failure := outcome(load).failure:
            logger.error("%s version %d is not loaded: %s", *key, failure)
        if self._loads.get(key) is load:
            self.follow(self.agreement.read())
        elif not failure:
            self._drop(load)  # nobody wants it any more

    def _drop(self, load: asyncio.Task[Engine]) -> None:
        if outcome(load).digest:
            task = asyncio.create_task(self._let_go(weakref.ref(load.result())))
            self._others.add(task)
            task.add_done_callback(self._others.discard)

    def close(self) -> None:
        """Ends what has not ended."""
        for task in (*self._loads.values(), *self._others):
            task.cancel()


def outcome(load: "asyncio.Task[Engine]") -> Outcome:
    """What came of a load so far."""
    if not load.done():
        return Outcome()
    if load.cancelled():
        return Outcome(failure="its process is stopping")
    error = load.exception()
    return Outcome(failure=str(error) or type(error).__name__) if error else Outcome(digest=load.result().model.digest)
