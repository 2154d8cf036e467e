import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.special import log_softmax, softmax

from training.calibration import fit_temperature

Synthetic = tuple[NDArray[np.float32], NDArray[np.int32]]


def synthetic(temperature: float, photos: int, seed: int = 1) -> Synthetic:
    """Logits of a network whose probabilities are right at this temperature and no other."""
    random = np.random.default_rng(seed)
    logits = random.normal(0, 3 * temperature, (photos, 4)).astype(np.float32)
    chances = softmax(logits / temperature, axis=1).cumsum(axis=1)
    labels = (random.uniform(size=(photos, 1)) > chances).sum(axis=1).clip(max=3)
    return logits, labels.astype(np.int32)


def loss(logits: NDArray[np.float32], labels: NDArray[np.int32], temperature: float) -> float:
    return float(-log_softmax(logits / temperature, axis=1)[np.arange(len(labels)), labels].mean())


@pytest.mark.parametrize("temperature", [0.1, 0.5, 1, 2.5, 15])
def test_the_temperature_that_made_the_labels_is_found(temperature: float) -> None:
    # 20,000 labels tell it to about a hundredth; four times that here.
    assert fit_temperature(*synthetic(temperature, 20_000)) == pytest.approx(temperature, rel=0.04)


@settings(deadline=None)
@given(temperature=st.floats(0.1, 10), photos=st.integers(5, 100), seed=st.integers(0, 1000))
def test_no_other_temperature_within_the_bounds_is_better(temperature: float, photos: int, seed: int) -> None:
    logits, labels = synthetic(temperature, photos, seed)
    found = fit_temperature(logits, labels)
    best = loss(logits, labels, found)
    assert all(best <= loss(logits, labels, other) + 1e-6 for other in np.geomspace(0.051, 19.6, 40))


@pytest.mark.parametrize(("right", "bound"), [(True, 0.05), (False, 20)])
def test_answers_that_are_all_right_or_all_wrong_end_at_a_bound(right: bool, bound: float) -> None:
    logits = np.array([[0.3, 0], [0, 0.3]] * 10, np.float32)
    labels = np.array([0, 1] * 10 if right else [1, 0] * 10, np.int32)
    found = fit_temperature(logits, labels)
    assert found == pytest.approx(bound, rel=1e-3)
    assert 0.05 <= found <= 20


def test_the_scale_of_the_logits_is_the_scale_of_the_temperature() -> None:
    logits, labels = synthetic(1, 500)
    assert fit_temperature(logits * 4, labels) == pytest.approx(4 * fit_temperature(logits, labels), rel=1e-3)
