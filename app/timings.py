"""How long each stage of a request took, and when, if it is traced."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple, Self

from fastapi import Request


class Stage(NamedTuple):
    """One stage of a request's work; of several photos each has its own."""

    name: str
    start: float  # by time.perf_counter
    end: float
    photos: int  # that it was done for at once


# Where all stages of a traced request are noted; of any other, nowhere.
traced: ContextVar[list[Stage] | None] = ContextVar("traced", default=None)


class Timings:
    """Stages in milliseconds, from the moment this is made."""

    def __init__(self) -> None:
        self._start = time.perf_counter()
        self.stages: dict[str, float] = {}
        self.batch_size = 1  # of the batch that the photo was predicted in
        self._traced = traced.get()

    @classmethod
    def of(cls, request: Request) -> Self:
        """Those of a request that begins to be answered, where `app.observing.observed` finds them."""
        timings = cls()
        request.state.timings = timings.stages
        return timings

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            self.add(name, start, time.perf_counter())

    def add(self, name: str, start: float, end: float, photos: int = 1) -> None:
        """Takes a stage that began and ended at these times of time.perf_counter, done for so many photos at once."""
        self.stages[name] = self.stages.get(name, 0.0) + (end - start) * 1e3
        if self._traced is not None:
            self._traced.append(Stage(name, start, end, photos))

    def so_far(self) -> dict[str, float]:
        """All stages and the total since the start, in milliseconds to the microsecond."""
        total = (time.perf_counter() - self._start) * 1e3
        return {name: round(value, 3) for name, value in {**self.stages, "total": total}.items()}


def server_timing(milliseconds: dict[str, float]) -> str:
    """The Server-Timing header (w3.org/TR/server-timing): browsers draw it beside the request."""
    return ", ".join(f"{name};dur={duration}" for name, duration in milliseconds.items())
