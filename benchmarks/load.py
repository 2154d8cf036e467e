"""What is asked of a server, and what came of it; `generator.py`, in a process of its own, does the asking."""

import json
import pickle
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field

LOST = 0  # stands for a status


@dataclass(frozen=True)
class Load:
    """Photos posted to one server, each of them another file.

    Without a rate, every connection posts again as soon as it is answered (a closed loop). With one, photos are posted
    at times by chance, whether answers come or not (an open loop).
    """

    port: int
    pid: int  # of the server, whose CPU time is taken
    photos: Sequence[bytes]
    connections: int
    seconds: float
    warmup: float = 1.0  # seconds before the count begins
    rate: float | None = None  # requests per second
    target: str = "/predict"
    parts: int = 1  # of these seconds, all as long, whose answers are also counted each by itself


@dataclass(frozen=True)
class Part:
    """What came of the requests of one part of the seconds."""

    statuses: dict[int, int]
    p50_ms: float  # of answers with status 200; not a number if there are none, likewise below
    p99_ms: float


@dataclass(frozen=True)
class Outcome:
    """What came of the requests answered (closed loop) or due (open loop) within the seconds that count."""

    seconds: float
    in_time: int  # answers with status 200 that came within these seconds
    statuses: dict[int, int]  # how often each came; LOST counts connections that ended before their answer
    latencies_ms: list[float] = field(repr=False)  # of answers with status 200; in an open loop, since they were due
    server_cpu_s: float
    generator_cpu_s: float
    with_retry_after: int  # answers that have this header
    unsent: int  # requests of an open loop that found no connection free
    unanswered: int  # requests of an open loop whose answer did not come even afterwards
    parts: list[Part] = field(default_factory=list, repr=False)

    @property
    def per_second(self) -> float:
        """Answers with status 200."""
        return self.in_time / self.seconds

    @property
    def cpu_ms(self) -> float:
        """The server's CPU time for each answer of any status."""
        return self.server_cpu_s * 1e3 / max(1, sum(self.statuses.values()))

    @property
    def p50_ms(self) -> float:
        return median(self.latencies_ms)

    @property
    def p99_ms(self) -> float:
        return percentile(self.latencies_ms, 0.99)

    @property
    def lost(self) -> int:
        """Requests that were sent and had no answer of any kind."""
        return self.statuses.get(LOST, 0) + self.unanswered

    def strangers(self, *expected: int) -> dict[int, int]:
        """How often each status came that is not expected."""
        return {status: count for status, count in self.statuses.items() if status not in expected}


def median(values: Sequence[float]) -> float:
    """Not a number if there are none."""
    return statistics.median(values) if values else float("nan")


def percentile(values: Sequence[float], share: float) -> float:
    """The value that this share of all is below; not a number if there are none."""
    ordered = sorted(values)
    return ordered[int(share * len(ordered))] if ordered else float("nan")


def run(load: Load) -> Outcome:
    """Puts a load on a server.

    Raises:
        subprocess.CalledProcessError: if the generator fails.
    """
    command = [sys.executable, "-m", "benchmarks.generator"]
    done = subprocess.run(command, input=pickle.dumps(load), stdout=subprocess.PIPE, check=True)
    told = json.loads(done.stdout)
    parts = [Part(**part | {"statuses": numbered(part["statuses"])}) for part in told["parts"]]
    return Outcome(**told | {"statuses": numbered(told["statuses"]), "parts": parts})


def numbered(statuses: dict[str, int]) -> dict[int, int]:
    """JSON has no names but text."""
    return {int(status): count for status, count in statuses.items()}
