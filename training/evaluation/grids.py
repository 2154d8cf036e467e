"""What the report and the model card show as tables, as rows of text: each is written once for both."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from training.evaluation.against_rest import AVERAGE, COUNTS, CROSS_FITTED, SHARES, Row, average, worst
from training.evaluation.measures import Measures

BORROWED = (
    "A source without photos of one side borrows that side from all sources of the table; the borrowed share stands in "
    "brackets, and the balanced accuracy and the AUC compare the source's own photos with everybody's."
)


class Grid(NamedTuple):
    """A table's heading and its rows; the first cell of a row says what the others are about."""

    head: tuple[str, ...]
    rows: Sequence[Sequence[str]]


def all_classes(parts: Mapping[str, Measures]) -> Grid:
    """The measures of all classes together, a column for each part of the photos."""
    of = list(parts.values())
    rows = [
        ["photos", *(f"{len(measures.labels):,}" for measures in of)],
        [f"accuracy, {len(of[0].classes)} classes", *(f"{measures.accuracy:.4f}" for measures in of)],
        ["expected calibration error (15 bins)", *(f"{measures.calibration_error:.4f}" for measures in of)],
    ]
    return Grid(("", *parts), rows)


def each_class(measures: Measures, thresholds: Mapping[str, float]) -> Grid:
    """Each class against the rest, a row for each."""
    rows = []
    for label, (name, threshold) in enumerate(thresholds.items()):
        shares = (
            threshold,
            measures.recall_of(label, threshold),
            measures.specificity_of(label, threshold),
            measures.balanced_accuracy_of(label, threshold),
            measures.auc_of(label),
            measures.accuracy_of(label),
        )
        rows.append([name, f"{(measures.labels == label).sum():,}", *(number(share, 4) for share in shares)])
    names = ("class", "photos", "threshold", "recall", "specificity", "balanced accuracy", "ROC AUC", "accuracy")
    return Grid(names, rows)


def confusion(measures: Measures) -> Grid:
    """Counts of true class, down, by answer, across."""
    counts = zip(measures.classes, measures.confusion.tolist(), strict=True)
    return Grid(("", *measures.classes), [[name, *(f"{count:,}" for count in row)] for name, row in counts])


def by_source(focus: str, rows: Mapping[str, Row]) -> Grid:
    """One class against the rest, a row for each source and one for their average.

    What a source borrowed from all of them stands in brackets; what is unknown is a dash.
    """
    own = sources_of(rows)
    shown = [source_row(source or "unknown", row) for source, row in own.items()]
    names = ("source", "photos", focus, "rest", f"recall of {focus}", "specificity", "balanced accuracy", "ROC AUC")
    return Grid(names, [*shown, source_row(AVERAGE, rows.get(AVERAGE) or average(own))])


def source_row(source: str, row: Row) -> list[str]:
    counts = [f"{row[name]:,.0f}" if name in row else "–" for name in COUNTS]
    shares = []
    for name in SHARES:
        if name == CROSS_FITTED:  # has no column: `cross_fitted_average` tells it
            continue
        own = row.get({"recall": "of_class", "specificity": "of_rest"}.get(name, "photos"))
        text = number(row.get(name, float("nan")), 3)
        shares.append(f"({text})" if own == 0 and name in row else text)
    return [source, *counts, *shares]


def worst_source(rows: Mapping[str, Row]) -> str:
    """A sentence on the source with the smallest balanced accuracy; nothing where there is none."""
    source = worst(sources_of(rows))
    return "" if source is None else f"The worst is {source or 'unknown'}."


def cross_fitted_average(rows: Mapping[str, Row]) -> str:
    """A sentence on the balanced accuracy at thresholds of other sources; nothing where it is not known."""
    least = (rows.get(AVERAGE) or {}).get(CROSS_FITTED)
    if least is None:
        return ""
    return (
        "Were each source's threshold chosen on the other sources of the table alone, the balanced accuracy would be "
        f"{least:.3f} on average."
    )


def sources_of(rows: Mapping[str, Row]) -> dict[str, Row]:
    """The rows without that of their average, which manifests record too."""
    return {source: row for source, row in rows.items() if source != AVERAGE}


def number(value: float, digits: int) -> str:
    return "–" if value != value else f"{value:.{digits}f}"  # NaN differs from itself


def listed(counts: Mapping[str, int]) -> str:
    """How often each name occurs, as text."""
    return ", ".join(f"{name or 'unknown'} {count:,}" for name, count in counts.items())
