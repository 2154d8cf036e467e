"""Times things in turn, A B A B …, so that a machine whose speed drifts slows all of them alike."""

import statistics
import time
from collections.abc import Callable, Mapping

ROUNDS = 200
WARMUP = 20


def medians(calls: Mapping[str, Callable[[], object]], rounds: int = ROUNDS, warmup: int = WARMUP) -> dict[str, float]:
    """The median time of each call by name, in milliseconds."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for round_number in range(warmup + rounds):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            if round_number >= warmup:
                times[name].append((time.perf_counter() - start) * 1e3)
    return {name: statistics.median(values) for name, values in times.items()}


def report(title: str, milliseconds: dict[str, float], against: str) -> None:
    """Prints each median and its ratio to one of them."""
    print(f"\n{title}")
    for name, value in milliseconds.items():
        print(f"  {name:34}{value:8.2f} ms   {value / milliseconds[against]:5.2f} x {against}")
