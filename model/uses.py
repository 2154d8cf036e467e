"""Where a number goes: which units of the next layer take it in."""

from collections.abc import Sequence
from dataclasses import dataclass

from model.manifest import LayerKind, LayerRecord
from model.receipts.unit import Unit

Range = tuple[int, int]  # the first and the last, both in it


@dataclass(frozen=True)
class Uses:
    """Units of a layer: all whose channel, row and column lie in these ranges; those of a vector have no place."""

    layer: str
    kind: LayerKind
    y: Range | None
    x: Range | None
    channels: Range


def uses(after: LayerRecord | None, unit: Unit, shape: Sequence[int]) -> Uses | None:
    """Which units of the next layer take in a unit.

    Args:
        after: the record of the next layer; None after the last one.
        unit: of a layer with an output of this shape.
        shape: height, width, channels; or units.

    Returns:
        None where nothing takes it in: after the last layer, and where no window comes to lie on it.
    """
    if after is None:
        return None
    own, every = (unit.channel, unit.channel), (0, after.shape[-1] - 1)
    match after.kind:
        case "convolution":
            return slid(after, unit, every)
        case "max_pooling" | "average_pooling":
            return slid(after, unit, own)
        case "global_average_pooling":
            return Uses(after.name, after.kind, None, None, own)
        case "flatten":
            index = unit.channel
            if unit.y is not None and unit.x is not None:
                index += (unit.y * shape[1] + unit.x) * shape[2]
            return Uses(after.name, after.kind, None, None, (index, index))
        case "dense" | "softmax":
            return there(after, unit, every)
        case "relu" | "rescaling":
            return there(after, unit, own)


def there(after: LayerRecord, unit: Unit, channels: Range) -> Uses:
    """Some channels at the same place."""
    if unit.y is None or unit.x is None:
        return Uses(after.name, after.kind, None, None, channels)
    return Uses(after.name, after.kind, (unit.y, unit.y), (unit.x, unit.x), channels)


def slid(after: LayerRecord, unit: Unit, channels: Range) -> Uses | None:
    """The positions of a sliding window at which it lies on a place; None if it steps over it."""
    kernel, stride, padding = after.kernel, after.stride, after.padding
    assert kernel is not None
    assert stride is not None
    assert padding is not None
    assert unit.y is not None
    assert unit.x is not None
    rows = positions(unit.y + padding.top, kernel[0], stride[0], after.shape[0])
    columns = positions(unit.x + padding.left, kernel[1], stride[1], after.shape[1])
    if rows is None or columns is None:
        return None
    return Uses(after.name, after.kind, rows, columns, channels)


def positions(at: int, size: int, stride: int, count: int) -> Range | None:
    """Of `count` positions of a window, those that cover one place along one side.

    Args:
        at: the place, counted from where the padding begins.
        size: of the window; position p covers stride * p to stride * p + size - 1.
        stride: from one position to the next.
        count: how many positions there are.
    """
    first, last = max(0, -(-(at - size + 1) // stride)), min(count - 1, at // stride)
    return (first, last) if first <= last else None
