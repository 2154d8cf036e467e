"""One number of the network: which layer, which channel, and where."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Unit:
    """One number of a layer's output; in a vector it has no place, and `channel` is its index."""

    layer: str
    channel: int
    y: int | None = None
    x: int | None = None

    @property
    def at(self) -> tuple[int, ...]:
        """Its index in the layer's output."""
        return (self.channel,) if self.y is None or self.x is None else (self.y, self.x, self.channel)


def check_unit(unit: Unit, shape: Sequence[int]) -> None:
    """Whether a layer has such a unit.

    Args:
        unit: of the layer.
        shape: of the layer's output: height, width, channels; or units.

    Raises:
        ValueError: that begins with the name of what is wrong: `channel`, `y` or `x`.
    """
    places = (("y", unit.y), ("x", unit.x))
    for name, given in places:
        if len(shape) == 1 and given is not None:
            raise ValueError(f"{name}: expected none, since the output of {unit.layer} is a vector; received: {given}")
        if len(shape) == 3 and given is None:
            raise ValueError(f"{name}: expected one, since the output of {unit.layer} are maps; received: nothing")
    for (name, given), size in zip((*places, ("channel", unit.channel))[-len(shape) :], shape, strict=True):
        if given is not None and not 0 <= given < size:
            raise ValueError(f"{name}: expected 0 to {size - 1}, as {unit.layer} has; received: {given}")
