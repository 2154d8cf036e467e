import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from training.evaluation.measures import Measures
from training.evaluation.thresholds import alike, best_threshold, thresholds


def scores_of(*scores: float) -> NDArray[np.float64]:
    return np.array(scores, np.float64)


def balanced(
    scores: NDArray[np.float64], of_it: NDArray[np.bool_], weights: NDArray[np.float64], threshold: float
) -> float:
    """The mean of recall and specificity, photo by photo."""
    found = sum(w for s, mine, w in zip(scores, of_it, weights, strict=True) if mine and s >= threshold)
    passed = sum(w for s, mine, w in zip(scores, of_it, weights, strict=True) if not mine and s < threshold)
    return float(found / weights[of_it].sum() + passed / weights[~of_it].sum()) / 2


@pytest.mark.parametrize(
    ("of_rest", "of_class", "threshold"),
    [
        ([0.1, 0.2], [0.6, 0.9], 0.4),  # the middle of the gap between the sides
        ([0.1, 0.5], [0.3, 0.9], 0.7),  # as good between 0.1 and 0.3, but that gap is narrower
        ([0.1, 0.7], [0.5, 0.9], 0.3),  # and here it is the other way about
        ([0.125, 0.625], [0.375, 0.875], 0.25),  # equally wide: the lower one
        ([0.75], [0.125], 0.875),  # the wrong way round: never is as good as always, and 0.75 to 1 is wider
        ([0.875], [0.25], 0.125),  # and here always
        ([0.5], [0.5], 0.25),  # always or never: equally good
        ([0.0], [1.0], 0.5),
    ],
)
def test_a_threshold_is_the_middle_of_the_widest_of_the_best_gaps(
    of_rest: list[float], of_class: list[float], threshold: float
) -> None:
    scores = scores_of(*of_rest, *of_class)
    of_it = np.array([False] * len(of_rest) + [True] * len(of_class))
    assert best_threshold(scores, of_it) == pytest.approx(threshold)
    assert best_threshold(scores[::-1], of_it[::-1]) == best_threshold(scores, of_it)


def test_weights_decide() -> None:
    scores, of_it = scores_of(0.125, 0.5, 0.25, 0.75), np.array([False, False, True, True])
    assert best_threshold(scores, of_it) == 0.625
    assert best_threshold(scores, of_it, scores_of(1, 1, 3, 1)) == 0.1875  # rather no photo of 0.25 missed
    assert best_threshold(scores, of_it, scores_of(1, 3, 1, 1)) == 0.625
    assert best_threshold(scores, of_it, scores_of(0, 1, 1, 1)) == 0.625  # 0.125 is as if it were not there


@pytest.mark.parametrize(
    ("of_it", "weights", "received"),
    [([True, True], None, "2 and 0"), ([False, False], None, "0 and 2"), ([True, False], [0.5, 0], "0.5 and 0")],
)
def test_one_side_alone_has_no_threshold(of_it: list[bool], weights: list[float] | None, received: str) -> None:
    with pytest.raises(ValueError, match=rf"^Expected photos of the class and others; their weights are {received}$"):
        best_threshold(scores_of(0.2, 0.8), np.array(of_it), None if weights is None else np.array(weights))


photos = st.tuples(
    st.one_of(st.floats(0, 1), st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0])),  # many photos with one score, too
    st.booleans(),
    st.integers(1, 5).map(float),
)


@given(st.lists(photos, min_size=2, max_size=15))
def test_no_other_threshold_does_better(drawn: list[tuple[float, bool, float]]) -> None:
    scores, of_it, weights = (np.array(column) for column in zip(*drawn, strict=True))
    assume(of_it.any() and not of_it.all())
    chosen = best_threshold(scores, of_it, weights)
    assert 0 <= chosen <= 1
    reached = balanced(scores, of_it, weights, chosen)
    for other in [*scores, *(math.nextafter(score, 2) for score in scores), 0, 1]:
        assert balanced(scores, of_it, weights, other) <= reached + 1e-9


@given(st.lists(st.floats(0, 1, width=32), min_size=2, max_size=20, unique=True), st.data())
def test_a_threshold_lies_between_sides_that_can_be_separated(drawn: list[float], data: st.DataObject) -> None:
    scores = np.array(sorted(drawn), np.float32)
    low = data.draw(st.integers(1, len(scores) - 1))
    chosen = best_threshold(scores, np.arange(len(scores)) >= low)
    assert float(scores[low - 1]) < chosen < float(scores[low])  # a float32 would round the threshold


def test_neighbouring_numbers_are_told_apart_too() -> None:
    scores = scores_of(0.5, math.nextafter(0.5, 1))
    assert best_threshold(scores, np.array([False, True])) == scores[1]


def test_a_probability_rounded_to_above_one_gives_no_threshold_above_one() -> None:
    scores = np.array([1.0, np.nextafter(np.float32(1), np.float32(2))], np.float32)
    assert 0 <= best_threshold(scores, np.array([False, True])) <= 1


# Of a: two photos of shelter, one of web. Not of a: one of shelter, four of web.
SOURCES = ["shelter", "shelter", "web", "shelter", "web", "web", "web", "web"]
LABELS = [0, 0, 0, 1, 1, 1, 1, 2]
OF_A = [0.9, 0.8, 0.3, 0.6, 0.1, 0.1, 0.2, 0.2]
EIGHT = Measures(
    ("a", "b", "c", "d"),
    np.array([[p, (1 - p) / 2, (1 - p) / 2, 0] for p in OF_A], np.float32),
    np.array(LABELS, np.int32),
)


def test_each_source_weighs_alike_within_each_side() -> None:
    weights = alike(np.array(SOURCES), np.array(LABELS) == 0)
    assert weights.tolist() == [0.5, 0.5, 1, 1, 0.25, 0.25, 0.25, 0.25]


def test_every_class_gets_its_threshold_and_a_class_without_photos_none() -> None:
    found = thresholds(EIGHT)
    assert list(found) == ["a", "b", "c"]
    assert found["a"] == pytest.approx(0.25)  # 0.6 is called a, and 4 of 5 are not; above it 2 of 3 would be found


def test_sources_change_what_is_best() -> None:
    few = EIGHT.part(np.array([True, True, True, True, False, False, False, True]))  # not of a: 0.6 and 0.2
    sources = [source for source, photo in zip(SOURCES, range(8), strict=True) if photo not in (4, 5, 6)]
    # At 0.7: by photo, 2 of 3 are found and both others passed, 5/6; at 0.25, all are found and one passed, 3/4.
    assert thresholds(few)["a"] == pytest.approx(0.7)
    # By source, at 0.7 half is found, 3/4; at 0.25 all, and half is passed, 3/4 too: but 0.6 to 0.8 is wider.
    assert thresholds(few, sources)["a"] == pytest.approx(0.7)
    # Another photo of the web at 0.1 makes no difference by source, and one at 0.3 more of the class would.
    assert thresholds(EIGHT, SOURCES)["a"] == thresholds(few, sources)["a"]
    assert thresholds(EIGHT)["a"] != thresholds(EIGHT, np.array(SOURCES))["a"]
