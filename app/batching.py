"""Batches that cost nothing when idle: work starts at once on a free lane, and what arrives meanwhile goes together."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Batched(Generic[Answer]):
    """One item's answer, and how it came about."""

    answer: Answer
    waited_s: float  # until its batch began
    computed_s: float  # its whole batch
    size: int  # of its batch


@dataclass
class Waiting(Generic[Item, Answer]):
    item: Item
    since: float
    caller: "asyncio.Future[Batched[Answer]]"


class Batcher(Generic[Item, Answer]):
    """Computes items in batches on some lanes, in the order of their arrival. No timer delays any of them.

    It belongs to one event loop. A caller that goes away while its item waits takes the item with it; its neighbours
    never notice. If a batch fails, each of its items is computed alone, so that only those fail that must.
    """

    def __init__(
        self,
        compute: Callable[[Sequence[Item]], Sequence[Answer]],
        lanes: Sequence[Executor],
        sizes: Sequence[int],
        began: Callable[[int], None] = lambda _: None,
    ) -> None:
        """Makes a batcher.

        Args:
            compute: answers items, in their order; it runs in a lane.
            lanes: what runs batches at the same time, each one batch.
            sizes: that a batch may have, 1 among them; the largest that can be filled is taken, and none is padded.
            began: is told the size of each batch that begins.
        """
        self._compute, self._free, self._began = compute, list(lanes), began
        self._sizes = sorted(sizes, reverse=True)
        self._waiting: deque[Waiting[Item, Answer]] = deque()
        self._running: set[asyncio.Task[None]] = set()

    @property
    def waiting(self) -> int:
        """Items in no batch yet; some may have lost their caller."""
        return len(self._waiting)

    def submit(self, item: Item) -> "asyncio.Future[Batched[Answer]]":
        """The answer to one item, or what `compute` raised at it; cancel it to take the item back."""
        caller: asyncio.Future[Batched[Answer]] = asyncio.get_running_loop().create_future()
        self._waiting.append(Waiting(item, time.perf_counter(), caller))
        self._start_batches()
        return caller

    def _start_batches(self) -> None:
        while self._free and (batch := self._next_batch()):
            run = asyncio.get_running_loop().create_task(self._run(batch, self._free.pop()))
            self._running.add(run)  # the loop itself would not keep it alive
            run.add_done_callback(self._running.discard)

    def _next_batch(self) -> list[Waiting[Item, Answer]]:
        batch: list[Waiting[Item, Answer]] = []
        while self._waiting and len(batch) < self._sizes[0]:
            entry = self._waiting.popleft()
            if not entry.caller.done():  # else it went away
                batch.append(entry)
        size = next((size for size in self._sizes if size <= len(batch)), 0)
        self._waiting.extendleft(reversed(batch[size:]))
        return batch[:size]

    async def _run(self, batch: list[Waiting[Item, Answer]], lane: Executor) -> None:
        begun = time.perf_counter()
        self._began(len(batch))
        items = [entry.item for entry in batch]
        try:
            outcomes = await asyncio.get_running_loop().run_in_executor(lane, self._outcomes, items)
        except BaseException:  # the loop ends, or the lane is closed
            for entry in batch:
                entry.caller.cancel()
            raise
        computed = time.perf_counter() - begun
        self._free.append(lane)
        for entry, outcome in zip(batch, outcomes, strict=True):
            if entry.caller.done():
                continue  # it went away meanwhile
            if isinstance(outcome, Exception):
                entry.caller.set_exception(outcome)
            else:
                entry.caller.set_result(Batched(outcome, begun - entry.since, computed, len(batch)))
        self._start_batches()

    def _outcomes(self, items: Sequence[Item]) -> Sequence[Answer | Exception]:
        """Runs in a lane: an answer, or what went wrong, for each item."""
        try:
            return self._compute(items)
        except Exception as error:
            return [error] if len(items) == 1 else [self._outcomes([item])[0] for item in items]
