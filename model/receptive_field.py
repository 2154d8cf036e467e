"""What a unit can see: a box of the network's input, of the upright photo, and of the file as the camera wrote it."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from model.manifest import IMAGES, LayerRecord, Pair, ReceptiveField
from model.preprocessing import MIRRORED_ACROSS, MIRRORED_DOWN, AnyStep, Cropped, Resized, Turned
from model.receipts.unit import Unit

PIXEL = ReceptiveField(size=(1, 1), jump=(1, 1), start=(0, 0))


@dataclass(frozen=True)
class Box:
    """Edges in pixels: the pixel at y, x is the box (x, y, x + 1, y + 1)."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True)
class Seen:
    """The pixels of the network's input that a unit can see."""

    box: Box  # may reach over the edge, into padding
    clipped: Box  # what of it lies on the input

    @property
    def padding(self) -> bool:
        """Whether the box reaches over the edge of the input, where there are no pixels."""
        return self.box != self.clipped


def seen_by(layers: Sequence[LayerRecord], size: Pair, unit: Unit) -> Seen:
    """The box of a unit: no pixel outside of it can change the unit's number.

    Args:
        layers: of the network, each after the one whose output it takes.
        size: of the network's input: rows, columns.
        unit: one that a layer has, or `images`.
    """
    box, (height, width) = field_of(layers, size, unit), size
    left, right = (min(max(edge, 0.0), float(width)) for edge in (box.left, box.right))
    top, bottom = (min(max(edge, 0.0), float(height)) for edge in (box.top, box.bottom))
    return Seen(box, Box(left, top, right, bottom))


def field_of(layers: Sequence[LayerRecord], size: Pair, unit: Unit) -> Box:
    """The box of a unit as if the input had no edges."""
    if unit.layer == IMAGES:
        return box_at(PIXEL, unit)
    index = next(index for index, layer in enumerate(layers) if layer.name == unit.layer)
    if (field := layers[index].receptive_field) is not None:
        return box_at(field, unit)
    # From flatten on, units of a layer see different parts of the photo until a layer mixes them all.
    while layers[index].kind in {"relu", "rescaling"}:
        index -= 1
    flatten = max(place for place in range(index + 1) if layers[place].kind == "flatten")
    before = layers[flatten - 1].shape if flatten else (*size, 3)
    ends = (unit.channel, unit.channel) if flatten == index else (0, prod(before) - 1)
    boxes = []
    for end in ends:
        *place, channel = (int(number) for number in np.unravel_index(end, before))
        boxes.append(field_of(layers[:flatten], size, Unit(layers[flatten].input, channel, *place)))
    first, last = boxes
    return Box(first.left, first.top, last.right, last.bottom)


def box_at(field: ReceptiveField, unit: Unit) -> Box:
    """A unit's box; of a vector all units have the same."""
    top = field.start[0] + field.jump[0] * (unit.y or 0)
    left = field.start[1] + field.jump[1] * (unit.x or 0)
    return Box(float(left), float(top), float(left + field.size[1]), float(top + field.size[0]))


def on_photo(box: Box, steps: Sequence[AnyStep]) -> Box:
    """A box of the network's input in pixels of the upright photo: back through resizing and cropping.

    It is where the box's pixels lie. Resampling mixes each with its neighbours, so that the photo's pixels just outside
    have a little to say, too.

    Args:
        box: in pixels of the network's input; what lies beyond its edges comes to lie beyond the crop's.
        steps: what was done to the photo, of which the crop and the resizing count.
    """
    crop = next(step for step in steps if isinstance(step, Cropped))
    resize = next(step for step in steps if isinstance(step, Resized))
    across, down = (crop.right - crop.left) / resize.width, (crop.bottom - crop.top) / resize.height
    return Box(
        crop.left + box.left * across, crop.top + box.top * down,
        crop.left + box.right * across, crop.top + box.bottom * down,
    )  # fmt: skip


def in_file(box: Box, steps: Sequence[AnyStep]) -> Box:
    """A box of the network's input in pixels of the file, as they lie there before the EXIF orientation is undone.

    Args:
        box: in pixels of the network's input.
        steps: what was done to the photo, of which the turn, the crop and the resizing count.
    """
    turn, upright = next(step for step in steps if isinstance(step, Turned)), on_photo(box, steps)
    left, top, right, bottom = upright.left, upright.top, upright.right, upright.bottom
    if turn.orientation in MIRRORED_ACROSS:
        left, right = turn.width - right, turn.width - left
    if turn.orientation in MIRRORED_DOWN:
        top, bottom = turn.height - bottom, turn.height - top
    return Box(top, left, bottom, right) if turn.orientation >= 5 else Box(left, top, right, bottom)


def seen_sentence(unit: Unit, seen: Seen, size: Pair) -> str:
    """What a unit can see in one sentence, for someone who has never seen the inside of a network.

    Args:
        unit: which number.
        seen: its box.
        size: of the network's input: rows, columns.
    """
    who = f"{unit.layer}, unit {unit.channel}," if unit.y is None else f"{unit.layer} at y {unit.y}, x {unit.x}"
    box, edge = seen.clipped, " and padding beyond the edge" if seen.padding else ""
    height, width = round(box.bottom - box.top), round(box.right - box.left)
    if (height, width) == tuple(size):
        return f"{who} can see all {height}×{width} pixels of the network's input{edge}."
    rows, columns = spelled("row", box.top, box.bottom), spelled("column", box.left, box.right)
    pixels = "1 pixel" if height == width == 1 else f"{height}×{width} pixels"
    return f"{who} can see {pixels} of the network's input{edge}: {rows}, {columns}."


def spelled(noun: str, start: float, end: float) -> str:
    """Pixels between two edges, by their numbers."""
    first, last = round(start), round(end) - 1
    return f"{noun} {first}" if first == last else f"{noun}s {first} to {last}"
