"""Cold start, from the start of the process to the first photo answered, and what is in memory after some load.

Each server is alone, for memory that two of them share would count half.
"""

import statistics
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial

from benchmarks.goals import print_ratio
from benchmarks.load import Load, run
from benchmarks.photos import photo_set
from benchmarks.processes import Memory, memory, warn_about, watched_others
from benchmarks.server import Server, catscan, naive

CONNECTIONS = 64


def measure(rounds: int, seconds: float, precision: str) -> None:
    """Starts both in turn, so many times, and prints medians."""
    servers: dict[str, Callable[[], AbstractContextManager[Server]]] = {
        "catscan": partial(catscan, precision), "naive server": naive
    }  # fmt: skip
    starts: dict[str, list[float]] = {name: [] for name in servers}
    held: dict[str, list[Memory]] = {name: [] for name in servers}
    most = 0.0
    for _ in range(rounds):
        for name, server in servers.items():
            with watched_others() as others, server() as started:
                starts[name].append(started.start_s)
                run(Load(started.port, started.pid, photo_set("web"), CONNECTIONS, seconds))
                held[name].append(memory(started.pid))
            most = max(most, others.cores)
    warn_about(most)
    print(f"\nCold start, and memory after {seconds:g} s with {CONNECTIONS} connections: medians of {rounds}")
    print(f"  {'':12}{'first answer s':>16}{'RSS MB':>10}{'PSS MB':>10}")
    rows = {
        name: (
            statistics.median(starts[name]), statistics.median(one.rss for one in held[name]),
            statistics.median(one.pss for one in held[name]),
        ) for name in servers
    }  # fmt: skip
    for name, (start, rss, pss) in rows.items():
        print(f"  {name:12}{start:16.2f}{rss:10.0f}{pss:10.0f}")
    for place, what in enumerate(("first answer", "RSS", "PSS")):
        print_ratio(f"{what}, catscan / naive server", rows["catscan"][place] / rows["naive server"][place])
