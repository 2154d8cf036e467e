import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from model.explanations.similarity import rank_correlation, ranks


def test_equal_values_share_their_mean_rank() -> None:
    assert ranks(np.array([[3, 1], [3, 7], [3, 2]], np.float32)).tolist() == [3, 0, 3, 5, 3, 1]


def test_only_the_order_counts() -> None:
    one = np.array([[1, 2], [3, 4]], np.float32)
    assert rank_correlation(one, np.exp(one)) == pytest.approx(1)
    assert rank_correlation(one, -(one**3)) == pytest.approx(-1)


def test_a_correlation_is_as_computed_by_hand() -> None:
    """Ranks 0, 1, 2, 3 and 1, 0, 3, 2: each differs by one."""
    one, other = np.array([10, 20, 30, 40], np.float32), np.array([2, 1, 4, 3], np.float32)
    assert rank_correlation(one, other) == pytest.approx(1 - 6 * (1 + 1 + 1 + 1) / (4 * (4**2 - 1)))


def test_a_map_that_is_the_same_everywhere_is_like_no_other() -> None:
    flat, other = np.ones(4, np.float32), np.arange(4, dtype=np.float32)
    assert rank_correlation(flat, other) == rank_correlation(other, flat) == rank_correlation(flat, flat) == 0


@given(st.integers(2, 40).flatmap(lambda n: arrays(np.float32, (2, n), elements=st.integers(-9, 9))))
def test_it_is_what_scipy_computes(pair: np.ndarray[tuple[int, int], np.dtype[np.float32]]) -> None:
    one, other = pair
    if np.ptp(one) and np.ptp(other):
        assert rank_correlation(one, other) == pytest.approx(scipy.stats.spearmanr(one, other).statistic)
