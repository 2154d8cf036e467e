"""The cores as one pool: batchers of several kinds of work share its lanes, the most urgent first."""

import asyncio
from bisect import insort
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Protocol, TypeVar

Result = TypeVar("Result")


class Work(Protocol):
    """What takes lanes."""

    urgency: int  # what has more of it goes first; equals take turns

    @property
    def waiting(self) -> int:
        """How much of it is there to do; with none it is dropped, until it wants lanes again."""

    def begin(self) -> bool:
        """Takes a free lane, if there is work for it; says whether it did."""


class Lanes:
    """Threads that each do one thing at a time. It belongs to one event loop."""

    def __init__(self, count: int, name: str) -> None:
        self.threads: list[Executor] = [ThreadPoolExecutor(1, f"{name}-{number}") for number in range(count)]
        self.free = list(self.threads)
        self._work: list[Work] = []  # that is waiting, the most urgent first

    def want(self, work: Work) -> None:
        """Lets work have lanes until none of it is waiting."""
        if work not in self._work:
            self._enqueue(work)
        self.fill()

    def fill(self) -> None:
        """To be called when a lane has become free."""
        while self.free and (begun := next((work for work in self._work if work.begin()), None)):
            self._work.remove(begun)
            self._enqueue(begun)
        self._work = [work for work in self._work if work.waiting]

    def _enqueue(self, work: Work) -> None:
        insort(self._work, work, key=lambda other: -other.urgency)

    async def run_in_each(self, task: Callable[[], None]) -> None:
        """Runs a task in every lane at once, whatever else runs there: to be done before there is work."""
        loop = asyncio.get_running_loop()
        await asyncio.gather(*(loop.run_in_executor(thread, task) for thread in self.threads))

    async def visit_each(self, task: Callable[[], None]) -> None:
        """Runs a task in one lane after the other, when it is free: the others go on with their work meanwhile."""
        visit = Visit(self, task)
        self.want(visit)
        await visit.done

    def close(self) -> None:
        """Lets what runs finish, and takes no more."""
        for thread in self.threads:
            thread.shutdown()


class Visit:
    """A task that goes through all lanes, one at a time; it ends with the first failure."""

    urgency = 2

    def __init__(self, lanes: Lanes, task: Callable[[], None]) -> None:
        self._lanes, self._task = lanes, task
        self._left = list(lanes.threads)
        self._inside = False
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def waiting(self) -> int:
        return len(self._left)

    def begin(self) -> bool:
        lane = next((lane for lane in self._lanes.free if lane in self._left), None)
        if self._inside or lane is None:
            return False
        self._left.remove(lane)
        self._lanes.free.remove(lane)
        self._inside = True
        ran = asyncio.get_running_loop().run_in_executor(lane, self._task)
        ran.add_done_callback(lambda ran: self._end(lane, ran))
        return True

    def _end(self, lane: Executor, ran: "asyncio.Future[None]") -> None:
        self._inside = False
        error = ran.exception()
        if error is not None or self.done.done():
            self._left.clear()
        if not self.done.done():
            if error is not None:
                self.done.set_exception(error)
            elif not self._left:
                self.done.set_result(None)
        self._lanes.free.append(lane)
        self._lanes.fill()
