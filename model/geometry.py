"""What each layer of a table does to a photo of one size: shapes, padding, parameters, work and receptive field."""

from math import prod
from typing import Any

from model.layers import (
    AveragePooling,
    Convolution,
    Dense,
    Flatten,
    GlobalAveragePooling,
    Layer,
    MaxPooling,
    ReLU,
    Rescaling,
    Softmax,
    Table,
)
from model.manifest import IMAGES, LayerRecord, Padding, ReceptiveField


def describe(table: Table, labels: int, height: int, width: int) -> tuple[LayerRecord, ...]:
    """The manifest's record of each layer.

    Args:
        table: the network.
        labels: how many classes there are.
        height: of the input, in pixels.
        width: likewise.

    Raises:
        ValueError: if a window is larger than the maps it slides over.
    """
    pixel = ReceptiveField(size=(1, 1), jump=(1, 1), start=(0, 0))
    records = [
        LayerRecord(name=IMAGES, kind="rescaling", input="", shape=(height, width, 3), receptive_field=pixel,
                    signed=False)
    ]  # fmt: skip
    for layer in table:
        records.append(record(layer, records[-1], labels))
    return tuple(records[1:])


def record(layer: Layer, before: LayerRecord, labels: int) -> LayerRecord:
    """The record of one layer, from that of the layer before it."""
    seen, channels = before.receptive_field, before.shape[-1]
    known: dict[str, Any] = {"name": layer.name, "input": before.name}
    match layer:
        case Rescaling(_, scale, offset):
            return LayerRecord(
                **known, kind="rescaling", shape=before.shape, receptive_field=seen, scale=scale, offset=offset,
                signed=before.signed or scale < 0 or offset < 0,
            )  # fmt: skip
        case Convolution(_, filters, size, stride, padding):
            moved = slide(known, before, size, stride, padding)
            shape, weights = (*moved["shape"], filters), {"kernel": (size, size, channels, filters), "bias": (filters,)}
            return LayerRecord(
                **moved | {"shape": shape}, kind="convolution", signed=True,
                weights=weights, parameters=count(weights), multiply_adds=prod(shape) * size * size * channels,
            )  # fmt: skip
        case MaxPooling(_, size, stride, padding) | AveragePooling(_, size, stride, padding):
            moved = slide(known, before, size, stride, padding)
            kind = "max_pooling" if isinstance(layer, MaxPooling) else "average_pooling"
            return LayerRecord(**moved | {"shape": (*moved["shape"], channels)}, kind=kind, signed=before.signed)
        case ReLU():
            return LayerRecord(**known, kind="relu", shape=before.shape, receptive_field=seen, signed=False)
        case GlobalAveragePooling():
            return LayerRecord(
                **known, kind="global_average_pooling", shape=(channels,), receptive_field=everything(before),
                signed=before.signed,
            )  # fmt: skip
        case Flatten():
            return LayerRecord(**known, kind="flatten", shape=(prod(before.shape),), signed=before.signed)
        case Dense(_, units):
            units = labels if units is None else units
            weights = {"kernel": (channels, units), "bias": (units,)}
            return LayerRecord(
                **known, kind="dense", shape=(*before.shape[:-1], units), receptive_field=seen, signed=True,
                weights=weights, parameters=count(weights), multiply_adds=prod(before.shape) * units,
            )  # fmt: skip
        case Softmax(_, temperature):
            return LayerRecord(
                **known, kind="softmax", shape=before.shape, receptive_field=seen, temperature=temperature, signed=False
            )


def slide(known: dict[str, Any], before: LayerRecord, size: int, stride: int, padding: str) -> dict[str, Any]:
    """Kernel, stride, padding, height and width, and receptive field of a window that slides over maps."""
    height, width = before.shape[:2]
    (rows, top, bottom), (columns, left, right) = (reach(side, size, stride, padding) for side in (height, width))
    if rows < 1 or columns < 1:
        raise ValueError(f"{known['name']}: expected maps of at least {size}x{size}; received {height}x{width}")
    seen = before.receptive_field
    assert seen is not None, "only flattened maps have none, and no window slides over those"
    return known | {
        "kernel": (size, size),
        "stride": (stride, stride),
        "padding": Padding(top=top, bottom=bottom, left=left, right=right),
        "shape": (rows, columns),
        "receptive_field": ReceptiveField(
            size=(seen.size[0] + (size - 1) * seen.jump[0], seen.size[1] + (size - 1) * seen.jump[1]),
            jump=(seen.jump[0] * stride, seen.jump[1] * stride),
            start=(seen.start[0] - top * seen.jump[0], seen.start[1] - left * seen.jump[1]),
        ),
    }


def reach(side: int, size: int, stride: int, padding: str) -> tuple[int, int, int]:
    """How often a window fits along one side, and the padding before and after.

    "same" pads until there are ceil(side / stride) positions, the odd row or column after:
    tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2.
    """
    if padding == "valid":
        return (side - size) // stride + 1, 0, 0
    positions = -(-side // stride)
    missing = max((positions - 1) * stride + size - side, 0)
    return positions, missing // 2, missing - missing // 2


def everything(before: LayerRecord) -> ReceptiveField | None:
    """The receptive field of a unit that sees the whole of every map."""
    seen, (height, width) = before.receptive_field, before.shape[:2]
    assert seen is not None, "only flattened maps have none, and they have no height"
    size = seen.size[0] + (height - 1) * seen.jump[0], seen.size[1] + (width - 1) * seen.jump[1]
    return ReceptiveField(size=size, jump=(0, 0), start=seen.start)


def count(weights: dict[str, tuple[int, ...]]) -> int:
    return sum(prod(shape) for shape in weights.values())
