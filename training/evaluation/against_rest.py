"""One class told from the rest, source by source: whether a network knows the class or only where photos come from."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from training.evaluation.measures import Measures
from training.evaluation.thresholds import alike, best_threshold

Row = dict[str, float]  # a source's COUNTS and SHARES by name
CROSS_FITTED = "cross_fitted"  # the balanced accuracy of `cross_fitted`, where it was asked for
COUNTS = ("photos", "of_class", "of_rest")
SHARES = ("recall", "specificity", "balanced_accuracy", "auc", CROSS_FITTED)
AVERAGE = "average"  # the entry beside the sources' own


def against_rest(measures: Measures, label: int, threshold: float) -> Row:
    """How one class is told from the rest; what cannot be said of these photos is left out.

    Args:
        measures: of the photos.
        label: of the class.
        threshold: the probability from which on a photo is said to show it.
    """
    of_class = int((measures.labels == label).sum())
    row = {
        "photos": len(measures.labels),
        "of_class": of_class,
        "of_rest": len(measures.labels) - of_class,
        "recall": measures.recall_of(label, threshold),
        "specificity": measures.specificity_of(label, threshold),
        "balanced_accuracy": measures.balanced_accuracy_of(label, threshold),
        "auc": measures.auc_of(label),
    }
    return {name: round(float(number), 5) for name, number in row.items() if np.isfinite(number)}


def sources_against_rest(measures: Measures, sources: NDArray[np.str_], label: int, threshold: float) -> dict[str, Row]:
    """The same for each source by name.

    A source that has photos of one side only, of the class or of the rest, borrows the other side from all sources
    together: its balanced accuracy and its AUC are those of its own photos against everybody's. `of_class` and
    `of_rest` count its own photos, so that a borrowed side has 0.

    Args:
        measures: of all photos.
        sources: str [photos], where each came from.
        label: of the class.
        threshold: the probability from which on a photo is said to show it.
    """
    return {str(name): source_against_rest(measures, sources == name, label, threshold) for name in np.unique(sources)}


def source_against_rest(measures: Measures, own: NDArray[np.bool_], label: int, threshold: float) -> Row:
    """The same for one source, whose photos are `own`, bool [photos]."""
    of_class = measures.labels == label
    sides = [own & side if (own & side).any() else side for side in (of_class, ~of_class)]
    row = against_rest(measures.part(sides[0] | sides[1]), label, threshold)
    counts = (own, own & of_class, own & ~of_class)
    return row | {name: float(chosen.sum()) for name, chosen in zip(COUNTS, counts, strict=True)}


def cross_fitted(measures: Measures, sources: NDArray[np.str_], label: int) -> dict[str, float]:
    """Each source's balanced accuracy at the threshold that suits the other sources best, by the source's name.

    Where a threshold was chosen on the very photos that it is judged by, this is the figure to expect of a source that
    had no say in it. Nothing for a source without which one side has no photos.
    """
    of_class, found = measures.labels == label, {}
    for source in np.unique(sources):
        others = sources != source
        if (others & of_class).any() and (others & ~of_class).any():
            weights = alike(sources[others], of_class[others])
            threshold = best_threshold(measures.scores_of(label)[others], of_class[others], weights)
            row = source_against_rest(measures, ~others, label, threshold)
            found[str(source)] = row["balanced_accuracy"]
    return found


def average(rows: Mapping[str, Row]) -> Row:
    """The sum of the sources' photos, and the mean of each share: every source counts alike."""
    given = {name: [row[name] for row in rows.values() if name in row] for name in (*COUNTS, *SHARES)}
    sums = {name: sum(given[name]) for name in COUNTS if given[name]}
    return sums | {name: round(float(np.mean(given[name])), 5) for name in SHARES if given[name]}


def worst(rows: Mapping[str, Row]) -> str | None:
    """The source with the smallest balanced accuracy, the first of equal ones; None if no source has one."""
    balanced = {source: row["balanced_accuracy"] for source, row in rows.items() if "balanced_accuracy" in row}
    return min(balanced, key=lambda source: balanced[source], default=None)
