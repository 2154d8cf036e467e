"""The cores as one pool: batchers of several kinds of work share its lanes, the most urgent first."""

from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Protocol


class Work(Protocol):
    """What takes lanes."""

    def begin(self) -> bool:
        """Takes a free lane, if there is work for it; says whether it did."""


class Lanes:
    """Threads that each do one thing at a time. It belongs to one event loop."""

    def __init__(self, count: int, name: str) -> None:
        self.threads: list[Executor] = [ThreadPoolExecutor(1, f"{name}-{number}") for number in range(count)]
        self.free = list(self.threads)
        self._work: list[Work] = []

    def share(self, work: Work) -> None:
        """Lets it take lanes, when all that was let before has nothing to do."""
        self._work.append(work)

    def fill(self) -> None:
        """To be called when there is new work, or a lane has become free."""
        while self.free and any(work.begin() for work in self._work):
            pass

    def close(self) -> None:
        """Lets what runs finish, and takes no more."""
        for thread in self.threads:
            thread.shutdown()
