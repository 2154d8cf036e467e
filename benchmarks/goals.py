"""Tables of medians, and ratios beside what they should be."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from typing import Self


@dataclass(frozen=True)
class Figures:
    """What one competitor did in one round, or the median of several."""

    per_second: float
    p50_ms: float
    p99_ms: float
    cpu_ms: float  # for each photo
    others: float  # cores that nobody here used

    @classmethod
    def median(cls, rounds: Sequence[Self]) -> Self:
        return cls(*(statistics.median(values) for values in zip(*map(astuple, rounds), strict=True)))


HEADINGS = ("photos/s", "p50 ms", "p99 ms", "CPU ms/photo", "others' cores")
assert len(HEADINGS) == len(fields(Figures))


def print_table(title: str, rows: Mapping[str, Figures]) -> None:
    width = max(map(len, rows))
    print(f"\n{title}\n  {'':{width}}" + "".join(f"{heading:>15}" for heading in HEADINGS))
    for name, figures in rows.items():
        cells = ("" if value != value else f"{value:.2f}" for value in astuple(figures))  # not a number: not measured
        print(f"  {name:{width}}" + "".join(f"{cell:>15}" for cell in cells))


def print_ratio(name: str, value: float, least: float | None = None, most: float | None = None) -> None:
    """Prints a ratio; with a bound, also whether it keeps to it."""
    goal = ""
    if least is not None:
        goal = f"   goal {least:g} or more: {'met' if value >= least else 'MISSED'}"
    if most is not None:
        goal = f"   goal {most:g} or less: {'met' if value <= most else 'MISSED'}"
    print(f"  {name:58}{value:6.2f}{goal}")
