import numpy as np
import pytest

from model.explanations.baselines import BASELINES, Baseline, colour


@pytest.mark.parametrize(
    ("baseline", "expected"), [("black", [0, 0, 0]), ("grey", [128, 128, 128]), ("mean", [2, 3, 200])]
)
def test_a_baseline_is_one_colour(baseline: Baseline, expected: list[int]) -> None:
    photo = np.array([[[1, 3, 200], [2, 3, 200], [2, 4, 200]]], np.uint8)  # means of 1.67, 3.33 and 200
    found = colour(photo, baseline)
    assert found.dtype == np.uint8
    assert found.tolist() == expected


def test_there_are_three() -> None:
    assert BASELINES == ("black", "grey", "mean")
