import numpy as np
import pytest

from model.artifact import Artifact
from model.explanations.ablation import ablate
from model.explanations.sensitivity import BATCH
from model.manifest import IMAGES
from model.tail import Tail
from tests.model.artifacts import SIZE, noise
from tests.model.explanations.networks import averaged

MAPS = np.array([[[3, 5], [0, 0]], [[2, 0], [0, 1]]], np.float32)  # averages of 5/4 and 6/4


def test_a_channel_that_is_off_says_nothing() -> None:
    """The logits are the second average; and four times the first less eight times the second, plus one."""
    before = MAPS.copy()
    found = ablate(averaged("relu"), MAPS, [[0], [1], [0, 1], []])
    np.testing.assert_array_equal(found.before, [1.5, 5 - 12 + 1])
    np.testing.assert_array_equal(found.after, [[1.5, -11], [0, 6], [0, 1], [1.5, -6]])
    np.testing.assert_array_equal(found.differences, [[0, -5], [-1.5, 12], [-1.5, 7], [0, 0]])
    np.testing.assert_array_equal(MAPS, before)


def test_a_unit_of_a_layer_without_maps_can_be_switched_off_too() -> None:
    found = ablate(averaged("average"), np.array([2, 1], np.float32), [[1], [0]])
    np.testing.assert_array_equal(found.differences, [[-1, 8], [0, -8]])


def test_no_sets_are_no_answers() -> None:
    found = ablate(averaged("relu"), MAPS, [])
    assert found.after.shape == found.differences.shape == (0, 2)
    np.testing.assert_array_equal(found.before, [1.5, -6])


@pytest.mark.parametrize("count", [1, BATCH, BATCH + 1])
def test_each_set_is_answered_as_if_it_were_alone(maps: Artifact, count: int) -> None:
    output = maps.layers(noise(1, *SIZE))["conv2"].numpy()[0]
    sets = [[number % 6, number % 5] for number in range(count)]
    found = ablate(maps.tail("conv2"), output, sets)
    for off, after in zip(sets, found.after, strict=True):
        np.testing.assert_allclose(ablate(maps.tail("conv2"), output, [off]).after[0], after, rtol=1e-5, atol=1e-6)


def test_it_is_what_the_whole_network_answers_with_those_kernels_at_zero(maps: Artifact) -> None:
    """A convolution's channel is zero if its kernel and bias are: the rest is the same network."""
    images = noise(1, *SIZE)
    outputs = {name: output.numpy() for name, output in maps.layers(images).items()}
    weights = maps.weights("conv2")
    weights["kernel"][..., 3] = 0
    weights["bias"][3] = 0
    kept = {layer.name: maps.weights(layer.name) for layer in maps.manifest.layers} | {"conv2": weights}
    whole = Tail(maps.manifest.layers, kept, after=IMAGES)(images).numpy()
    found = ablate(maps.tail("conv2"), outputs["conv2"][0], [[3]])
    np.testing.assert_allclose(found.after, whole, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found.before, outputs["logits"][0], rtol=1e-5, atol=1e-6)
    assert np.abs(found.differences).max() > 1e-3


@pytest.mark.parametrize("channel", [-1, 2])
def test_a_channel_that_is_none_is_refused(channel: int) -> None:
    with pytest.raises(ValueError, match=rf"relu: expected channels from 0 to 1; received: \[{channel}\]"):
        ablate(averaged("relu"), MAPS, [[0], [channel]])
