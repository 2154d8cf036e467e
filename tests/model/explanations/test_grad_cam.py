import numpy as np
import pytest
from numpy.typing import NDArray

from model.artifact import Artifact
from model.explanations.explanation import Grid
from model.explanations.grad_cam import default_layer, grad_cam
from model.geometry import describe
from model.layers import Convolution, MaxPooling, Table
from model.manifest import IMAGES
from model.network import NETWORKS
from model.tail import Tail
from tests.model.artifacts import SIZE, SMALLEST, VECTORS, noise
from tests.model.explanations.networks import AVERAGED, averaged, coloured, drawn

PHOTO = coloured(red=[[103, 90], [102, 100]], green=[[105, 100], [0, 101]])
MAPS = np.array([[[3, 5], [0, 0]], [[2, 0], [0, 1]]], np.float32)  # what is above 100 of red and of green


def test_a_small_networks_map_is_as_computed_by_hand() -> None:
    """The channels weigh 4/4 and -8/4: the mean over four places carries a quarter of each dense weight to each."""
    np.testing.assert_array_equal(averaged(until="relu")(PHOTO[None]).numpy()[0], MAPS)
    found = grad_cam(averaged("relu"), MAPS, label=1, reason="why not")
    assert found.values.dtype == np.float32
    np.testing.assert_array_equal(found.values, [[3 - 10, 0], [2, -2]])
    assert found.logit == 4 * 5 / 4 - 8 * 6 / 4 + 1
    assert found.grid == Grid()
    assert (found.facts["layer"], found.facts["reason"]) == ("relu", "why not")


def test_any_layer_with_maps_can_be_asked_for() -> None:
    """Before the ReLU, two of four places carry each channel; in the photo, red and green weigh the same as those."""
    before = averaged(until="conv")(PHOTO[None]).numpy()[0]
    found = grad_cam(averaged("conv"), before, label=1)
    np.testing.assert_array_equal(found.values, before @ [2 * 1 / 4, 2 * -2 / 4])
    np.testing.assert_array_equal(
        grad_cam(averaged(), PHOTO.astype(np.float32), label=1).values, PHOTO @ np.array([2 * 1 / 4, 2 * -2 / 4, 0])
    )


def test_with_an_average_and_one_dense_layer_behind_it_it_is_the_class_activation_map() -> None:
    """CAM (Zhou et al. 2016, arXiv 1512.04150) weighs maps by the dense layer's weights; the places share its mean."""
    table: Table = (Convolution("conv", filters=6), MaxPooling("pool"), *AVERAGED[-3:])
    random, records = np.random.default_rng(4), describe(table, labels=3, height=8, width=12)
    weights: dict[str, dict[str, NDArray[np.float32]]] = {
        record.name: {name: random.normal(0, 1, shape).astype(np.float32) for name, shape in record.weights.items()}
        for record in records
    }
    photo = drawn(8, 12)
    maps = Tail(records, weights, after=IMAGES, until="pool")(photo[None]).numpy()[0]
    for label in range(3):
        found = grad_cam(Tail(records, weights, after="pool"), maps, label)
        by_hand = (maps * weights["logits"]["kernel"][:, label]).sum(axis=-1) / (4 * 6)
        np.testing.assert_allclose(found.values, by_hand, rtol=1e-5, atol=1e-5 * np.abs(by_hand).max())
        complete = found.logit - weights["logits"]["bias"][label]
        assert found.values.sum() == pytest.approx(complete, rel=1e-4)


def test_a_channels_weight_is_what_the_logit_gains_when_its_whole_map_is_lifted(maps: Artifact) -> None:
    """Finite differences in float64; the mean over the places is the gain divided by their number."""
    weights = {layer.name: maps.weights(layer.name) for layer in maps.manifest.layers}
    exact = Tail(maps.manifest.layers, weights, after="conv2", dtype="float64")
    output = maps.layers(noise(1, *SIZE))["conv2"].numpy()[0].astype(np.float64)
    places = output.shape[0] * output.shape[1]
    lifted = output + 1e-6 * np.eye(output.shape[-1])[:, None, None, :]
    gains = (exact(lifted) - exact(output[None])).numpy() / 1e-6 / places
    for label in range(len(maps.manifest.labels)):
        found = grad_cam(maps.tail("conv2"), output.astype(np.float32), label)
        expected = output @ gains[:, label]
        np.testing.assert_allclose(found.values, expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max())


def test_what_speaks_against_the_label_keeps_its_sign(shipped: Artifact) -> None:
    layer, _ = default_layer(shipped.manifest.layers)
    maps = shipped.layers(drawn(shipped.manifest.height, shipped.manifest.width)[None])[layer].numpy()[0]
    labels = range(len(shipped.manifest.labels))
    values = np.stack([grad_cam(shipped.tail(layer), maps, label).values for label in labels])
    assert values.min() < 0 < values.max()


def test_maps_lie_where_their_units_look(shipped: Artifact) -> None:
    layer, _ = default_layer(shipped.manifest.layers)
    record = shipped.manifest.layer(layer)
    assert record is not None
    maps = np.ones(record.shape, np.float32)
    assert grad_cam(shipped.tail(layer), maps, 0).grid == Grid.of(record.receptive_field)


def test_the_layer_to_look_at_is_the_last_with_maps(shipped: Artifact) -> None:
    layer, reason = default_layer(shipped.manifest.layers)
    maps = [record for record in shipped.manifest.layers if len(record.shape) == 3]
    assert layer == maps[-1].name
    rows, columns, channels = maps[-1].shape
    assert reason.startswith(f"{layer} is the last layer with maps, {channels} of {rows}×{columns}")


@pytest.mark.parametrize(
    ("table", "layer"),
    [(VECTORS, "mean"), (NETWORKS["dense"], "shrink"), (NETWORKS["dense_large"], "rescale"), (SMALLEST, IMAGES)],
)
def test_a_network_without_convolutions_at_its_end_has_such_a_layer_too(table: Table, layer: str) -> None:
    records = describe(table, labels=2, height=32, width=32)
    assert default_layer(records).layer == layer
    assert layer in default_layer(records).reason or layer == IMAGES


def test_a_layer_without_maps_is_refused() -> None:
    with pytest.raises(ValueError, match=r"average: expected maps .*; received the shape \(2,\)"):
        grad_cam(averaged("average"), np.ones(2, np.float32), label=0)
