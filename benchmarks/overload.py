"""Four times as many photos as the service can answer: it should answer as many as ever, and refuse the rest.

It should refuse them with 429 and a Retry-After. `python -m benchmarks.overload --minutes 10` does so for longer, with
clients beside that stall, hang up, or send one byte a second, and counts every minute by itself.
"""

import argparse
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from benchmarks.goals import print_ratio
from benchmarks.load import LOST, Load, Outcome, Part, run
from benchmarks.nuisances import Nuisances, nuisances
from benchmarks.photos import photo_set
from benchmarks.processes import Held, held, warn_about, watched_others
from benchmarks.server import Server, catscan

MANY = 64  # connections of the closed loop that finds the capacity
CROWD = 1024  # connections of the open loop
TIMES = 4
SECONDS = 10.0
CAPACITY_S = 20.0  # for which it is looked for, where the load takes minutes
LEAST = 0.9  # of the capacity
MOST_MEMORY = 1.05  # of that after the first part
REFUSED = 429


@dataclass(frozen=True)
class Overload:
    """What came of the load before, four times as much, and the load afterwards; and what was held at which time."""

    rate: float  # photos that were sent each second
    before: Outcome
    crowd: Outcome
    after: Outcome
    held: Sequence[Held]  # after each part
    others: float  # cores that nobody here used

    @property
    def goodput(self) -> float:
        """Photos answered each second, of the capacity before and afterwards."""
        return 2 * self.crowd.per_second / (self.before.per_second + self.after.per_second)


def main() -> None:
    parser = argparse.ArgumentParser("python -m benchmarks.overload", description=__doc__)
    parser.add_argument("--minutes", type=int, default=10)
    parser.add_argument("--precision", choices=["auto", "float32", "bfloat16"], default="auto")
    options = parser.parse_args()
    with catscan(options.precision) as server, nuisances(server.port) as them:
        done = overload(server, CAPACITY_S, 60.0 * options.minutes, options.minutes)
        report(done)
    report_nuisances(them)


def measure(rounds: int, seconds: float, precision: str) -> None:
    """Finds the capacity, overloads, and prints what came; once, however many rounds the others have."""
    del rounds
    with catscan(precision) as server:
        report(overload(server, max(seconds, 3.0), SECONDS))


def overload(server: Server, capacity_s: float, seconds: float, parts: int = 1) -> Overload:
    """Finds the capacity within so many seconds, overloads, and finds it again.

    Raises:
        RuntimeError: if nothing is answered at all: four times that is no load.
    """
    photos, found = photo_set("web"), list[Held]()
    with ExitStack() as during:
        others = during.enter_context(watched_others())
        before = run(Load(server.port, server.pid, photos, MANY, capacity_s, warmup=2.0))
        rate = TIMES * before.per_second
        if not rate:
            raise RuntimeError(f"Expected answers within {capacity_s:g} s; received none: the machine is too busy")
        with sampled(server.pid, seconds / parts, found):
            crowd = run(Load(server.port, server.pid, photos, CROWD, seconds, rate=rate, parts=parts))
        after = run(Load(server.port, server.pid, photos, MANY, capacity_s))
    return Overload(rate, before, crowd, after, found, others.cores)


@contextmanager
def sampled(pid: int, every_s: float, into: list[Held]) -> Iterator[None]:
    """Looks every so often at what a process holds."""
    over = threading.Event()

    def look() -> None:
        while not over.wait(every_s):
            into.append(held(pid))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def report(done: Overload) -> None:
    crowd, parts = done.crowd, done.crowd.parts
    warn_about(done.others)
    print(f"\nOverload: {done.rate:.0f} photos/s, {TIMES} times the capacity, for {crowd.seconds:.0f} s", end="")
    print(f" on {CROWD} connections")
    print(f"  {'':22}{'answered/s':>12}{'p50 ms':>10}{'p99 ms':>10}{'CPU s/s':>10}   statuses")
    for name, outcome in {"before": done.before, "overload": crowd, "afterwards": done.after}.items():
        print(
            f"  {name:22}{outcome.per_second:12.1f}{outcome.p50_ms:10.1f}{outcome.p99_ms:10.1f}"
            f"{outcome.server_cpu_s / outcome.seconds:10.2f}   {outcome.statuses}"
        )
    if len(parts) > 1:
        report_parts(parts, done.held)
    answered, refused = crowd.statuses.get(200, 0), crowd.statuses.get(REFUSED, 0)
    sent = sum(crowd.statuses.values()) + crowd.unanswered
    print(f"  sent {sent}, answered {answered}, refused {refused}, lost {crowd.lost}")
    print_ratio("answered/s, overload / capacity (before and afterwards)", done.goodput, least=LEAST)
    print_ratio("p99 of those answered, overload / before", crowd.p99_ms / done.before.p99_ms)
    if len(done.held) > 1:
        memory = done.held[-1].memory.pss / done.held[0].memory.pss
        print_ratio("PSS, after the last part / after the first", memory, most=MOST_MEMORY)
    print(f"  the load generator itself took {crowd.generator_cpu_s / crowd.seconds:.2f} cores of the machine")
    complain(crowd)


def report_parts(parts: Sequence[Part], found: Sequence[Held]) -> None:
    print(f"\n  {'part':>6}{'answered':>10}{'p50 ms':>9}{'p99 ms':>9}{'RSS MB':>9}{'PSS MB':>9}{'files':>7}", end="")
    print(f"{'threads':>9}   statuses")
    for number, (part, then) in enumerate(zip(parts, found, strict=False), 1):
        print(
            f"  {number:6}{part.statuses.get(200, 0):10}{part.p50_ms:9.1f}{part.p99_ms:9.1f}{then.memory.rss:9.1f}"
            f"{then.memory.pss:9.1f}{then.files:7}{then.threads:9}   {part.statuses}"
        )


def report_nuisances(them: Nuisances) -> None:
    print("\nBeside it, how those ended who did as none should:")
    for kind, ends in them.ends.items():
        print(f"  {kind:10} {dict(ends)}")


def complain(crowd: Outcome) -> None:
    """Says loudly what should not have happened."""
    for status, count in crowd.strangers(200, REFUSED).items():
        what = "connections broke off" if status == LOST else f"answers had status {status}"
        print(f"WARNING: {count} {what}; expected 200 or {REFUSED}")
    refused = crowd.statuses.get(REFUSED, 0)
    if not refused:
        print(f"WARNING: nobody was refused with {REFUSED}")
    if crowd.with_retry_after < refused:
        print(f"WARNING: {refused - crowd.with_retry_after} refusals had no Retry-After")
    if crowd.unsent:
        print(f"WARNING: {crowd.unsent} photos were not sent: all {CROWD} connections waited for an answer")
    if crowd.unanswered:
        print(f"WARNING: {crowd.unanswered} photos were still without an answer long after")


if __name__ == "__main__":
    main()
