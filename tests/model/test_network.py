from collections.abc import Iterator

import keras
import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

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
from model.network import CONVOLUTIONAL, DENSE, DENSE_LARGE, NETWORKS, build, check_table
from model.normalised_convolution import NormalisedConvolution

Floats = NDArray[np.float64]

HEAD: Table = (GlobalAveragePooling("average"), Dense("logits"), Softmax("probabilities"))

EVERY_KIND: Table = (
    Rescaling("rescale", scale=0.01, offset=-0.5),
    Convolution("conv1", filters=5, size=3, stride=2),
    ReLU("relu1"),
    MaxPooling("pool1", size=3, stride=2, padding="same"),
    Convolution("conv2", filters=4, size=2, padding="valid"),
    AveragePooling("pool2", size=2, stride=1, padding="same"),
    Convolution("conv3", filters=6, size=1),
    Flatten("flatten"),
    Dense("dense1", units=7),
    ReLU("relu2"),
    Dense("logits"),
    Softmax("probabilities", temperature=1.7),
)


def randomised(network: keras.Model) -> keras.Model:
    random = np.random.default_rng(3)
    shapes = [weight.shape for weight in network.get_weights()]  # kernels end with the outputs, biases are outputs only
    network.set_weights([random.normal(0, 1 / np.sqrt(np.prod(shape[:-1])), shape) for shape in shapes])
    return network


def photos(count: int, height: int, width: int) -> NDArray[np.uint8]:
    return np.random.default_rng(4).integers(0, 256, (count, height, width, 3), dtype=np.uint8)


def computed(network: keras.Model, images: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
    return {name: keras.ops.convert_to_numpy(output) for name, output in network(images).items()}


def windows(maps: Floats, size: int, stride: int, padding: Padding, fill: float) -> Floats:
    """[n, rows, columns, channels, size, size]; "same" pads to ceil(length / stride) windows, more at the end."""
    if padding == "same":
        lacking = [max((-(-length // stride) - 1) * stride + size - length, 0) for length in maps.shape[1:3]]
        sides = [(lack // 2, lack - lack // 2) for lack in lacking]
        maps = np.pad(maps, [(0, 0), *sides, (0, 0)], constant_values=fill)
    return sliding_window_view(maps, (size, size), axis=(1, 2))[:, ::stride, ::stride]


def recomputed(network: keras.Model, table: Table, images: NDArray[np.uint8]) -> Iterator[tuple[str, Floats]]:
    """Every layer's output by plain numpy, from the table's words and the network's weights."""
    maps: Floats = images.astype(np.float64)
    for row in table:
        weights = [weight.astype(np.float64) for weight in network.get_layer(row.name).get_weights()]
        match row:
            case Rescaling():
                maps = maps * row.scale + row.offset
            case Convolution():
                views = windows(maps, row.size, row.stride, row.padding, fill=0)
                maps = np.einsum("nyxcij,ijcf->nyxf", views, weights[0]) + weights[1]
            case ReLU():
                maps = np.where(maps > 0, maps, 0)
            case MaxPooling():
                maps = windows(maps, row.size, row.stride, row.padding, fill=-np.inf).max(axis=(-1, -2))
            case AveragePooling():
                maps = np.nanmean(windows(maps, row.size, row.stride, row.padding, fill=np.nan), axis=(-1, -2))
            case GlobalAveragePooling():
                maps = maps.mean(axis=(1, 2))
            case Flatten():
                maps = maps.reshape(len(maps), -1)
            case Dense():
                maps = maps @ weights[0] + weights[1]
            case Softmax():
                powers = np.exp(maps / row.temperature)
                maps = powers / powers.sum(axis=1, keepdims=True)
        yield row.name, maps


@pytest.mark.parametrize(
    ("table", "height", "width"),
    [(EVERY_KIND, 19, 22), (EVERY_KIND, 16, 16), (CONVOLUTIONAL, 32, 40), (DENSE, 16, 24)],
    ids=["odd", "even", "convolutional", "dense"],
)
def test_every_layer_computes_what_its_row_says(table: Table, height: int, width: int) -> None:
    network = randomised(build(table, 3, height, width, normalised=False))
    images = photos(2, height, width)
    outputs = computed(network, images)
    for name, expected in recomputed(network, table, images):
        np.testing.assert_allclose(outputs[name], expected, rtol=2e-4, atol=1e-5 * np.abs(expected).max(), err_msg=name)


@pytest.mark.parametrize("normalised", [True, False], ids=["normalised", "plain"])
@pytest.mark.parametrize("name", NETWORKS)
def test_the_shipped_networks_build_and_give_every_layer_by_name(name: str, normalised: bool) -> None:
    table = NETWORKS[name]
    network = build(table, 4, 128, 128, normalised=normalised)
    assert list(network.output) == [row.name for row in table]
    assert network.output["logits"].shape == (None, 4)
    probabilities = computed(network, photos(2, 128, 128))["probabilities"]
    assert probabilities.shape == (2, 4)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)
    assert (probabilities > 0).all()


@pytest.mark.parametrize(
    ("normalised", "kind"), [(True, NormalisedConvolution), (False, keras.layers.Conv2D)], ids=["normalised", "plain"]
)
def test_convolutions_are_normalised_for_training_only(normalised: bool, kind: type[keras.layers.Layer]) -> None:
    network = build(EVERY_KIND, 3, 16, 16, normalised=normalised)
    found = {layer.name: layer for layer in network.layers if isinstance(layer, kind)}
    assert set(found) == {"conv1", "conv2", "conv3"}
    assert {name: layer.output.shape[1:] for name, layer in found.items()} == {
        "conv1": (8, 8, 5),
        "conv2": (3, 3, 4),
        "conv3": (3, 3, 6),
    }


def parameters_and_multiplications(table: Table, labels: int, side: int) -> tuple[int, int]:
    """Counted by hand from the rows of a network of "same" convolutions."""
    parameters = multiplications = 0
    channels = 3
    for row in table:
        match row:
            case Convolution():
                side = -(-side // row.stride)
                weights = row.size * row.size * channels * row.filters
                parameters += weights + row.filters
                multiplications += weights * side * side
                channels = row.filters
            case MaxPooling():
                side = (side - row.size) // row.stride + 1
            case Dense():
                parameters += channels * labels + labels
                multiplications += channels * labels
    return parameters, multiplications


def test_the_convolutional_network_is_as_large_as_its_comment_says() -> None:
    parameters, multiplications = parameters_and_multiplications(CONVOLUTIONAL, 4, 128)
    assert build(CONVOLUTIONAL, 4, 128, 128, normalised=False).count_params() == parameters
    assert parameters <= 1_500_000
    assert round(parameters / 1e6, 1) == 1.3
    assert round(2 * multiplications / 1e6) == 395  # each multiplication and its addition counted


@pytest.mark.parametrize(("table", "inputs", "units"), [(DENSE, 32 * 32, 384), (DENSE_LARGE, 128 * 128, 512)])
def test_the_dense_networks_are_as_large_as_their_comments_say(table: Table, inputs: int, units: int) -> None:
    parameters = build(table, 4, 128, 128, normalised=False).count_params()
    assert parameters == inputs * 3 * units + units + units * 128 + 128 + 128 * 4 + 4
    if table is DENSE:
        assert parameters == pytest.approx(parameters_and_multiplications(CONVOLUTIONAL, 4, 128)[0], rel=0.1)
    else:
        assert round(parameters / 1e6) == 25


def test_the_layers_may_stand_in_any_order() -> None:
    table: Table = (
        MaxPooling("pool"),
        ReLU("relu1"),
        ReLU("relu2"),
        Convolution("conv1", filters=2),
        Convolution("conv2", filters=2),
        Rescaling("rescale"),
        *HEAD,
    )
    network = randomised(build(table, 2, 8, 8, normalised=False))
    images = photos(1, 8, 8)
    outputs = computed(network, images)
    for name, expected in recomputed(network, table, images):
        np.testing.assert_allclose(outputs[name], expected, rtol=2e-4, atol=1e-5 * np.abs(expected).max(), err_msg=name)


def test_a_network_without_flatten_takes_photos_of_any_size() -> None:
    network = build(CONVOLUTIONAL, 2, None, None, normalised=True)
    assert computed(network, photos(1, 64, 48))["conv9"].shape == (1, 4, 3, 208)
    assert computed(network, photos(1, 32, 32))["conv9"].shape == (1, 2, 2, 208)


def test_a_higher_temperature_makes_probabilities_milder_and_changes_no_order() -> None:
    cold, warm = (
        randomised(build((*HEAD[:-1], Softmax("probabilities", temperature)), 3, 8, 8, normalised=False))
        for temperature in (1.0, 4.0)
    )
    images = photos(5, 8, 8)
    scores = {temperature: computed(network, images) for temperature, network in ((1, cold), (4, warm))}
    np.testing.assert_array_equal(scores[1]["logits"], scores[4]["logits"])
    assert (scores[4]["probabilities"].max(axis=1) < scores[1]["probabilities"].max(axis=1)).all()
    order = {temperature: np.argsort(scores[temperature]["probabilities"], axis=1) for temperature in scores}
    np.testing.assert_array_equal(order[1], order[4])


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ((), r"to end with Dense .* received: \(\)$"),
        ((Softmax("probabilities"),), r"received: \(Softmax\(.*\),\)$"),
        ((ReLU("relu"), Softmax("probabilities")), r"received: \(ReLU\(.*\), Softmax\(.*\)\)$"),
        ((Softmax("probabilities"), Dense("logits")), r"received: \(Softmax\(.*\), Dense\(.*\)\)$"),
        ((Dense("logits", units=5), Softmax("probabilities")), r"received: \(Dense\(.*units=5\), Softmax\(.*\)\)$"),
        ((ReLU("relu"), ReLU("pool"), ReLU("relu"), *HEAD), r"received twice: relu$"),
        ((ReLU("b"), ReLU("b"), ReLU("a"), ReLU("a"), *HEAD), r"received twice: a, b$"),
    ],
)
def test_a_table_that_no_artifact_could_be_made_of_is_refused(table: Table, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_table(table)
    with pytest.raises(ValueError, match=message):
        build(table, 2, 8, 8, normalised=False)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_shipped_tables_are_good(name: str) -> None:
    check_table(NETWORKS[name])


def test_maps_cannot_follow_a_vector() -> None:
    with pytest.raises(ValueError, match="conv1"):
        build((Flatten("flatten"), Convolution("conv1", filters=2), *HEAD), 2, 8, 8, normalised=False)


def test_a_network_that_flattens_needs_the_photos_size() -> None:
    with pytest.raises(ValueError, match="must be fully-defined"):
        build(DENSE, 2, None, None, normalised=False)
