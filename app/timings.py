"""How long each stage of a request took."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from fastapi import Request


class Timings:
    """Stages in milliseconds, from the moment this is made."""

    def __init__(self) -> None:
        self._start = time.perf_counter()
        self.stages: dict[str, float] = {}
        self.batch_size = 1  # of the batch that the photo was predicted in

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
            self.add(name, time.perf_counter() - start)

    def add(self, name: str, seconds: float) -> None:
        self.stages[name] = self.stages.get(name, 0.0) + seconds * 1e3

    def so_far(self) -> dict[str, float]:
        """All stages and the total since the start, in milliseconds to the microsecond."""
        total = (time.perf_counter() - self._start) * 1e3
        return {name: round(value, 3) for name, value in {**self.stages, "total": total}.items()}


def server_timing(milliseconds: dict[str, float]) -> str:
    """The Server-Timing header (w3.org/TR/server-timing): browsers draw it beside the request."""
    return ", ".join(f"{name};dur={duration}" for name, duration in milliseconds.items())
