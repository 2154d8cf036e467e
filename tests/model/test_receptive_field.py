"""The receptive fields of the manifest, proved on the graph: what a unit's number depends on, pixel by pixel."""

import keras
import numpy as np

from model.artifact import Artifact
from model.geometry import describe
from model.layers import (
    AveragePooling,
    Convolution,
    Dense,
    GlobalAveragePooling,
    MaxPooling,
    ReLU,
    Softmax,
    Table,
)
from model.manifest import LayerRecord
from model.network import build
from tests.model.artifacts import noise


def inside(record: LayerRecord, unit: tuple[int, int], height: int, width: int) -> tuple[slice, slice]:
    """A unit's receptive field, clipped to the photo: rows, columns."""
    seen = record.receptive_field
    assert seen is not None
    first = [start + jump * at for start, jump, at in zip(seen.start, seen.jump, unit, strict=True)]
    last = [begin + size for begin, size in zip(first, seen.size, strict=True)]
    return slice(max(first[0], 0), min(last[0], height)), slice(max(first[1], 0), min(last[1], width))


def test_a_unit_sees_its_receptive_field_to_the_edge_and_nothing_outside() -> None:
    """Each pixel of a dark photo in turn is lit: positive weights carry the light through every layer it can reach."""
    table: Table = (
        Convolution("conv1", filters=2, stride=2),
        ReLU("relu1"),
        Convolution("conv2", filters=2, size=2),
        MaxPooling("pool1"),
        Convolution("conv3", filters=2, padding="valid"),
        AveragePooling("pool2", stride=1, padding="same"),
        GlobalAveragePooling("average"),
        Dense("logits"),
        Softmax("probabilities"),
    )
    height, width = 15, 18
    network = build(table, 2, height, width, normalised=False)
    random = np.random.default_rng(2)
    for variable in network.weights:
        variable.assign(random.uniform(0.5, 1, variable.shape))
    dark = np.zeros((height * width, height, width, 3), np.uint8)
    lit = dark.reshape(height * width, height * width, 3).copy()
    lit[np.arange(height * width), np.arange(height * width)] = 255
    before, after = network(dark, training=False), network(lit.reshape(dark.shape), training=False)
    for record in describe(table, 2, height, width)[:-2]:
        changed = keras.ops.convert_to_numpy(before[record.name]) != keras.ops.convert_to_numpy(after[record.name])
        units = changed.any(axis=-1).reshape(height, width, *record.shape[:-1])
        for unit in np.ndindex(units.shape[2:]):
            rows, columns = np.nonzero(units[:, :, *unit])
            place = (unit[0], unit[1]) if len(unit) == 2 else (0, 0)
            reached = slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1)
            assert reached == inside(record, place, height, width), (record.name, unit)


def test_what_lies_outside_a_units_receptive_field_changes_no_bit_of_the_shipped_network(shipped: Artifact) -> None:
    height, width = shipped.manifest.height, shipped.manifest.width
    maps = [layer for layer in shipped.manifest.layers if len(layer.shape) == 3]
    units = [
        (layer, unit)
        for layer in maps
        for unit in ((layer.shape[0] // 2, layer.shape[1] // 2), (layer.shape[0] - 1, 1))
    ]
    photo, other = noise(1, height, width)[0], noise(1, height, width, seed=4)[0]
    same = np.stack([photo] * len(units))
    outside = np.stack([other] * len(units))
    for image, (layer, unit) in zip(outside, units, strict=True):
        field = inside(layer, unit, height, width)
        image[field] = photo[field]
    before, after = shipped.layers(same), shipped.layers(outside)
    for number, (layer, unit) in enumerate(units):
        left, right = (outputs[layer.name].numpy()[number] for outputs in (before, after))
        np.testing.assert_array_equal(left[unit], right[unit], err_msg=f"{layer.name} {unit}")
    assert (before[maps[1].name].numpy() != after[maps[1].name].numpy()).any()
