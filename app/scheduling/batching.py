"""Batches that cost nothing when idle: work begins at once on a free lane, and what arrives meanwhile goes together."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Generic, TypeVar

from app.scheduling.lanes import Lanes

Item = TypeVar("Item")
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Batched(Generic[Answer]):
    """One item's answer, and how it came about; times are those of time.perf_counter."""

    answer: Answer
    since: float  # when it was submitted
    begun: float  # its batch
    ended: float  # its whole batch
    size: int  # of its batch

    @property
    def waited_s(self) -> float:
        return self.begun - self.since

    @property
    def computed_s(self) -> float:
        return self.ended - self.begun


@dataclass
class Waiting(Generic[Item, Answer]):
    item: Item
    since: float
    caller: "asyncio.Future[Batched[Answer]]"


class Batcher(Generic[Item, Answer]):
    """Computes items in batches, in the order of their arrival. No timer delays any of them.

    What waits is spread over the lanes that are free. A caller that goes away while its item waits takes the item with
    it; its neighbours never notice. If a batch fails, each of its items is computed alone, so that only those fail that
    must. It belongs to one event loop.
    """

    def __init__(
        self,
        compute: Callable[[Sequence[Item]], Sequence[Answer | Exception]],
        lanes: Lanes,
        sizes: Sequence[int],
        *,
        urgency: int = 0,
        full_only: Callable[[], bool] = lambda: False,
        began: Callable[[int], None] = lambda _: None,
    ) -> None:
        """Makes a batcher.

        Args:
            compute: answers items, in their order, or says what is wrong with one of them; it runs in a lane.
            lanes: what runs batches, perhaps those of others too.
            sizes: that a batch may have, 1 among them; the largest that can be filled is taken, and none is padded.
            urgency: what has more of it gets lanes first.
            full_only: while this is true, only batches of the largest size begin.
            began: is told the size of each batch that begins, and 0 when all that waited have gone away.
        """
        self._compute, self._lanes, self._full_only, self._began = compute, lanes, full_only, began
        self._sizes = sorted(sizes, reverse=True)
        self._waiting: deque[Waiting[Item, Answer]] = deque()
        self.urgency = urgency

    @property
    def waiting(self) -> int:
        """Items in no batch yet; some may have lost their caller."""
        return len(self._waiting)

    def submit(self, item: Item) -> "asyncio.Future[Batched[Answer]]":
        """The answer to one item, or what is wrong with it; cancel it to take the item back."""
        caller: asyncio.Future[Batched[Answer]] = asyncio.get_running_loop().create_future()
        self._waiting.append(Waiting(item, time.perf_counter(), caller))
        self._lanes.want(self)
        return caller

    def begin(self) -> bool:
        """Begins a batch, if there is one; to be called with a lane free."""
        most = self._sizes[0]
        if not self._waiting or (self._full_only() and len(self._waiting) < most):
            return False
        batch = self._next_batch(min(most, -(-len(self._waiting) // len(self._lanes.free))))
        self._began(len(batch))
        if not batch:
            return False
        lane, begun, items = self._lanes.free.pop(), time.perf_counter(), [entry.item for entry in batch]
        try:
            done = asyncio.get_running_loop().run_in_executor(lane, self._outcomes, items)
        except RuntimeError:  # the lane is closed
            for entry in batch:
                entry.caller.cancel()
            raise
        done.add_done_callback(lambda done: self._end(batch, done, lane, begun))
        return True

    def _next_batch(self, most: int) -> list[Waiting[Item, Answer]]:
        """Takes out at most so many, all of whose callers still wait."""
        batch: list[Waiting[Item, Answer]] = []
        while self._waiting and len(batch) < most:
            entry = self._waiting.popleft()
            if not entry.caller.done():
                batch.append(entry)
        size = next((size for size in self._sizes if size <= len(batch)), 0)
        self._waiting.extendleft(reversed(batch[size:]))
        return batch[:size]

    def _outcomes(self, items: Sequence[Item]) -> Sequence[Answer | Exception]:
        """Runs in a lane."""
        try:
            return self._compute(items)
        except Exception as error:
            return [error] if len(items) == 1 else [self._outcomes([item])[0] for item in items]

    def _end(
        self,
        batch: list[Waiting[Item, Answer]],
        done: "asyncio.Future[Sequence[Answer | Exception]]",
        lane: Executor,
        begun: float,
    ) -> None:
        ended = time.perf_counter()
        for entry, outcome in zip(batch, done.result(), strict=True):
            if entry.caller.done():
                continue  # it went away meanwhile
            if isinstance(outcome, Exception):
                entry.caller.set_exception(outcome)
            else:
                entry.caller.set_result(Batched(outcome, entry.since, begun, ended, len(batch)))
        self._lanes.free.append(lane)
        self._lanes.fill()
