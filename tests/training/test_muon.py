import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from training.muon import Muon

STEPS = 5


def orthogonalised(matrix: NDArray[np.float64], optimizer: keras.optimizers.Optimizer) -> NDArray[np.float32]:
    tensor = keras.ops.convert_to_tensor(matrix, "float32")
    return np.asarray(optimizer.zeropower_via_newtonschulz5(tensor, STEPS))


@settings(max_examples=60)
@given(rows=st.integers(1, 40), columns=st.integers(1, 40), seed=st.integers(0, 2**32 - 1), size=st.floats(-4, 4))
def test_it_steps_as_keras_own_does(rows: int, columns: int, seed: int, size: float) -> None:
    matrix = np.random.default_rng(seed).normal(0, 10**size, (rows, columns))
    own, ours = (orthogonalised(matrix, kind()) for kind in (keras.optimizers.Muon, Muon))
    assert ours.shape == matrix.shape
    np.testing.assert_allclose(ours, own, rtol=0, atol=2e-3)  # of singular values near 1


@pytest.mark.parametrize("shape", [(27, 32), (288, 64), (1872, 208)])
@pytest.mark.parametrize("smallest", [1, 1e-2, 1e-6])
def test_kernels_whose_gradients_lie_in_few_directions_are_stepped_alike(
    shape: tuple[int, int], smallest: float
) -> None:
    random = np.random.default_rng(1)
    left, _, right = np.linalg.svd(random.normal(0, 1, shape), full_matrices=False)
    matrix = left * np.geomspace(1, smallest, len(right)) @ right
    own, ours = (orthogonalised(matrix, kind()) for kind in (keras.optimizers.Muon, Muon))
    assert np.linalg.norm(ours - own) < 2e-3 * np.linalg.norm(own)


def test_no_gradient_is_no_step() -> None:
    assert not orthogonalised(np.zeros((7, 3)), Muon()).any()
