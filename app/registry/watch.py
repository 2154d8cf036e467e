"""Looks into the models' folder every so often: a newer version is loaded, compared, and becomes the stable one."""

import asyncio
import contextlib
import logging
import time
from pathlib import Path

from app.errors import ServiceError
from app.observing.shared_metrics import AT_ONCE, locked
from app.registry.changes import Changes
from app.registry.following import Follower
from app.registry.registry import Key, Registry
from model.manifest import MANIFEST_FILE

Files = frozenset[tuple[str, int, int]]  # each file's path, bytes and time of its last change, whatever that was
AGAIN_S = 300.0  # until what failed is tried again with the same files: the reason may have been another than they
logger = logging.getLogger("catscan")


class Watch:
    """Of several workers, one looks: another takes its place when it dies."""

    def __init__(self, registry: Registry, follower: Follower, changes: Changes, shared: Path | None = None) -> None:
        """Makes a watch that has seen nothing.

        Args:
            registry: says what is in the folder.
            follower: says what is loaded.
            changes: loads.
            shared: the folder of several workers; None if there is one.
        """
        self._registry, self._follower, self._changes, self._shared = registry, follower, changes, shared
        self._seen: dict[Key, Files] = {}
        self._failed: dict[Key, tuple[Files, float]] = {}  # and when, by time.monotonic
        self._complaint = ""

    async def keep_looking(self, every_s: float) -> None:
        """Looks until it is cancelled."""
        with contextlib.ExitStack() as until_the_end:
            waiting = self._shared
            while True:
                await asyncio.sleep(every_s)
                if waiting is not None:
                    with contextlib.suppress(BlockingIOError):
                        until_the_end.enter_context(locked(waiting / "watch.lock", AT_ONCE))
                        waiting = None
                if waiting is None:
                    await self.look()

    async def look(self) -> None:
        """Loads the newest of what is newer than the stable version of its model, if it can serve.

        A version is left until two looks see the same files, for it may still be copied; one that failed, until its
        files are others or some minutes have passed. Whatever somebody loaded or took back by hand is theirs, with all
        that is older.
        """
        try:
            for name, folders in self._registry.on_disk().items():
                plan = self._follower.catch_up().plan(name)
                for version in sorted(folders, reverse=True):
                    by_hand = version in plan.versions or version in plan.withdrawn
                    if by_hand or version <= (plan.stable or 0) or await self._serves(name, version, folders[version]):
                        break
            self._complaint = ""
        except Exception as error:  # somebody's hands in the folder must not end the watch
            if str(error) != self._complaint:
                logger.error("Cannot look for newer versions: %s", error)
            self._complaint = str(error)

    async def _serves(self, name: str, version: int, folder: Path) -> bool:
        try:
            files = await asyncio.to_thread(files_of, folder)
        except OSError:  # some of them went away just then
            self._seen.pop((name, version), None)
            return False
        settled = self._seen.get((name, version)) == files
        self._seen[name, version] = files
        failed, then = self._failed.get((name, version), (None, 0.0))
        known = failed == files and time.monotonic() - then < AGAIN_S
        if known or not settled or not (folder / MANIFEST_FILE).is_file():
            return False
        try:
            await self._changes.load(name, version)
        except ServiceError:  # it is logged where it is loaded
            self._failed[name, version] = files, time.monotonic()
            return False
        return True


def files_of(folder: Path) -> Files:
    """What is in a folder, so that a change can be seen."""
    found = [(path, path.stat()) for path in sorted(folder.rglob("*")) if path.is_file()]
    return frozenset((str(path.relative_to(folder)), state.st_size, state.st_ctime_ns) for path, state in found)
