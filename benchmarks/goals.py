"""Tables of medians, and ratios beside what they should be."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
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

    def by_heading(self) -> dict[str, float]:
        """Each under the heading of its column."""
        return {
            "photos/s": self.per_second, "p50 ms": self.p50_ms, "p99 ms": self.p99_ms, "CPU ms/photo": self.cpu_ms,
            "others' cores": self.others,
        }  # fmt: skip


def print_table(title: str, rows: Mapping[str, Figures]) -> None:
    width = max(map(len, rows))
    table = {name: figures.by_heading() for name, figures in rows.items()}
    headings = next(iter(table.values()))
    print(f"\n{title}\n  {'':{width}}" + "".join(f"{heading:>15}" for heading in headings))
    for name, row in table.items():
        cells = ("" if value != value else f"{value:.2f}" for value in row.values())  # not a number: not measured
        print(f"  {name:{width}}" + "".join(f"{cell:>15}" for cell in cells))


def print_ratio(name: str, value: float, least: float | None = None, most: float | None = None) -> None:
    """Prints a ratio; with a bound, also whether it keeps to it."""
    goal = ""
    if least is not None:
        goal = f"   goal {least:g} or more: {'met' if value >= least else 'MISSED'}"
    if most is not None:
        goal = f"   goal {most:g} or less: {'met' if value <= most else 'MISSED'}"
    print(f"  {name:58}{value:6.2f}{goal}")
