import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.artifact import Artifact
from tests.training.tiny_run import exported
from training.evaluation.measures import Measures, measure

# Answers a, b, c, a, b; right are the first, third and fifth.
FIVE = Measures(
    classes=("a", "b", "c"),
    probabilities=np.array(
        [[0.9, 0.1, 0.0], [0.3, 0.5, 0.2], [0.1, 0.2, 0.7], [0.8, 0.1, 0.1], [0.2, 0.6, 0.2]], np.float32
    ),
    labels=np.array([0, 0, 2, 1, 1], np.int32),
)


def test_five_photos_are_measured_as_by_hand() -> None:
    assert FIVE.answers.tolist() == [0, 1, 2, 0, 1]
    assert FIVE.accuracy == pytest.approx(3 / 5)
    assert [FIVE.accuracy_of(label) for label in range(3)] == pytest.approx([3 / 5, 3 / 5, 1])
    assert FIVE.confusion.tolist() == [[1, 1, 0], [1, 1, 0], [0, 0, 1]]
    # a: 0.9 and 0.3 against 0.1, 0.8, 0.2: 5 of 6 pairs in order. b: 0.1 and 0.6 against 0.1, 0.5, 0.2: 3.5 of 6.
    assert [FIVE.auc_of(label) for label in range(3)] == pytest.approx([5 / 6, 3.5 / 6, 1])
    # Each of 0.9, 0.5, 0.7, 0.8 and 0.6 is alone in its fifteenth: the gaps to 1, 0, 1, 0, 1 have the mean 2 / 5.
    assert FIVE.calibration_error == pytest.approx((0.1 + 0.5 + 0.3 + 0.8 + 0.4) / 5)


@pytest.mark.parametrize(
    ("label", "threshold", "recall", "specificity"),
    [
        (0, 0.5, 1 / 2, 2 / 3),  # 0.9 and 0.3 are a's; 0.1, 0.8 and 0.2 are not
        (0, 0.25, 1, 2 / 3),
        (0, 0.85, 1 / 2, 1),
        (0, 0, 1, 0),
        (1, 0.5, 1 / 2, 2 / 3),  # 0.1 and 0.6 are b's; 0.1, 0.5 and 0.2 are not: the threshold itself is enough
        (1, 0.50001, 1 / 2, 1),
        (2, 0.7, 0, 1),  # 0.7 in float32 is a little less
        (2, 0.69, 1, 1),
    ],
)
def test_one_class_against_the_rest_is_judged_by_its_probability(
    label: int, threshold: float, recall: float, specificity: float
) -> None:
    assert FIVE.recall_of(label, threshold) == pytest.approx(recall)
    assert FIVE.specificity_of(label, threshold) == pytest.approx(specificity)
    assert FIVE.balanced_accuracy_of(label, threshold) == pytest.approx((recall + specificity) / 2)


def test_a_roc_curve_goes_through_the_point_of_every_threshold_that_matters() -> None:
    false_alarms, recalls = FIVE.roc_of(0)  # a's by probability: 0.9, not 0.8, 0.3, not 0.2, not 0.1
    assert false_alarms == pytest.approx([0, 0, 1 / 3, 1 / 3, 1])
    assert recalls == pytest.approx([0, 1 / 2, 1 / 2, 1, 1])


def test_bins_have_the_answers_that_are_as_sure() -> None:
    found = sure_of(0.75, 0.76, 0.95, 1.0, right=[True, False, True, True]).reliability
    assert found.photos.tolist() == [0] * 11 + [2, 0, 0, 2]
    assert found.sure[[11, 14]] == pytest.approx([0.755, 0.975])
    assert found.right[[11, 14]] == pytest.approx([0.5, 1])
    assert np.isnan(found.sure[:11]).all()
    assert np.isnan(found.right[12:14]).all()
    assert found.error == pytest.approx((0.255 * 2 + 0.025 * 2) / 4)


def sure_of(*sure: float, right: list[bool]) -> Measures:
    rows = [[p, 1 - p] for p in sure]
    return Measures(("a", "b"), np.array(rows, np.float32), np.array([0 if hit else 1 for hit in right], np.int32))


@pytest.mark.parametrize(
    ("sure", "right", "error"),
    [
        ((0.75, 0.75, 0.75, 0.75), [True, True, True, False], 0),
        ((0.75, 0.75, 0.75, 0.75), [True, True, False, False], 0.25),
        ((1.0, 1.0), [True, True], 0),  # certainty belongs to the last bin
        ((1.0, 1.0), [False, False], 1),
        ((0.75, 0.76, 0.95), [True, False, True], (2 * 0.255 + 0.05) / 3),  # 0.75 and 0.76 share a bin: 11/15 to 12/15
        ((0.72, 0.74), [True, False], (0.28 + 0.74) / 2),  # 11/15 = 0.733 lies between them
    ],
)
def test_the_calibration_error_is_the_mean_gap_of_fifteen_bins(
    sure: tuple[float, ...], right: list[bool], error: float
) -> None:
    assert sure_of(*sure, right=right).calibration_error == pytest.approx(error, abs=1e-6)


@pytest.mark.parametrize(("labels", "label"), [([0, 0, 0, 0, 0], 0), ([0, 0, 0, 0, 0], 1)])
def test_there_is_no_curve_without_both_kinds_of_photos(labels: list[int], label: int) -> None:
    one_kind = Measures(FIVE.classes, FIVE.probabilities, np.array(labels, np.int32))
    assert math.isnan(one_kind.auc_of(label))
    assert math.isnan(one_kind.balanced_accuracy_of(label, 0.5))
    assert math.isnan(one_kind.specificity_of(0, 0.5))
    assert math.isnan(one_kind.recall_of(1, 0.5))
    with pytest.raises(
        ValueError, match=rf"^Expected photos of {'ab'[label]} and others; received {(5, 0)[label]} of 5$"
    ):
        one_kind.roc_of(label)
    assert not {
        name for name in one_kind.numbers({"a": 0.5}) if name.endswith(("auc", "specificity", "balanced_accuracy"))
    }
    assert {"a_accuracy", "b_accuracy", "c_accuracy", "accuracy"} <= set(one_kind.numbers())


def test_numbers_come_by_name_and_are_rounded() -> None:
    assert FIVE.numbers() == {
        "photos": 5, "accuracy": 0.6, "calibration_error": 0.42, "a_accuracy": 0.6, "a_auc": 0.83333,
        "b_accuracy": 0.6, "b_auc": 0.58333, "c_accuracy": 1, "c_auc": 1,
    }  # fmt: skip


def test_with_thresholds_come_the_numbers_that_depend_on_them() -> None:
    more = {"a_threshold": 0.25, "a_recall": 1, "a_specificity": 0.66667, "a_balanced_accuracy": 0.83333}
    assert FIVE.numbers({"a": 0.25}) == FIVE.numbers() | more


def test_a_part_is_measured_like_a_whole() -> None:
    part = FIVE.part(np.array([True, False, False, True, False]))
    assert part.classes == FIVE.classes
    assert part.probabilities.tolist() == FIVE.probabilities[[0, 3]].tolist()
    assert part.labels.tolist() == [0, 1]
    assert part.accuracy == 0.5
    assert part.confusion.tolist() == [[1, 0, 0], [1, 0, 0], [0, 0, 0]]


@settings(max_examples=25)
@given(labels=st.lists(st.integers(0, 3), min_size=1, max_size=20), seed=st.integers(0, 1000))
def test_what_is_true_of_any_answers(labels: list[int], seed: int) -> None:
    random = np.random.default_rng(seed)
    probabilities = random.dirichlet([0.5] * 4, len(labels)).astype(np.float32)
    found = Measures(("a", "b", "c", "d"), probabilities, np.array(labels, np.int32))
    assert found.confusion.sum() == len(labels)
    assert found.accuracy == pytest.approx(np.trace(found.confusion) / len(labels))
    for label in range(4):
        row, column = found.confusion[label].sum(), found.confusion[:, label].sum()
        wrong = row + column - 2 * found.confusion[label, label]
        assert found.accuracy_of(label) == pytest.approx(1 - wrong / len(labels))
        if 0 < row < len(labels):
            area = np.trapezoid(found.roc_of(label)[1], found.roc_of(label)[0])
            assert found.auc_of(label) == pytest.approx(area)
    assert 0 <= found.calibration_error <= 1
    assert all(math.isfinite(number) for number in found.numbers().values())


def test_an_artifact_is_asked_about_every_photo_once_and_in_order(shapes: Path) -> None:
    artifact = Artifact.load(exported(shapes))
    images = np.random.default_rng(1).integers(0, 256, (130, 24, 20, 3), dtype=np.uint8)  # two batches and two photos
    labels = np.arange(130, dtype=np.int32) % 2
    measures = measure(artifact, images, labels)
    assert measures.classes == ("disc", "square")
    np.testing.assert_array_equal(measures.labels, labels)
    np.testing.assert_allclose(measures.probabilities, artifact.predict(images).probabilities, rtol=1e-4)
    assert len(np.unique(measures.probabilities[:, 0])) > 100
