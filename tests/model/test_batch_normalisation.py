import keras
import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray

from model.batch_normalisation import EPSILON, MOMENTUM, BatchNormalization

SHAPES = [(8, 6, 5, 4), (2, 1, 1, 3), (64, 9, 9, 1)]


def maps_of(shape: tuple[int, ...]) -> NDArray[np.float32]:
    random = np.random.default_rng(6)
    channels = shape[-1]
    return random.normal(random.normal(0, 5, channels), random.uniform(0.1, 4, channels), shape).astype(np.float32)


def layer_of(kind: type[keras.layers.BatchNormalization], shape: tuple[int, ...], **kwargs: object) -> keras.Layer:
    """One whose weights are the same whatever its kind."""
    layer = kind(**kwargs)
    layer.build(shape)
    random, channels = np.random.default_rng(7), shape[-1]
    gamma, beta, mean, variance = random.uniform(0.3, 2, (4, channels))
    layer.set_weights([gamma, beta, mean, variance])
    return layer


def trained(layer: keras.Layer, maps: NDArray[np.float32]) -> tuple[NDArray[np.float32], list[NDArray[np.float32]]]:
    """The outputs, and the gradients of their weighted sum by maps, gamma and beta."""
    random = np.random.default_rng(8)
    with tf.GradientTape() as tape:
        watched = tf.constant(maps)
        tape.watch(watched)
        outputs = tf.function(layer)(watched, training=True)
        total = tf.reduce_sum(tf.cast(outputs, tf.float32) * random.normal(0, 1, maps.shape).astype(np.float32))
    gradients = tape.gradient(total, [watched, *(variable.value for variable in layer.trainable_variables)])
    return np.asarray(tf.cast(outputs, tf.float32)), [np.asarray(gradient) for gradient in gradients]


@pytest.mark.parametrize("shape", SHAPES)
def test_training_computes_what_keras_own_layer_computes_and_its_gradients(shape: tuple[int, ...]) -> None:
    maps = maps_of(shape)
    outputs, gradients = trained(layer_of(BatchNormalization, shape), maps)
    own = layer_of(keras.layers.BatchNormalization, shape, epsilon=EPSILON, momentum=MOMENTUM)
    expected, expected_gradients = trained(own, maps)
    np.testing.assert_allclose(outputs, expected, rtol=0, atol=1e-4)
    for gradient, wanted in zip(gradients, expected_gradients, strict=True):
        np.testing.assert_allclose(gradient, wanted, rtol=0, atol=1e-4 * max(1, np.abs(wanted).max()))


@pytest.mark.parametrize("shape", SHAPES)
def test_it_remembers_the_batches_it_saw(shape: tuple[int, ...]) -> None:
    layer, maps = layer_of(BatchNormalization, shape), maps_of(shape)
    _, _, *before = (np.asarray(weight, np.float64) for weight in layer.get_weights())
    trained(layer, maps)
    _, _, *after = layer.get_weights()
    places = maps[..., 0].size
    seen = maps.mean(axis=(0, 1, 2), dtype=np.float64), maps.var(axis=(0, 1, 2), dtype=np.float64, ddof=1)
    assert places > 1
    for old, new, batch in zip(before, after, seen, strict=True):
        np.testing.assert_allclose(new, 0.98 * old + 0.02 * batch, rtol=1e-4, atol=1e-5)


def test_it_serves_by_what_it_remembers_and_leaves_that_alone() -> None:
    layer, maps = layer_of(BatchNormalization, SHAPES[0]), maps_of(SHAPES[0])
    gamma, beta, mean, variance = before = layer.get_weights()
    outputs = np.asarray(layer(maps, training=False))
    np.testing.assert_allclose(outputs, (maps - mean) / np.sqrt(variance + EPSILON) * gamma + beta, atol=1e-3)
    for old, new in zip(before, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_in_mixed_precision_it_still_remembers_in_float32() -> None:
    shape, maps = SHAPES[0], maps_of(SHAPES[0])
    mixed = layer_of(BatchNormalization, shape, dtype="mixed_bfloat16")
    outputs, _ = trained(mixed, maps)
    exact, _ = trained(layer_of(BatchNormalization, shape), maps)
    assert keras.ops.dtype(mixed(maps, training=True)) == "bfloat16"
    np.testing.assert_allclose(outputs, exact, rtol=0, atol=0.1)  # bfloat16 has eight bits
    assert np.abs(outputs - exact).max() > 0
    assert {weight.dtype for weight in mixed.get_weights()} == {np.dtype(np.float32)}
