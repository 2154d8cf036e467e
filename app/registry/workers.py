"""What is wanted, for several worker processes, in files of the folder in which they count together.

A version is switched to in two steps. First it is wanted to be loaded: each worker sees that at its next look, loads it
and writes down what came of it. Once all living workers have it, it is wanted to answer: within a worker that is a
switch between two requests; between workers there is the time until the next look (`app.registry.following.LOOK_S`, and
whatever an event loop is busy with), in which one answers with the new version already and another with the old one
still. A worker that is started in the place of a dead one begins with what is wanted by then.
"""

import asyncio
import os
import time
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel

from app.observing.shared_metrics import Workers, locked
from app.registry.agreement import Change, Outcome, Wanted, applied
from app.registry.refusals import VersionUnusable

LOOK_S = 0.2  # between two looks at how far the others are
MOST_S = 300.0  # until all workers have loaded a version; a worker that has just been started needs some seconds


class Report(BaseModel):
    """What came of what was wanted in one worker, by the number of the change that wanted it."""

    pid: int
    outcomes: dict[int, Outcome]


class Together:
    """The agreement of several workers."""

    def __init__(self, folder: Path, place: str, most_s: float = MOST_S) -> None:
        """Takes part.

        Args:
            folder: of the workers, each of which holds a lock there while it lives.
            place: this worker's name.
            most_s: how long the others may take to load a version, in seconds.
        """
        self._folder, self._workers, self._most_s = folder, Workers(folder), most_s
        self._file, self._report = folder / "wanted.json", folder / f"{place}.outcomes.json"
        self._told: Report | None = None
        self._known: tuple[tuple[int, int] | None, Wanted] = None, Wanted()

    def read(self) -> Wanted:
        """The same object as before, if nothing has changed since."""
        try:
            state = self._file.stat()
        except FileNotFoundError:
            return self._known[1]
        written = state.st_ino, state.st_mtime_ns
        if written != self._known[0]:
            self._known = written, Wanted.model_validate_json(self._file.read_bytes())
        return self._known[1]

    def change(self, change: Change) -> Wanted:
        """Writes what a change makes of it, and gives that; nothing if the change raises an error."""
        with locked(self._folder / "wanted.lock"):
            before = self.read()
            wanted = applied(change, before)
            if wanted is not before:
                replace(self._file, wanted)
        return self.read()

    def tell(self, outcomes: Mapping[int, Outcome]) -> None:
        """Writes what came of everything wanted in this process."""
        report = Report(pid=os.getpid(), outcomes=dict(outcomes))
        if report != self._told:
            replace(self._report, report)
            self._told = report

    async def everywhere(self, name: str, version: int) -> bool:
        """Waits until every living worker has loaded a version; False if it is wanted no longer.

        Raises:
            VersionUnusable: if one of them cannot, or takes too long, or has loaded other files than the rest.
        """
        start = time.monotonic()
        while True:
            number = self.read().plan(name).versions.get(version)
            if number is None:
                return False
            outcomes = {place: self._outcome(place, pid, number) for place, pid in self._workers.living().items()}
            for place, outcome in outcomes.items():
                if outcome.failure:
                    raise unusable(name, version, f"in worker {place}: {outcome.failure}")
            digests = {outcome.digest for outcome in outcomes.values()}
            if None not in digests:
                break
            if time.monotonic() - start > self._most_s:
                late = ", ".join(place for place, outcome in outcomes.items() if outcome.digest is None)
                raise unusable(name, version, f"not loaded by worker {late} within {self._most_s:g} s")
            await asyncio.sleep(LOOK_S)
        if len(digests) > 1:
            raise unusable(name, version, f"other files in one than in another, {sorted(map(str, digests))}")
        return True

    def elsewhere(self) -> bool:
        """Whether another living worker has loaded a version that answers."""
        numbers = [plan.versions[plan.stable] for plan in self.read().plans.values() if plan.stable is not None]
        others = {place: pid for place, pid in self._workers.living().items() if pid != os.getpid()}
        return any(self._outcome(place, pid, number).digest for place, pid in others.items() for number in numbers)

    def _outcome(self, place: str, pid: int, number: int) -> Outcome:
        try:
            report = Report.model_validate_json((self._folder / f"{place}.outcomes.json").read_bytes())
        except FileNotFoundError:
            return Outcome()
        return report.outcomes.get(number, Outcome()) if report.pid == pid else Outcome()  # else a dead worker's


def unusable(name: str, version: int, why: str) -> VersionUnusable:
    return VersionUnusable(f"Expected {name} version {version} to be loaded by every worker; received: {why}")


def replace(file: Path, content: BaseModel) -> None:
    """Writes a file so that whoever reads it finds all that was there before, or all that is there now."""
    new = file.with_suffix(f".{os.getpid()}.new")
    new.write_text(content.model_dump_json(), "utf-8")
    new.replace(file)
