import numpy as np

from model.artifact import Artifact
from model.explanations.ablation import ablate
from model.explanations.effect import effect
from model.manifest import IMAGES
from tests.model.artifacts import SIZE, noise
from tests.model.explanations.networks import averaged, drawn, linear

MAPS = np.array([[[3, 5], [0, 0]], [[2, 0], [0, 1]]], np.float32)


def test_a_channels_effect_is_as_computed_by_hand() -> None:
    """Four times the mean of the first channel, and minus eight times that of the second."""
    found = effect(averaged("relu"), MAPS, label=1)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, [4 * 5 / 4, -8 * 6 / 4])
    np.testing.assert_array_equal(effect(averaged("average"), np.array([2, 1], np.float32), label=1), [8, -8])


def test_of_a_linear_network_it_is_each_colours_share_of_the_logit() -> None:
    photo = drawn(2, 3).astype(np.float32)
    shares = 2 * np.arange(1, 19).reshape(2, 3, 3) * photo
    np.testing.assert_allclose(effect(linear(), photo, label=1), shares.sum(axis=(0, 1)), rtol=1e-6)


def test_where_the_rest_is_linear_it_is_what_switching_the_channel_off_takes_away(maps: Artifact) -> None:
    """Behind the last pooling of maps there are only a mean and a dense layer."""
    output = maps.layers(noise(1, *SIZE))["max"].numpy()[0]
    off = ablate(maps.tail("max"), output, [[channel] for channel in range(output.shape[-1])])
    for label in range(len(maps.manifest.labels)):
        found = effect(maps.tail("max"), output, label)
        np.testing.assert_allclose(found, -off.differences[:, label], rtol=1e-4, atol=1e-5)


def test_it_is_the_gradients_sum_over_places_times_values(maps: Artifact) -> None:
    images = noise(1, *SIZE).astype(np.float32)
    direction = np.eye(len(maps.manifest.labels))[2:3]
    gradient = maps.tail(IMAGES).gradient(images, direction)[1].numpy()
    expected = [(gradient[..., colour] * images[..., colour]).sum() for colour in range(3)]
    np.testing.assert_allclose(effect(maps.tail(IMAGES), images[0], 2), expected, rtol=1e-4, atol=1e-4)
