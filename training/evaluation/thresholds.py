"""From which probability on a photo is said to show a class: where both kinds of mistakes together are fewest."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from training.evaluation.measures import Measures

EQUAL = 1e-9  # balanced accuracies that differ by less differ by rounding


def best_threshold(
    scores: NDArray[np.floating], of_it: NDArray[np.bool_], weights: NDArray[np.floating] | None = None
) -> float:
    """The threshold with the greatest balanced accuracy, when a score of at least the threshold means "it is".

    The balanced accuracy is the mean of recall and specificity; it is greatest where Youden's index is (Cancer 3:32,
    1950). It changes only where a score lies: of all gaps between scores that are equally good, the widest is taken,
    of equally wide ones the lowest, and in it the middle.

    Args:
        scores: float [photos], 0 to 1.
        of_it: bool [photos], whether each is of the class.
        weights: float [photos], 0 or more: how much each photo counts within its side; None: all alike.

    Returns:
        Between 0 and 1.

    Raises:
        ValueError: if a side has no photos, or no weight.
    """
    counted = np.ones(len(scores)) if weights is None else weights.astype(np.float64)
    sides = counted[of_it].sum(), counted[~of_it].sum()
    if not min(sides) > 0:
        raise ValueError(f"Expected photos of the class and others; their weights are {sides[0]:g} and {sides[1]:g}")
    inside = np.clip(scores.astype(np.float64), 0, 1)  # a softmax in float32 may round to just above 1
    distinct, place = np.unique(inside, return_inverse=True)
    missed = np.bincount(place, counted * of_it, len(distinct)).cumsum() / sides[0]
    passed = np.bincount(place, counted * ~of_it, len(distinct)).cumsum() / sides[1]
    balanced = np.concatenate([[0.5], (1 - missed + passed) / 2])  # of a threshold in each gap
    below, above = np.concatenate([[0], distinct]), np.concatenate([distinct, [1]])
    widths = np.where(balanced >= balanced.max() - EQUAL, above - below, -1)
    gap = int(widths.argmax())
    middle = (below[gap] + above[gap]) / 2
    return float(middle if middle > below[gap] else above[gap])  # between neighbouring floats there is no middle


def thresholds(measures: Measures, sources: Sequence[str] | NDArray[np.str_] | None = None) -> dict[str, float]:
    """The best threshold of each class against the rest, by name.

    Args:
        measures: of photos that did not train.
        sources: where each photo came from. Each source then weighs alike on each side, with the class and without
            it, however many photos it has: the next photos may be from anywhere. None: each photo weighs alike.

    Returns:
        Between 0 and 1 each; nothing for a class that all of the photos, or none, belong to.
    """
    found = {}
    for label, name in enumerate(measures.classes):
        of_it = measures.labels == label
        if of_it.any() and not of_it.all():
            weights = None if sources is None else alike(np.asarray(sources), of_it)
            found[name] = best_threshold(measures.scores_of(label), of_it, weights)
    return found


def alike(sources: NDArray[np.str_], of_it: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Weights [photos] that sum to 1 for each source on each side on which it has photos."""
    _, source = np.unique(sources, return_inverse=True)
    groups = source * 2 + of_it
    return np.asarray(1 / np.bincount(groups)[groups])
