import numpy as np
import pytest

from model.artifact import Artifact
from model.explanations.explanation import Grid
from model.explanations.gradient import gradient, smooth_gradient
from model.explanations.sensitivity import BATCH
from model.manifest import IMAGES
from tests.model.artifacts import SIZE
from tests.model.explanations.networks import averaged, coloured, drawn, linear

# Twice the weights of the three colours of each pixel together: 2 (1+2+3), 2 (4+5+6), …
SALIENCY = [[12, 30, 48], [66, 84, 102]]


def test_of_a_linear_network_it_is_the_weights() -> None:
    photo = drawn(2, 3)
    found = gradient(linear(), photo, label=1)
    assert found.values.dtype == np.float32
    np.testing.assert_array_equal(found.values, SALIENCY)
    np.testing.assert_array_equal(gradient(linear(), photo, label=0).values, -np.array(SALIENCY))
    assert found.logit == (2 * photo.astype(float).ravel() - 1) @ np.arange(1, 19) + 7
    assert found.grid == Grid()


def test_it_is_zero_where_the_network_looks_away() -> None:
    """Above 100, red adds 4/4 and green takes 8/4; below, a little more is still nothing."""
    photo = coloured(red=[[103, 90], [102, 99]], green=[[105, 10], [0, 101]])
    np.testing.assert_array_equal(gradient(averaged(), photo, label=1).values, [[1 - 2, 0], [1, -2]])


def test_noise_changes_nothing_of_a_linear_network() -> None:
    photo = drawn(2, 3)
    found = smooth_gradient(linear(), photo, label=1, samples=BATCH + 3, noise=0.3, seed=4)
    np.testing.assert_allclose(found.values, SALIENCY, rtol=1e-6)
    assert found.logit == gradient(linear(), photo, label=1).logit
    assert [found.facts[name] for name in ("samples", "noise", "seed")] == [BATCH + 3, 0.3, 4]


def test_without_noise_it_is_the_gradient(maps: Artifact) -> None:
    photo, tail = drawn(*SIZE), maps.tail(IMAGES)
    found = smooth_gradient(tail, photo, label=2, samples=3, noise=0)
    np.testing.assert_allclose(found.values, gradient(tail, photo, label=2).values, rtol=1e-5, atol=1e-7)


def test_noise_is_of_the_size_that_was_asked_for() -> None:
    """Red of 100, just at the edge: half the noisy copies are above it. At 126 and a deviation of 25.5, 84.6 % are."""
    photo = coloured(red=[[100, 126], [0, 255]], green=[[0] * 2] * 2)
    found = smooth_gradient(averaged(), photo, label=1, samples=4096, noise=0.1)
    # Green never comes near 100; a share of 4,096 coin tosses has a deviation of 0.8 %.
    np.testing.assert_allclose(found.values, [[0.5, 0.846], [0.0, 1.0]], atol=0.03)


def test_the_same_seed_draws_the_same_noise(maps: Artifact) -> None:
    photo, tail = drawn(*SIZE), maps.tail(IMAGES)
    one, same, other = (smooth_gradient(tail, photo, 1, samples=4, noise=0.1, seed=seed).values for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()


def test_no_sample_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one sample; received: 0"):
        smooth_gradient(linear(), drawn(2, 3), label=0, samples=0)
