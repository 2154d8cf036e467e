"""The tail beside the graph that is served and beside plain numpy; its gradients beside finite differences."""

import numpy as np
import pytest
from numpy.typing import NDArray

from model.artifact import Artifact
from model.geometry import describe
from model.layers import Convolution, Dense, Flatten, MaxPooling, ReLU, Rescaling, Softmax, Table
from model.manifest import IMAGES, LayerRecord
from model.tail import Tail
from tests.model.artifacts import SIZE, noise
from tests.model.plain_numpy import recompute

STEP = 1e-6  # of finite differences: kinks are rarely so near, and float64 still has nine digits of the change


@pytest.fixture(params=["shipped", "maps", "vectors"])
def artifact(request: pytest.FixtureRequest) -> Artifact:
    found: Artifact = request.getfixturevalue(request.param)
    return found


@pytest.fixture(params=["maps", "vectors"])
def small(request: pytest.FixtureRequest) -> Artifact:
    found: Artifact = request.getfixturevalue(request.param)
    return found


def served(artifact: Artifact, photos: int = 2) -> dict[str, NDArray[np.float32]]:
    """Every layer's output, and the photos as floats."""
    images = noise(photos, artifact.manifest.height, artifact.manifest.width)
    outputs = {name: output.numpy() for name, output in artifact.layers(images).items()}
    return {IMAGES: images.astype(np.float32)} | outputs


def tail_of(artifact: Artifact, after: str, dtype: str, until: str | None = None) -> Tail:
    weights = {layer.name: artifact.weights(layer.name) for layer in artifact.manifest.layers}
    return Tail(artifact.manifest.layers, weights, after=after, until=until, dtype=dtype)


def answering(artifact: Artifact) -> list[LayerRecord]:
    """The layers up to the logits."""
    return [layer for layer in artifact.manifest.layers if layer.kind != "softmax"]


def test_every_layer_is_what_plain_numpy_makes_of_the_layer_before(artifact: Artifact) -> None:
    outputs = served(artifact)
    for layer in artifact.manifest.layers:
        before = outputs[layer.input]
        expected = recompute(layer, artifact.weights(layer.name), before.astype(np.float64))
        computed = tail_of(artifact, layer.input, "float32", layer.name)(before).numpy()
        assert computed.dtype == np.float32
        assert computed.shape == expected.values.shape
        assert (np.abs(computed - expected.values) <= expected.bound).all(), layer.name


def test_from_every_layer_the_tail_comes_to_the_logits_that_are_served(artifact: Artifact) -> None:
    outputs = served(artifact)
    layers = answering(artifact)
    for after in [IMAGES, *(layer.name for layer in layers)]:
        logits = artifact.tail(after)(outputs[after]).numpy()
        np.testing.assert_allclose(logits, outputs[layers[-1].name], rtol=1e-5, atol=1e-5, err_msg=after)


def test_up_to_every_layer_the_tail_comes_to_what_is_served(small: Artifact) -> None:
    outputs = served(small)
    for layer in small.manifest.layers:
        computed = small.tail(IMAGES, layer.name)(outputs[IMAGES]).numpy()
        np.testing.assert_allclose(computed, outputs[layer.name], rtol=1e-5, atol=1e-5, err_msg=layer.name)


def test_the_gradient_from_every_layer_is_that_of_finite_differences(small: Artifact) -> None:
    outputs, random = served(small, photos=1), np.random.default_rng(5)
    labels = len(small.manifest.labels)
    for after in [IMAGES, *(layer.name for layer in answering(small))]:
        tail, values = tail_of(small, after, "float64"), outputs[after].astype(np.float64)
        values += random.uniform(0, 0.5, values.shape)  # no two alike in a window: a largest one has no gradient then
        weights = random.normal(size=(1, labels))
        logits, gradient = (tensor.numpy() for tensor in tail.gradient(values, weights))
        np.testing.assert_array_equal(logits, tail(values).numpy())
        ways = random.normal(size=(9, *values.shape[1:]))
        ahead, behind = (tail(values + step * ways).numpy() @ weights[0] for step in (STEP, -STEP))
        expected = (ways * gradient).reshape(len(ways), -1).sum(axis=1)
        np.testing.assert_allclose((ahead - behind) / (2 * STEP), expected, rtol=1e-5, atol=1e-8, err_msg=after)
        assert np.abs(expected).max() > 1e-3, after  # or no gradient at all would do


def test_the_gradient_of_a_photo_in_float32_is_nearly_that_in_float64(shipped: Artifact) -> None:
    images = noise(1, shipped.manifest.height, shipped.manifest.width)
    direction = np.eye(len(shipped.manifest.labels))[:1]
    exact = tail_of(shipped, IMAGES, "float64").gradient(images, direction)[1].numpy()
    computed = shipped.tail(IMAGES).gradient(images, direction)[1].numpy()
    assert computed.dtype == np.float32
    np.testing.assert_allclose(computed, exact, rtol=1e-3, atol=1e-4 * np.abs(exact).max())


SUMS: Table = (
    Rescaling("rescale", scale=2, offset=-1),
    Convolution("conv", filters=1, size=2, stride=2),
    ReLU("relu"),
    Flatten("flatten"),
    Dense("logits"),
    Softmax("probabilities"),
)


def sums(after: str = IMAGES, until: str | None = None) -> Tail:
    """On photos of 2x3: the padding is one column on the right, so the two windows see four pixels and two."""
    conv = np.zeros((2, 2, 3, 1))
    conv[:, :, 0, 0] = [[1, 2], [3, 4]]  # red alone
    weights = {
        "conv": {"kernel": conv, "bias": np.array([-3.0])},
        "logits": {"kernel": np.array([[1.0, 10.0], [5.0, -1.0]]), "bias": np.array([0.0, 7.0])},
    }
    return Tail(describe(SUMS, labels=2, height=2, width=3), weights, after=after, until=until)


RED = np.zeros((1, 2, 3, 3), np.float32)
RED[0, :, :, 0] = [[1, 0, 3], [2, 1, 0]]


def test_a_small_network_is_as_computed_by_hand() -> None:
    """Red becomes [[1, -1, 5], [3, 1, -1]]; the first window sums up to 1-2+9+4-3 = 9, the second to 5-3-3 = -1."""
    np.testing.assert_array_equal(sums(until="conv")(RED).numpy().ravel(), [9, -1])
    np.testing.assert_array_equal(sums()(RED).numpy(), [[9 * 1, 9 * 10 + 7]])
    np.testing.assert_array_equal(sums(after="relu")(np.array([[[[2.0], [3.0]]]])).numpy(), [[17, 24]])


def test_its_gradient_is_as_computed_by_hand() -> None:
    """Only the first window's unit is above zero: its weights, times ten for the logit, times two for the scale."""
    logits, gradient = sums().gradient(RED, np.array([[0, 1]]))
    np.testing.assert_array_equal(logits.numpy(), [[9, 97]])
    np.testing.assert_array_equal(gradient.numpy()[0, :, :, 0], [[20, 40, 0], [60, 80, 0]])
    assert not gradient.numpy()[..., 1:].any()


def test_each_input_may_have_a_direction_of_its_own() -> None:
    tail, twice = sums(), np.concatenate([RED, RED])
    both = tail.gradient(twice, np.eye(2))[1].numpy()
    first, second = (tail.gradient(RED, direction[None])[1].numpy()[0] for direction in np.eye(2))
    np.testing.assert_array_equal(both, [first, second])
    assert (first != second).any()


def test_of_equal_values_the_gradient_goes_to_one_alone() -> None:
    records = describe((MaxPooling("max"), Flatten("flatten"), *SUMS[-2:]), labels=1, height=2, width=2)
    weights = {"logits": {"kernel": np.array([[1.0], [0], [0]]), "bias": np.zeros(1)}}
    gradient = Tail(records, weights, after=IMAGES).gradient(np.ones((1, 2, 2, 3)), np.ones((1, 1)))[1].numpy()
    assert sorted(gradient.ravel()) == [0] * 11 + [1]


def test_a_tail_of_no_layers_gives_back_what_it_is_given() -> None:
    logits = np.array([[3.0, -1.0]])
    output, gradient = sums(after="logits").gradient(logits, np.array([[2, 5]]))
    np.testing.assert_array_equal(output.numpy(), logits)
    np.testing.assert_array_equal(gradient.numpy(), [[2, 5]])


def test_a_tail_knows_what_goes_in_and_what_comes_out() -> None:
    assert (sums().after, sums().until, sums().outputs, sums().record) == (IMAGES, "logits", (2,), None)
    inner = sums("conv", "relu")
    assert inner.record is not None
    assert (inner.record.name, inner.outputs) == ("conv", (1, 2, 1))


@pytest.mark.parametrize(
    ("after", "until", "expected"),
    [
        ("nothing", None, "one of images, rescale, conv, relu, flatten, logits; received: 'nothing'"),
        ("relu", "conv", "one of images, rescale, conv; received: 'relu'"),
        ("probabilities", None, "received: 'probabilities'"),
        (IMAGES, "nothing", "one of rescale, conv, relu, flatten, logits, probabilities; received: 'nothing'"),
        (IMAGES, IMAGES, "received: 'images'"),
    ],
)
def test_what_is_no_part_of_the_network_is_refused(after: str, until: str | None, expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        sums(after, until)


def test_an_artifact_makes_each_tail_once(small: Artifact) -> None:
    assert small.tail(IMAGES) is small.tail(IMAGES)
    first = small.manifest.layers[0].name
    assert small.tail(first) is not small.tail(IMAGES)
    assert small.tail(IMAGES, first) is not small.tail(IMAGES)
    images = noise(1, *SIZE)
    np.testing.assert_array_equal(small.tail(IMAGES)(images), small.tail(IMAGES)(images.astype(np.float64)))
