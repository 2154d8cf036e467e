"""Four times as many photos as the service can answer: it should answer as many as ever, and refuse the rest.

It should refuse them with 429 and a Retry-After.
"""

from benchmarks.goals import print_ratio
from benchmarks.load import LOST, Load, Outcome, run
from benchmarks.photos import photo_set
from benchmarks.processes import warn_about, watched_others
from benchmarks.server import catscan

MANY = 64  # connections of the closed loop that finds the capacity
CROWD = 1024  # connections of the open loop
TIMES = 4
SECONDS = 10.0
LEAST = 0.9  # of the capacity
REFUSED = 429


def measure(rounds: int, seconds: float, precision: str) -> None:
    """Finds the capacity, overloads, and prints what came; once, however many rounds the others have."""
    del rounds
    photos = photo_set("web")
    with catscan(precision) as server, watched_others() as others:
        before = run(Load(server.port, server.pid, photos, MANY, max(seconds, 3.0), warmup=2.0))
        rate = TIMES * before.per_second
        crowd = run(Load(server.port, server.pid, photos, CROWD, SECONDS, rate=rate))
        after = run(Load(server.port, server.pid, photos, MANY, max(seconds, 3.0)))
    warn_about(others.cores)
    print(f"\nOverload: {rate:.0f} photos/s, {TIMES} times the capacity, for {SECONDS:g} s on {CROWD} connections")
    print(f"  {'':22}{'answered/s':>12}{'p50 ms':>10}{'p99 ms':>10}{'CPU s/s':>10}   statuses")
    for name, outcome in {"before": before, "overload": crowd, "afterwards": after}.items():
        print(
            f"  {name:22}{outcome.per_second:12.1f}{outcome.p50_ms:10.1f}{outcome.p99_ms:10.1f}"
            f"{outcome.server_cpu_s / outcome.seconds:10.2f}   {outcome.statuses}"
        )
    capacity = (before.per_second + after.per_second) / 2
    print_ratio("answered/s, overload / capacity (before and afterwards)", crowd.per_second / capacity, least=LEAST)
    print_ratio("p99 of those answered, overload / before", crowd.p99_ms / before.p99_ms)
    print(f"  the load generator itself took {crowd.generator_cpu_s / crowd.seconds:.2f} cores of the machine")
    complain(crowd)


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
