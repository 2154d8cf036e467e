"""The cores as one pool: batchers of several kinds of work share its lanes, the most urgent first."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Protocol, TypeVar

Result = TypeVar("Result")


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
        """Lets it take lanes, before all that was let before."""
        self._work.insert(0, work)

    def fill(self) -> None:
        """To be called when there is new work, or a lane has become free."""
        while self.free and any(work.begin() for work in self._work):
            pass

    async def run(self, task: Callable[[], Result]) -> Result:
        """Runs a task in the first lane, whatever else runs there: to be done before there is work."""
        return await asyncio.get_running_loop().run_in_executor(self.threads[0], task)

    async def run_in_each(self, task: Callable[[], None]) -> None:
        """Runs a task in every lane, likewise."""
        loop = asyncio.get_running_loop()
        await asyncio.gather(*(loop.run_in_executor(thread, task) for thread in self.threads))

    def close(self) -> None:
        """Lets what runs finish, and takes no more."""
        for thread in self.threads:
            thread.shutdown()
