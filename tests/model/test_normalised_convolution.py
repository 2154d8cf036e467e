import keras
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from model.batch_normalisation import EPSILON
from model.layers import (
    AveragePooling,
    Convolution,
    Dense,
    Flatten,
    GlobalAveragePooling,
    MaxPooling,
    Padding,
    ReLU,
    Rescaling,
    Softmax,
    Table,
)
from model.network import CONVOLUTIONAL, build, fold
from model.normalised_convolution import NormalisedConvolution

HEAD: Table = (GlobalAveragePooling("average"), Dense("logits"), Softmax("probabilities"))

TABLES: dict[str, Table] = {
    "shipped": CONVOLUTIONAL,
    "plain": (Rescaling("rescale"), Convolution("conv1", 6), ReLU("relu1"), Convolution("conv2", 6), *HEAD),
    "on the photo itself": (Convolution("conv1", filters=3), *HEAD),
    "stride 2": (Rescaling("rescale"), Convolution("conv1", 6, stride=2), Convolution("conv2", 6, stride=2), *HEAD),
    "valid padding": (Rescaling("rescale"), Convolution("conv1", 6, padding="valid"), MaxPooling("pool1"), *HEAD),
    "1x1": (Rescaling("rescale"), Convolution("conv1", 6, size=1), Convolution("conv2", 6, size=1), *HEAD),
    "5x5": (Rescaling("rescale"), Convolution("conv1", 6, size=5), Convolution("conv2", 6, size=5), *HEAD),
    "even size": (Rescaling("rescale"), Convolution("conv1", 6, size=2), Convolution("conv2", 6, size=4), *HEAD),
    "flattened": (Convolution("conv1", 4), AveragePooling("pool1"), Flatten("flat"), *HEAD[1:]),
}


def randomise(layer: keras.Layer, random: np.random.Generator) -> None:
    """Weights of useful size, and batch-norm statistics far from what they start as."""
    weights = []
    for variable in layer.variables:
        match variable.name:
            case "kernel":
                fan_in = np.prod(variable.shape[:-1])
                weights.append(random.normal(0, 1 / np.sqrt(fan_in), variable.shape))
            case "gamma" | "moving_variance":
                weights.append(random.uniform(0.3, 2, variable.shape))
            case _:
                weights.append(random.normal(0, 0.5, variable.shape))
    layer.set_weights(weights)


def photos(height: int, width: int) -> NDArray[np.uint8]:
    return np.random.default_rng(4).integers(0, 256, (3, height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize(("height", "width"), [(40, 40), (37, 50)])
@pytest.mark.parametrize("name", TABLES)
def test_a_folded_network_computes_what_the_trained_one_computes(name: str, height: int, width: int) -> None:
    table = TABLES[name]
    size = (height, width) if name == "flattened" else (None, None)
    normalised = build(table, 4, *size, normalised=True)
    randomise(normalised, np.random.default_rng(5))
    plain = fold(normalised, table, 4, height, width)
    assert not any(isinstance(layer, NormalisedConvolution | keras.layers.BatchNormalization) for layer in plain.layers)
    images = photos(height, width)
    expected, received = normalised(images, training=False), plain(images)
    for row in table:
        left, right = (keras.ops.convert_to_numpy(outputs[row.name]) for outputs in (expected, received))
        # Float32 rounds at 6e-8 of a sum's largest terms, and errors add up from layer to layer.
        np.testing.assert_allclose(left, right, rtol=0, atol=2e-5 * np.abs(left).max(), err_msg=row.name)
        assert np.ptp(left) > 0  # or a network of zeros would agree as well


@settings(max_examples=25)
@given(
    filters=st.integers(1, 5), channels=st.integers(1, 5), size=st.integers(1, 5), stride=st.integers(1, 3),
    padding=st.sampled_from(["same", "valid"]), height=st.integers(5, 12), width=st.integers(5, 12),
)  # fmt: skip
def test_any_convolution_folds_into_one_kernel_and_bias(
    filters: int, channels: int, size: int, stride: int, padding: Padding, height: int, width: int
) -> None:
    assume(size > 1 or stride == 1)  # TensorFlow 2.21 with oneDNN has corrupted memory over strided 1x1 convolutions
    layer = NormalisedConvolution(filters, size, stride, padding)
    random = np.random.default_rng(filters + 10 * channels + 100 * size)
    maps = random.normal(0, 1, (2, height, width, channels)).astype(np.float32)
    layer.build(maps.shape)
    randomise(layer, random)
    expected = keras.ops.convert_to_numpy(layer(maps, training=False))
    kernel, bias = layer.fold()
    assert kernel.dtype == bias.dtype == np.float32
    assert kernel.shape == (size, size, channels, filters)
    assert bias.shape == (filters,)
    folded = keras.ops.conv(maps, kernel, strides=stride, padding=padding) + bias
    np.testing.assert_allclose(keras.ops.convert_to_numpy(folded), expected, rtol=0, atol=2e-5)
    assert layer.compute_output_shape(maps.shape) == expected.shape


def test_a_pixel_is_normalised_as_computed_by_hand() -> None:
    layer = NormalisedConvolution(filters=1, size=3, stride=1, padding="same")
    layer.build((1, 1, 1, 1))
    window = np.zeros((9, 1))
    window[4] = 5  # the centre
    layer.kernel.assign(window)
    variance = 4 - EPSILON  # so that the deviation is 2
    layer.normalisation.set_weights([np.array([value]) for value in (4, 0.25, 1, variance)])
    # 3 comes in: (5*3 - 1)/2 * 4 + 0.25.
    assert keras.ops.convert_to_numpy(layer(np.full((1, 1, 1, 1), 3.0))).item() == pytest.approx(28.25)
    kernel, bias = layer.fold()
    assert kernel[1, 1].item() == pytest.approx(10)  # 5 * 4/2
    assert np.count_nonzero(kernel) == 1
    assert bias.item() == pytest.approx(-1.75)  # 0.25 - 1 * 4/2


def test_the_kernel_is_a_matrix_of_windows_in_the_order_of_a_convolutions() -> None:
    layer = NormalisedConvolution(filters=4, size=3, stride=2, padding="same")
    maps = np.random.default_rng(6).normal(0, 1, (2, 7, 8, 5)).astype(np.float32)
    layer(maps)
    assert tuple(layer.kernel.shape) == (3 * 3 * 5, 4)
    assert [variable.name for variable in layer.trainable_variables] == ["kernel", "gamma", "beta"]
    windows = sliding_window_view(np.pad(maps, ((0, 0), (1, 1), (0, 1), (0, 0))), (3, 3), axis=(1, 2))[:, ::2, ::2]
    rows = windows.transpose(0, 1, 2, 4, 5, 3).reshape(2, 4, 4, 45)  # rows, columns, channels
    expected = rows @ np.asarray(layer.kernel) / np.sqrt(1 + EPSILON)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(layer(maps)), expected, rtol=0, atol=1e-5)


def test_a_kernel_begins_as_large_as_keeps_the_values_size_behind_a_relu() -> None:
    layer = NormalisedConvolution(filters=64, size=3, stride=1, padding="same")
    layer.build((None, None, None, 32))
    # He: variance 2 / inputs. The deviation of 18,432 numbers is known to 0.5 %, and five such are 2.6 %.
    assert np.asarray(layer.kernel).std() == pytest.approx(np.sqrt(2 / (3 * 3 * 32)), rel=0.026)


def test_training_normalises_by_the_batch_and_remembers_it() -> None:
    layer = NormalisedConvolution(filters=4, size=3, stride=1, padding="same")
    maps = np.random.default_rng(6).normal(5, 3, (8, 6, 6, 4)).astype(np.float32)
    trained = keras.ops.convert_to_numpy(layer(maps, training=True))
    np.testing.assert_allclose(trained.mean(axis=(0, 1, 2)), 0, atol=1e-4)
    np.testing.assert_allclose(trained.std(axis=(0, 1, 2)), 1, rtol=1e-3)
    assert np.abs(trained - keras.ops.convert_to_numpy(layer(maps, training=False))).max() > 1
    kernel = np.asarray(layer.kernel).reshape(3, 3, 4, 4)
    summed = keras.ops.convert_to_numpy(keras.ops.conv(maps, kernel, padding="same"))
    mean, variance = (np.asarray(found) for found in layer.normalisation.non_trainable_variables)
    np.testing.assert_allclose(mean, 0.02 * summed.mean(axis=(0, 1, 2)), rtol=1e-3, atol=1e-4)  # momentum 0.98
    np.testing.assert_allclose(variance, 0.98 + 0.02 * summed.var(axis=(0, 1, 2), ddof=1), rtol=1e-3)


def test_folding_a_network_of_mixed_precision_gives_its_float32_weights() -> None:
    table = TABLES["plain"]
    policy = keras.mixed_precision.global_policy()
    exact = build(table, 4, None, None, normalised=True)
    keras.mixed_precision.set_global_policy("mixed_bfloat16")
    try:
        mixed = build(table, 4, None, None, normalised=True)
    finally:
        keras.mixed_precision.set_global_policy(policy)
    assert mixed.get_layer("conv1").compute_dtype == "bfloat16"
    randomise(exact, np.random.default_rng(8))
    mixed.set_weights(exact.get_weights())
    for left, right in zip(
        fold(mixed, table, 4, 8, 8).get_weights(), fold(exact, table, 4, 8, 8).get_weights(), strict=True
    ):
        assert left.dtype == np.float32
        np.testing.assert_array_equal(left, right)
