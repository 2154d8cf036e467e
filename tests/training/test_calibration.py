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
    """The cross-entropy where of n + 2 photos like each, one would be of another class, each as likely as the next."""
    scaled = log_softmax(logits / temperature, axis=1)
    own = scaled[np.arange(len(labels)), labels]
    others = (scaled.sum(axis=1) - own) / (logits.shape[1] - 1)
    doubt = 1 / (len(labels) + 2)
    return float(-((1 - doubt) * own + doubt * others).mean())


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


def alike(margin: float, photos: int, classes: int) -> Synthetic:
    """Photos of all classes in turn whose own logit is above the others, which are equal, by as much each time."""
    labels = np.arange(photos, dtype=np.int32) % classes
    return margin * np.eye(classes, dtype=np.float32)[labels], labels


@pytest.mark.parametrize("margin", [0.5, 3, 12])
@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize("photos", [1, 20, 400])
def test_photos_that_are_all_answered_rightly_make_it_as_sure_as_their_number_can_show(
    margin: float, classes: int, photos: int
) -> None:
    logits, labels = alike(margin, photos, classes)
    found = fit_temperature(logits, labels)
    assert 0.05 < found < 20
    sure = softmax(logits / found, axis=1).max(axis=1)
    assert sure == pytest.approx((photos + 1) / (photos + 2), abs=1e-3)  # Laplace's rule of succession


def test_one_photo_that_is_answered_rightly_is_no_reason_to_be_surer() -> None:
    logits, labels = alike(3, photos=1, classes=4)
    assert fit_temperature(logits, labels) > 1


def test_one_mistake_among_many_counts_as_ever() -> None:
    logits, labels = alike(3, photos=1000, classes=2)
    labels[0] = 1 - labels[0]
    # The doubt of 1 / 1,002 in each of 1,000 counts as one mistake more.
    assert fit_temperature(logits, labels) == pytest.approx(3 / np.log(999 / 2), rel=0.01)


def test_answers_that_are_all_wrong_end_at_the_bound() -> None:
    logits, labels = alike(0.3, photos=20, classes=2)
    found = fit_temperature(logits, 1 - labels)
    assert found == pytest.approx(20, rel=1e-3)
    assert found <= 20


def test_a_huge_margin_ends_at_the_bound_too() -> None:
    found = fit_temperature(*alike(1000, photos=20, classes=2))
    assert found == pytest.approx(20, rel=1e-3)
    assert found <= 20


def test_the_scale_of_the_logits_is_the_scale_of_the_temperature() -> None:
    logits, labels = synthetic(1, 500)
    assert fit_temperature(logits * 4, labels) == pytest.approx(4 * fit_temperature(logits, labels), rel=1e-3)
