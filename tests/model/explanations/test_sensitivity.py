import numpy as np
import pytest

from model.explanations.sensitivity import BATCH, batches, gradients, logits
from tests.model.artifacts import noise
from tests.model.explanations.networks import linear


@pytest.mark.parametrize(
    ("count", "sizes"), [(1, [1]), (BATCH, [BATCH]), (BATCH + 1, [BATCH, 1]), (2 * BATCH, [BATCH, BATCH])]
)
def test_inputs_go_a_batch_at_a_time_and_come_back_in_order(count: int, sizes: list[int]) -> None:
    photos = noise(count, 2, 3)
    assert [len(batch) for batch in batches(photos)] == sizes
    np.testing.assert_array_equal(logits(linear(), batches(photos)), linear()(photos).numpy())


def test_the_gradient_is_that_of_the_label_in_question() -> None:
    photos = noise(2, 2, 3)
    for label, sign in enumerate([-1, 1]):
        output, gradient = gradients(linear(), photos, label)
        np.testing.assert_array_equal(output, linear()(photos).numpy())
        np.testing.assert_array_equal(gradient, [sign * 2 * np.arange(1, 19).reshape(2, 3, 3)] * 2)


@pytest.mark.parametrize("label", [-1, 2])
def test_a_label_that_is_none_is_refused(label: int) -> None:
    with pytest.raises(ValueError, match=f"a label from 0 to 1; received: {label}"):
        gradients(linear(), noise(1, 2, 3), label)
