import numpy as np

from training.evaluation.grids import (
    all_classes,
    by_source,
    confusion,
    cross_fitted_average,
    each_class,
    listed,
    worst_source,
)
from training.evaluation.measures import Measures

THREE = Measures(
    ("cat", "other", "never"),
    np.array([[0.9, 0.1, 0], [0.45, 0.55, 0], [0.2, 0.8, 0]], np.float32),
    np.array([0, 0, 1], np.int32),
)
ROWS = {
    "home": {
        "photos": 1200.0, "of_class": 2.0, "of_rest": 1198.0, "recall": 0.5, "specificity": 0.75,
        "balanced_accuracy": 0.625, "auc": 0.8,
    },
    "": {
        "photos": 3.0, "of_class": 0.0, "of_rest": 3.0, "recall": 0.5, "specificity": 1.0, "balanced_accuracy": 0.75,
        "auc": 0.9,
    },
}  # fmt: skip


def test_all_classes_have_a_column_for_each_part() -> None:
    found = all_classes({"whole": THREE, "one": THREE.part(np.array([True, False, False]))})
    assert found.head == ("", "whole", "one")
    assert found.rows == [
        ["photos", "3", "1"],
        ["accuracy, 3 classes", "0.6667", "1.0000"],
        ["expected calibration error (15 bins)", "0.2833", "0.1000"],
    ]


def test_each_class_has_a_row_and_a_dash_where_nothing_can_be_said() -> None:
    cat, other, never = each_class(THREE, {"cat": 0.4, "other": 0.6, "never": 0.5}).rows
    assert cat == ["cat", "2", "0.4000", "1.0000", "1.0000", "1.0000", "1.0000", "0.6667"]
    assert other == ["other", "1", "0.6000", "1.0000", "1.0000", "1.0000", "1.0000", "0.6667"]
    assert never == ["never", "0", "0.5000", "–", "1.0000", "–", "–", "1.0000"]


def test_the_confusion_has_true_classes_down_and_answers_across() -> None:
    assert confusion(THREE) == (
        ("", "cat", "other", "never"), [["cat", "1", "1", "0"], ["other", "0", "1", "0"], ["never", "0", "0", "0"]],
    )  # fmt: skip


def test_sources_are_told_with_their_average_and_what_they_borrowed_in_brackets() -> None:
    found = by_source("cat", ROWS)
    assert len(found.head) == 8
    assert found.rows == [
        ["home", "1,200", "2", "1,198", "0.500", "0.750", "0.625", "0.800"],
        ["unknown", "3", "0", "3", "(0.500)", "1.000", "0.750", "0.900"],
        ["average", "1,203", "2", "1,201", "0.500", "0.875", "0.688", "0.850"],
    ]
    assert worst_source(ROWS) == "The worst is home."


def test_a_recorded_average_is_taken_as_it_is_and_missing_numbers_are_dashes() -> None:
    recorded = {"zoo": {"photos": 7.0, "recall": 0.5}, "average": {"balanced_accuracy": 0.25}}
    assert by_source("cat", recorded).rows == [
        ["zoo", "7", "–", "–", "0.500", "–", "–", "–"],
        ["average", "–", "–", "–", "–", "–", "0.250", "–"],
    ]
    assert worst_source(recorded) == ""
    assert worst_source({"": {"balanced_accuracy": 0.5}, "average": {"balanced_accuracy": 0.25}}) == (
        "The worst is unknown."
    )


def test_a_cross_fitted_average_is_told_where_there_is_one() -> None:
    assert cross_fitted_average(ROWS) == ""
    assert cross_fitted_average(ROWS | {"average": {"cross_fitted": 0.8125}}).endswith(" would be 0.812 on average.")


def test_numbers_are_grouped_and_unknown_sources_said_so() -> None:
    assert listed({"camera": 12345, "": 7}) == "camera 12,345, unknown 7"
