"""What a process and all that it started take and hold, beside the whole machine. Linux only: from /proc.

A load is only worth measuring if nobody else works on the machine meanwhile; `watched_others` sees who does.
"""

import os
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
# Places in /proc/PID/stat after the command's name, and in the first line of /proc/stat; see proc(5).
PARENT, CPU_TIMES = 1, slice(11, 15)  # user and system, its own and those of children that have ended
THREADS = 17
USER, NICE, SYSTEM, STEAL = 0, 1, 2, 7  # interrupts are left out: those of the loopback are part of the load
TOO_MUCH = 0.3  # cores of others from which on figures are spoiled


@dataclass(frozen=True)
class Memory:
    """In MB of 2**20 bytes: all that is mapped, and with shared pages divided among those who share them."""

    rss: float
    pss: float


@dataclass(frozen=True)
class Held:
    """What a process and all below it hold at a moment."""

    memory: Memory
    files: int  # descriptors that are open, sockets among them
    threads: int
    processes: int


@dataclass
class Others:
    """How many cores all the rest of the machine took, on average; known once the watch is over."""

    cores: float = 0.0


@contextmanager
def watched_others() -> Iterator[Others]:
    """Watches what processes take that neither are this one nor were started by it."""
    others = Others()
    start, before = time.perf_counter(), busy_seconds() - cpu_seconds(os.getpid())
    yield others
    after = busy_seconds() - cpu_seconds(os.getpid())
    others.cores = max(0.0, after - before) / (time.perf_counter() - start)


def warn_about(cores: float) -> None:
    """Says so if others took too much."""
    if cores > TOO_MUCH:
        print(f"WARNING: others took up to {cores:.1f} cores meanwhile: these figures are spoiled, measure again")


def cpu_seconds(pid: int) -> float:
    """What a process and all below it have used so far; those that have ended count, too."""
    ticks = sum(int(value) for member in family(pid) for value in fields(member)[CPU_TIMES])
    return ticks / os.sysconf("SC_CLK_TCK")


def busy_seconds() -> float:
    """What all processes of the machine have used so far, and what the machine's host took from it."""
    values = (PROC / "stat").read_text().partition("\n")[0].split()[1:]
    return sum(int(values[place]) for place in (USER, NICE, SYSTEM, STEAL)) / os.sysconf("SC_CLK_TCK")


def memory(pid: int) -> Memory:
    """What a process and all below it hold now."""
    totals = {"Rss": 0, "Pss": 0}
    for member in family(pid):
        for line in read(member, "smaps_rollup").splitlines():
            name, _, value = line.partition(":")
            if name in totals:
                totals[name] += int(value.split()[0])
    return Memory(totals["Rss"] / 1024, totals["Pss"] / 1024)


def held(pid: int) -> Held:
    """What a process and all below it hold now."""
    members = family(pid)
    states = [state for member in members if (state := fields(member))]
    files = sum(open_files(member) for member in members)
    return Held(memory(pid), files, sum(int(state[THREADS]) for state in states), len(states))


def open_files(pid: int) -> int:
    """How many descriptors a process has open; none if it is gone."""
    try:
        return len(list((PROC / str(pid) / "fd").iterdir()))
    except (FileNotFoundError, ProcessLookupError):
        return 0


def family(pid: int) -> list[int]:
    """A process and all below it that live."""
    children = defaultdict(list)
    for place in PROC.iterdir():
        if place.name.isdecimal() and (known := fields(int(place.name))):
            children[int(known[PARENT])].append(int(place.name))
    members = [pid]
    for member in members:  # grows meanwhile
        members += children[member]
    return members


def fields(pid: int) -> list[str]:
    """What /proc/PID/stat says after the command's name, which may hold anything; nothing if the process is gone."""
    return read(pid, "stat").rpartition(")")[2].split()


def read(pid: int, name: str) -> str:
    try:
        return (PROC / str(pid) / name).read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
