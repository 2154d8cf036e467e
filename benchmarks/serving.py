"""Photos answered per second, waiting time and CPU time: the service beside the ceiling and a naive server.

All are loaded all the time and work in turn, A B C A B C …; one that does not work takes no CPU time.
"""

from collections import defaultdict
from collections.abc import Callable
from functools import partial

from app.cores import cores
from benchmarks.answers import check_answers
from benchmarks.ceiling import BATCH, Asker, Question, Work, ceiling
from benchmarks.goals import Figures, print_ratio, print_table
from benchmarks.load import Load, run
from benchmarks.photos import SIZES, photo_set
from benchmarks.processes import warn_about, watched_others
from benchmarks.server import Server, catscan, naive

MANY = 64  # connections
# The goals.
OF_CEILING, OVER_BARE, TAIL, CPU = 0.85, 1.3, 2.0, 1.2
# Rows of the tables.
CEILING, CATSCAN, NAIVE = f"ceiling, batches of {BATCH}", "catscan", "naive server"
DECODE, FORWARD = "decode alone", f"forward alone, batches of {BATCH}"
BARE, BARE_SPREAD = "decode and forward, on one core", "decode and forward, on all cores"
ONE, RESTED, REST_S = "forward, photo upon photo", "forward, after 20 ms of rest", 0.02

Competitors = dict[str, Callable[[], Figures]]


def measure(rounds: int, seconds: float, precision: str) -> None:
    """Runs all rounds and prints what came out."""
    with (
        catscan(precision) as ours, naive() as theirs,
        ceiling(ours.precision, lanes=cores()) as bare, ceiling(ours.precision, lanes=0) as spread,
    ):  # fmt: skip
        print(f"catscan predicts in {ours.precision}, and so does the ceiling; the naive server in float32")
        check_answers(ours)
        tables: dict[str, Competitors] = {}
        for photos in SIZES:
            tables[f"{described(photos)}, {MANY} connections"] = {
                CEILING: partial(asked, bare, "decode and forward", photos, BATCH, cores(), seconds),
                CATSCAN: partial(loaded, ours, photos, MANY, seconds),
                NAIVE: partial(loaded, theirs, photos, MANY, seconds),
                DECODE: partial(asked, bare, "decode", photos, BATCH, cores(), seconds / 2),
                FORWARD: partial(asked, bare, "forward", photos, BATCH, cores(), seconds / 2),
            }
        for photos in SIZES:
            tables[f"{described(photos)}, one connection"] = {
                BARE: partial(asked, bare, "decode and forward", photos, 1, 1, seconds / 2),
                BARE_SPREAD: partial(asked, spread, "decode and forward", photos, 1, 1, seconds / 2),
                CATSCAN: partial(loaded, ours, photos, 1, seconds),
                NAIVE: partial(loaded, theirs, photos, 1, seconds),
                ONE: partial(asked, bare, "forward", photos, 1, 1, seconds / 2),
                RESTED: partial(asked, bare, "forward", photos, 1, 1, seconds / 2, REST_S),
            }
        report(in_turn(tables, rounds))


def in_turn(tables: dict[str, Competitors], rounds: int) -> dict[str, dict[str, Figures]]:
    """The medians of all rounds, by table and row."""
    found: dict[str, dict[str, list[Figures]]] = {title: defaultdict(list) for title in tables}
    for number in range(1, rounds + 1):
        for title, competitors in tables.items():
            print(f"round {number} of {rounds}: {title}", end="", flush=True)
            for name, competitor in competitors.items():
                found[title][name].append(competitor())
                print(f" | {name.partition(',')[0]} {found[title][name][-1].per_second:.0f}/s", end="", flush=True)
            print()
    warn_about(max(figures.others for rows in found.values() for several in rows.values() for figures in several))
    return {
        title: {name: Figures.median(several) for name, several in rows.items()} for title, rows in found.items()
    }  # fmt: skip


def asked(
    asker: Asker, work: Work, photos: str, batch: int, callers: int, seconds: float, rest_s: float = 0.0
) -> Figures:
    """What the ceiling's process can do; a batch's time is nobody's waiting time."""
    with watched_others() as others:
        told = asker.measure(Question(work, photos, batch, callers, seconds, rest_s))
    unknown = float("nan")
    return Figures(told.per_second, told.p50_ms if batch == 1 else unknown, unknown, told.cpu_ms, others.cores)


def loaded(server: Server, photos: str, connections: int, seconds: float) -> Figures:
    """What a server does under a closed loop."""
    with watched_others() as others:
        outcome = run(Load(server.port, server.pid, photo_set(photos), connections, seconds))
    if strangers := outcome.strangers(200):
        print(f"\nWARNING: {server.name} also answered, by status (0: not at all): {strangers}")
    return Figures(outcome.per_second, outcome.p50_ms, outcome.p99_ms, outcome.cpu_ms, others.cores)


def report(tables: dict[str, dict[str, Figures]]) -> None:
    """Prints each table and the ratios that matter."""
    for title, rows in tables.items():
        print_table(title, rows)
        ours, theirs = rows[CATSCAN], rows[NAIVE]
        if CEILING in rows:
            best = rows[CEILING]
            print_ratio("photos/s, catscan / ceiling", ours.per_second / best.per_second, least=OF_CEILING)
            print_ratio("photos/s, catscan / naive server", ours.per_second / theirs.per_second)
            print_ratio("waiting time, p99 / p50 of catscan", ours.p99_ms / ours.p50_ms, most=TAIL)
            print_ratio("CPU time, catscan / ceiling", ours.cpu_ms / best.cpu_ms, most=CPU)
            print_ratio("CPU time, catscan / naive server", ours.cpu_ms / theirs.cpu_ms)
        else:
            print_ratio(f"p50, catscan / {BARE}", ours.p50_ms / rows[BARE].p50_ms, most=OVER_BARE)
            print_ratio(f"p50, catscan / {BARE_SPREAD}", ours.p50_ms / rows[BARE_SPREAD].p50_ms)
            print_ratio("p50, catscan / naive server", ours.p50_ms / theirs.p50_ms)
            print_ratio(f"p50, {RESTED} / photo upon photo", rows[RESTED].p50_ms / rows[ONE].p50_ms)


def described(photos: str) -> str:
    width, height = SIZES[photos]
    return f"{photos} photos of {width} x {height}"
