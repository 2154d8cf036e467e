import math
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.manifest import LayerKind
from model.receipts.bound import SINGLE, softmax_bound, sum_bound

numbers = st.floats(-1e4, 1e4, width=32)


@given(st.lists(st.tuples(numbers, numbers), min_size=1, max_size=200), st.randoms())
def test_a_sum_in_float32_in_any_order_is_within_the_bound(pairs: list[tuple[float, float]], chance: Random) -> None:
    chance.shuffle(pairs)
    total = np.float32(0)
    for value, weight in pairs:
        total += np.float32(value) * np.float32(weight)
    products = [value * weight for value, weight in pairs]
    size = math.fsum(map(abs, products))
    assert abs(float(total) - math.fsum(products)) <= sum_bound("dense", len(pairs), size)


@pytest.mark.parametrize("kind", ["relu", "max_pooling", "flatten"])
def test_what_only_moves_or_compares_numbers_is_exact(kind: LayerKind) -> None:
    assert sum_bound(kind, 9, 1e6) == 0


def test_a_network_that_overflowed_may_be_off_by_anything() -> None:
    assert softmax_bound(np.array([1, np.inf]), 0.5) == math.inf
    assert softmax_bound(np.array([1, np.nan]), 0.5) == math.inf


def test_a_sum_of_27_products_and_a_bias_is_rounded_28_times() -> None:
    assert sum_bound("convolution", 27, 1.0) == pytest.approx(28 * SINGLE, rel=1e-5)


@given(st.lists(st.floats(-60, 60, width=32), min_size=2, max_size=20), st.floats(0.25, 4, width=32))
def test_a_softmax_in_float32_is_within_the_bound(logits: list[float], temperature: float) -> None:
    scaled = np.array(logits, np.float32) / np.float32(temperature)
    powers = np.exp(scaled - scaled.max())
    served = powers / powers.sum()
    exact = np.array(logits, np.float64) / temperature
    truth = np.exp(exact - exact.max())
    truth /= truth.sum()
    for label, probability in enumerate(truth.tolist()):
        assert abs(float(served[label]) - probability) <= softmax_bound(exact, probability)
