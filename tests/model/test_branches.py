import keras
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from model.branches import EPSILON, BranchedConvolution, scale_and_shift
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

HEAD: Table = (GlobalAveragePooling("average"), Dense("logits"), Softmax("probabilities"))

TABLES: dict[str, Table] = {
    "shipped": CONVOLUTIONAL,
    "identity": (Rescaling("rescale"), Convolution("conv1", 6), ReLU("relu1"), Convolution("conv2", 6), *HEAD),
    "identity on the photo": (Convolution("conv1", filters=3), *HEAD),
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
def test_a_folded_network_computes_what_its_branches_compute(name: str, height: int, width: int) -> None:
    table = TABLES[name]
    size = (height, width) if name == "flattened" else (None, None)
    branched = build(table, 4, *size, branched=True)
    randomise(branched, np.random.default_rng(5))
    plain = fold(branched, table, 4, height, width)
    assert not any(isinstance(layer, BranchedConvolution | keras.layers.BatchNormalization) for layer in plain.layers)
    images = photos(height, width)
    expected, received = branched(images, training=False), plain(images)
    for row in table:
        left, right = (keras.ops.convert_to_numpy(outputs[row.name]) for outputs in (expected, received))
        # Float32 rounds at 6e-8 of a sum's largest terms, and errors add up from layer to layer.
        np.testing.assert_allclose(left, right, rtol=0, atol=2e-5 * np.abs(left).max(), err_msg=row.name)
        assert np.ptp(left) > 0  # or a network of zeros would agree as well


@pytest.mark.parametrize(
    ("filters", "size", "stride", "padding", "branches"),
    [
        (5, 3, 1, "same", "window point identity"),
        (5, 5, 1, "same", "window point identity"),
        (6, 3, 1, "same", "window point"),
        (5, 3, 2, "same", "window"),
        (5, 3, 1, "valid", "window"),
        (5, 2, 1, "same", "window"),
        (5, 1, 1, "same", "window"),
    ],
)
def test_there_are_as_many_branches_as_one_kernel_can_take_in(
    filters: int, size: int, stride: int, padding: Padding, branches: str
) -> None:
    layer = BranchedConvolution(filters, size, stride, padding)
    layer.build((None, 8, 8, 5))
    found = [convolution.name for convolution in layer.convolutions] + ["identity"] * (layer.identity is not None)
    assert " ".join(found) == branches
    normalisations = found.count("window") + found.count("point") + found.count("identity")
    assert len(layer.variables) == 4 * normalisations + len(layer.convolutions)


@settings(max_examples=25)
@given(
    filters=st.integers(1, 5), channels=st.integers(1, 5), size=st.integers(1, 5), stride=st.integers(1, 3),
    padding=st.sampled_from(["same", "valid"]), height=st.integers(5, 12), width=st.integers(5, 12),
)  # fmt: skip
def test_any_convolution_folds_into_one_kernel_and_bias(
    filters: int, channels: int, size: int, stride: int, padding: Padding, height: int, width: int
) -> None:
    assume(size > 1 or stride == 1)  # TensorFlow 2.21 with oneDNN has corrupted memory over strided 1x1 convolutions
    layer = BranchedConvolution(filters, size, stride, padding)
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


def test_the_branches_of_a_pixel_add_up_as_computed_by_hand() -> None:
    layer = BranchedConvolution(filters=1, size=3, stride=1, padding="same")
    layer.build((1, 1, 1, 1))
    window, point = layer.convolutions
    centre = np.zeros((3, 3, 1, 1))
    centre[1, 1] = 2
    window.set_weights([centre])
    point.set_weights([np.full((1, 1, 1, 1), 5)])
    variance = 4 - EPSILON  # so that the deviation is 2
    for normalisation, gamma, beta, mean in zip(
        [*layer.normalisations, layer.identity], (1, 4, 6), (0.5, 0.25, 0.125), (2, 1, 3), strict=True
    ):
        normalisation.set_weights([np.array([value]) for value in (gamma, beta, mean, variance)])
    # 3 comes in: (2*3 - 2)/2 * 1 + 0.5, (5*3 - 1)/2 * 4 + 0.25 and (3 - 3)/2 * 6 + 0.125.
    assert keras.ops.convert_to_numpy(layer(np.full((1, 1, 1, 1), 3.0))).item() == pytest.approx(30.875)
    kernel, bias = layer.fold()
    # 2 * 1/2 + 5 * 4/2 + 6/2; (0.5 - 2 * 1/2) + (0.25 - 1 * 4/2) + (0.125 - 3 * 6/2).
    assert kernel[1, 1].item() == pytest.approx(14)
    assert bias.item() == pytest.approx(-11.125)
    assert np.count_nonzero(kernel) == 1


def test_scale_and_shift_are_what_a_normalisation_does_to_a_channel() -> None:
    layer = keras.layers.BatchNormalization(epsilon=0.75)
    layer.build((None, 2))
    layer.set_weights([np.array(values) for values in ([2, 3], [10, 20], [1, 5], [0.25, 3.25])])
    scale, shift = scale_and_shift(layer)
    assert scale == pytest.approx([2, 1.5])
    assert shift == pytest.approx([8, 12.5])


def test_training_normalises_by_the_batch_and_remembers_it() -> None:
    layer = BranchedConvolution(filters=4, size=3, stride=1, padding="same")
    maps = np.random.default_rng(6).normal(5, 3, (8, 6, 6, 4)).astype(np.float32)
    trained = keras.ops.convert_to_numpy(layer(maps, training=True))
    assert np.abs(trained.mean(axis=(0, 1, 2))).max() < 1e-4  # each of the three branches has mean zero
    assert np.abs(trained - keras.ops.convert_to_numpy(layer(maps, training=False))).max() > 1
    assert layer.identity is not None
    np.testing.assert_allclose(layer.identity.moving_mean, maps.mean(axis=(0, 1, 2)) * 0.02, rtol=1e-4)  # momentum 0.98


def test_folding_a_network_of_mixed_precision_gives_its_float32_weights() -> None:
    table = TABLES["identity"]
    policy = keras.mixed_precision.global_policy()
    exact = build(table, 4, None, None, branched=True)
    keras.mixed_precision.set_global_policy("mixed_bfloat16")
    try:
        mixed = build(table, 4, None, None, branched=True)
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
