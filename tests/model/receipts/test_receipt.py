"""Receipts against hand-computed numbers, and against what loaded artifacts serve and plain numpy makes of it."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.artifact import Artifact
from model.manifest import LayerKind, LayerRecord
from model.receipts.receipt import Receipt, receipt, receipt_of_pixel
from model.receipts.unit import Unit
from tests.model.artifacts import noise
from tests.model.plain_numpy import recompute
from tests.model.receipts.records import Maps, maps, plain, windowed

BEFORE = maps(
    [[1, 10], [2, 20], [3, 30]],
    [[4, 40], [5, 50], [6, 60]],
)
LOGITS = np.log(np.array([1, 3, 4], np.float64)).astype(np.float32)


def served(number: float, record: LayerRecord, unit: Unit) -> Maps:
    """An output with this number in the unit's place."""
    output = np.full(record.shape, np.nan, np.float32)
    output[unit.at] = number
    return output


@pytest.mark.parametrize(("output", "difference"), [(352.0, 0.0), (352.5, 0.5)])
def test_a_convolution_adds_up_with_its_bias(output: float, difference: float) -> None:
    record, unit = windowed("convolution", (1, 2, 2)), Unit("here", 1, 0, 1)
    weights = {"kernel": np.arange(16, dtype=np.float32).reshape(2, 2, 2, 2), "bias": np.array([0, -5], np.float32)}
    found = receipt(record, BEFORE, weights, served(output, record, unit), unit)
    assert (found.unit, found.kind, found.output) == (unit, "convolution", output)
    assert (found.sum, found.recomputed, found.difference) == (3 * 9 + 30 * 11 - 5, 352, difference)
    assert found.subtotals.channel.tolist() == [0, 1]
    assert found.subtotals.sum.tolist() == [27, 330]
    assert 0 < found.bound < 1e-3


@pytest.mark.parametrize(("came", "goes"), [(-2.5, 0.0), (2.5, 2.5), (0.0, 0.0)])
def test_relu_keeps_what_is_above_zero_and_the_sum_is_what_came(came: float, goes: float) -> None:
    record, unit = plain("relu", (2,)), Unit("here", 1)
    found = receipt(record, np.array([9, came], np.float32), {}, served(goes, record, unit), unit)
    assert (found.sum, found.recomputed, found.difference, found.bound) == (came, goes, 0, 0)


@pytest.mark.parametrize(
    ("kind", "shape", "unit", "total"),
    [
        ("max_pooling", (1, 2, 2), Unit("here", 1, 0, 0), 20),
        ("average_pooling", (1, 2, 2), Unit("here", 1, 0, 0), 15),
    ],
)
def test_pooling_comes_to_what_is_inside_alone(
    kind: LayerKind, shape: tuple[int, ...], unit: Unit, total: float
) -> None:
    record = windowed(kind, shape)
    found = receipt(record, BEFORE, {}, served(total, record, unit), unit)
    assert (found.sum, found.recomputed, found.difference) == (total, total, 0)
    assert (found.subtotals.channel.tolist(), found.subtotals.sum.tolist()) == ([1], [total])


def test_a_global_average_is_the_mean_of_its_channel() -> None:
    record, unit = plain("global_average_pooling", (2,)), Unit("here", 0)
    found = receipt(record, BEFORE, {}, served(3.5, record, unit), unit)
    assert found.sum == found.recomputed == pytest.approx(3.5, rel=1e-15)


def test_rescaling_multiplies_the_pixel_and_adds_the_offset() -> None:
    record, unit = plain("rescaling", (2, 3, 2), "images", scale=0.5, offset=-1), Unit("here", 1, 1, 2)
    found = receipt(record, BEFORE.astype(np.uint8), {}, served(29, record, unit), unit)
    assert (found.sum, found.recomputed, found.terms.bias) == (29, 29, -1)


def test_a_probability_is_its_own_power_among_all() -> None:
    record, unit = plain("softmax", (3,), temperature=1), Unit("here", 1)
    found = receipt(record, LOGITS, {}, served(0.375, record, unit), unit)
    assert found.powers is not None
    assert found.powers.tolist() == pytest.approx([0.25, 0.75, 1])  # logs of 1, 3, 4: the largest comes to 1
    assert found.sum == pytest.approx(2)
    assert found.recomputed == pytest.approx(0.375)
    assert abs(found.difference) <= found.bound < 1e-5


def test_where_each_channel_has_one_term_there_are_no_subtotals() -> None:
    record, unit = plain("softmax", (3,), temperature=1), Unit("here", 1)
    assert len(receipt(record, LOGITS, {}, served(0.375, record, unit), unit).subtotals.channel) == 0


def test_a_pixel_has_no_terms() -> None:
    pixels = noise(1, 4, 5)[0]
    found = receipt_of_pixel(pixels, Unit("images", 2, 3, 4))
    assert (found.kind, len(found.terms.value), len(found.subtotals.channel)) == ("input", 0, 0)
    assert found.output == found.recomputed == found.sum == pixels[3, 4, 2]
    assert (found.difference, found.bound) == (0, 0)


@pytest.mark.parametrize("unit", [Unit("here", 3), Unit("here", 0, 0, 0)])
def test_a_unit_that_the_layer_lacks_is_refused(unit: Unit) -> None:
    with pytest.raises(ValueError, match="expected"):
        receipt(plain("softmax", (3,), temperature=1), LOGITS, {}, LOGITS, unit)


@pytest.mark.parametrize("unit", [Unit("images", 3, 0, 0), Unit("images", 0, 4, 0), Unit("images", 0)])
def test_a_pixel_that_the_photo_lacks_is_refused(unit: Unit) -> None:
    with pytest.raises(ValueError, match="expected"):
        receipt_of_pixel(noise(1, 4, 5)[0], unit)


def test_a_network_that_overflowed_has_a_receipt_that_says_so() -> None:
    record, unit = plain("dense", (1,)), Unit("here", 0)
    weights = {"kernel": np.array([[1], [-1]], np.float32), "bias": np.zeros(1, np.float32)}
    found = receipt(record, np.array([np.inf, np.inf], np.float32), weights, served(np.nan, record, unit), unit)
    assert math.isnan(found.sum)
    assert math.isnan(found.difference)
    record = plain("softmax", (2,), temperature=1)
    found = receipt(record, np.array([np.inf, 1], np.float32), {}, served(np.nan, record, unit), unit)
    assert math.isnan(found.recomputed)
    assert found.bound == math.inf


def assert_adds_up(artifact: Artifact, layer: LayerRecord, outputs: dict[str, Maps], unit: Unit) -> Receipt:
    """Nothing is off by more than rounding: the terms, the sum, what was served, and what plain numpy says."""
    weights, before = artifact.weights(layer.name), outputs[layer.input]
    found = receipt(layer, before, weights, outputs[layer.name], unit)
    terms = found.terms
    assert abs(found.difference) <= found.bound
    assert found.output == outputs[layer.name][unit.at]
    expected = recompute(layer, weights, before[None].astype(np.float64))
    assert found.recomputed == pytest.approx(expected.values[0][unit.at], rel=1e-9, abs=1e-12)
    if found.powers is None:
        assert found.sum == pytest.approx(math.fsum(terms.product) + terms.bias, rel=1e-12, abs=1e-12)
    part = terms.places.inside if terms.winner is None else np.arange(len(terms.value)) == terms.winner
    np.testing.assert_array_equal(terms.product[part], terms.value[part] * terms.weight[part])
    assert not terms.product[~part].any()
    if len(found.subtotals.sum):
        assert math.fsum(found.subtotals.sum) + terms.bias == pytest.approx(found.sum, rel=1e-9, abs=1e-9)
    for row in np.flatnonzero(terms.places.inside)[:: max(1, len(terms.value) // 20)].tolist():
        place = () if terms.places.y is None or terms.places.x is None else (terms.places.y[row], terms.places.x[row])
        assert terms.value[row] == before[*place, terms.places.channel[row]]
    return found


def outputs_of(artifact: Artifact, seed: int = 3) -> dict[str, Maps]:
    images = noise(1, artifact.manifest.height, artifact.manifest.width, seed)
    return {"images": images[0]} | {name: output.numpy()[0] for name, output in artifact.layers(images).items()}


def unit_at(layer: LayerRecord, index: int) -> Unit:
    """The unit that comes `index`th in the layer's output."""
    *place, channel = (int(number) for number in np.unravel_index(index % math.prod(layer.shape), layer.shape))
    return Unit(layer.name, channel, *place)


@pytest.fixture(scope="module")
def small(maps: Artifact, vectors: Artifact) -> list[tuple[Artifact, dict[str, Maps]]]:
    """Networks with every kind of layer, and every layer's output for a photo."""
    return [(artifact, outputs_of(artifact)) for artifact in (maps, vectors)]


@given(which=st.integers(0, 1), place=st.integers(0, 99), index=st.integers(0, 10_000))
def test_any_unit_of_any_kind_of_layer_is_within_its_bound(
    small: list[tuple[Artifact, dict[str, Maps]]], which: int, place: int, index: int
) -> None:
    artifact, outputs = small[which]
    layers = artifact.manifest.layers
    layer = layers[place % len(layers)]
    assert_adds_up(artifact, layer, outputs, unit_at(layer, index))


def test_units_of_every_layer_of_the_shipped_network_are_within_their_bounds(shipped: Artifact) -> None:
    outputs = outputs_of(shipped)
    for layer in shipped.manifest.layers:
        last = math.prod(layer.shape) - 1
        for index in (0, last // 3, last // 2, last):
            found = assert_adds_up(shipped, layer, outputs, unit_at(layer, index))
            assert found.bound < 1e-2, layer.name  # it says something


def test_one_weight_that_is_off_by_a_hundredth_is_noticed(shipped: Artifact) -> None:
    layer = next(layer for layer in shipped.manifest.layers if layer.kind == "convolution")
    outputs, weights = outputs_of(shipped), shipped.weights(layer.name)
    unit = unit_at(layer, math.prod(layer.shape) // 2)
    row, column, channel = np.unravel_index(
        np.abs(weights["kernel"][..., unit.channel]).argmax(), weights["kernel"].shape[:3]
    )
    weights["kernel"][row, column, channel, unit.channel] *= 1.01
    found = receipt(layer, outputs[layer.input], weights, outputs[layer.name], unit)
    assert abs(found.difference) > found.bound
