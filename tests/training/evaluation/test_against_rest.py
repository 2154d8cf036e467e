import numpy as np
import pytest

from training.evaluation.against_rest import against_rest, average, cross_fitted, sources_against_rest, worst
from training.evaluation.measures import Measures

# Of cat: 0.9 and 0.4 at home, 0.8 on the road. Not: 0.2 and 0.7 at home, 0.1 and 0.3 and 0.6 at the zoo.
SOURCES = np.array(["home", "home", "road", "home", "home", "zoo", "zoo", "zoo"])
CAT = [0.9, 0.4, 0.8, 0.2, 0.7, 0.1, 0.3, 0.6]
EIGHT = Measures(
    ("cat", "other"), np.array([[p, 1 - p] for p in CAT], np.float32), np.array([0, 0, 0, 1, 1, 1, 1, 1], np.int32)
)


def test_a_source_with_both_sides_stands_for_itself() -> None:
    rows = sources_against_rest(EIGHT, SOURCES, label=0, threshold=0.5)
    assert rows["home"] == {
        "photos": 4, "of_class": 2, "of_rest": 2, "recall": 0.5, "specificity": 0.5, "balanced_accuracy": 0.5,
        "auc": 0.75,
    }  # fmt: skip
    assert rows["home"] == against_rest(EIGHT.part(SOURCES == "home"), 0, 0.5)


def test_a_source_with_one_side_borrows_the_other_from_all() -> None:
    rows = sources_against_rest(EIGHT, SOURCES, label=0, threshold=0.5)
    assert rows["road"] == {  # 0.8 against 0.2, 0.7, 0.1, 0.3, 0.6
        "photos": 1, "of_class": 1, "of_rest": 0, "recall": 1, "specificity": 0.6, "balanced_accuracy": 0.8, "auc": 1,
    }  # fmt: skip
    assert rows["zoo"] == {  # 0.9, 0.4, 0.8 against 0.1, 0.3, 0.6: 8 of 9 pairs in order
        "photos": 3, "of_class": 0, "of_rest": 3, "recall": 0.66667, "specificity": 0.66667,
        "balanced_accuracy": 0.66667, "auc": 0.88889,
    }  # fmt: skip


def test_the_threshold_and_the_class_decide() -> None:
    rows = sources_against_rest(EIGHT, SOURCES, label=0, threshold=0.35)
    assert rows["home"]["recall"] == 1
    of_others = sources_against_rest(EIGHT, SOURCES, label=1, threshold=0.5)
    assert (of_others["zoo"]["of_class"], of_others["zoo"]["of_rest"]) == (3, 0)


def test_the_average_counts_every_source_alike_and_the_worst_has_the_least_balanced_accuracy() -> None:
    rows = sources_against_rest(EIGHT, SOURCES, label=0, threshold=0.5)
    assert average(rows) == {
        "photos": 8, "of_class": 3, "of_rest": 5,
        "recall": pytest.approx((0.5 + 1 + 0.66667) / 3, abs=1e-5),
        "specificity": pytest.approx((0.5 + 0.6 + 0.66667) / 3, abs=1e-5),
        "balanced_accuracy": pytest.approx((0.5 + 0.8 + 0.66667) / 3, abs=1e-5),
        "auc": pytest.approx((0.75 + 1 + 0.88889) / 3, abs=1e-5),
    }  # fmt: skip
    assert worst(rows) == "home"


def test_a_cross_fitted_source_has_no_say_in_its_threshold() -> None:
    fitted = cross_fitted(EIGHT, SOURCES, label=0)
    # Without home: 0.8 from 0.1, 0.3 and 0.6, so 0.7. Of home it finds 0.9 of two, and passes 0.2 and 0.7, which in
    # float32 is a little less than 0.7.
    assert fitted["home"] == 0.75
    # Without the road: from 0.35 on home's 0.9 and 0.4 are found, half of home's others and two thirds of the zoo's
    # passed; above 0.7 half are found and all passed: 0.79 against 0.75. At 0.35 the road's 0.8 is found, and 0.2, 0.1
    # and 0.3 of all five others passed.
    assert fitted["road"] == pytest.approx(0.8)
    # Without the zoo: from 0.3 on all are found and half are passed; above 0.7 half of home's and the road's are found
    # and all passed: 0.75 and 0.875. At 0.75 two of all three cats are found and all of the zoo passed.
    assert fitted["zoo"] == pytest.approx((2 / 3 + 1) / 2, abs=1e-5)


def test_a_source_without_which_a_side_is_empty_is_not_cross_fitted() -> None:
    home, zoo = SOURCES == "home", SOURCES == "zoo"
    assert list(cross_fitted(EIGHT.part(home | zoo), SOURCES[home | zoo], label=0)) == ["zoo"]
    assert cross_fitted(EIGHT.part(home), SOURCES[home], label=0) == {}


def test_where_no_source_has_the_other_side_nothing_is_said_of_it() -> None:
    zoo = SOURCES == "zoo"
    rows = sources_against_rest(EIGHT.part(zoo), SOURCES[zoo], label=0, threshold=0.5)
    assert rows == {"zoo": {"photos": 3, "of_class": 0, "of_rest": 3, "specificity": 0.66667}}
    assert average(rows) == rows["zoo"]
    assert worst(rows) is None
