"""What a grid of maps is of: in words above it, and in text chunks for machines."""

from dataclasses import dataclass
from typing import Protocol

from app.pictures.heading import Heading
from app.pictures.lettering import number_ranges, shortened
from app.pictures.scaling import Limits

MOST_NUMBERS = 60  # letters of channel numbers in the heading


class Subject(Protocol):
    """What `draw_grid` has to know of what it draws."""

    @property
    def names(self) -> tuple[str, ...]:
        """One for each map, written below it."""

    @property
    def range(self) -> Limits:
        """Of all finite values that a scale called `layer` is for, as `finite_range` gives it."""

    def heading(self, height: int, width: int) -> Heading:
        """What stands above maps of this size."""

    def texts(self, height: int, width: int) -> dict[str, str]:
        """PNG text chunks."""


@dataclass(frozen=True)
class MapsOf:
    """Channels of a layer's output."""

    layer: str
    kind: str
    channels: tuple[int, ...]  # the numbers of those drawn, in their order
    depth: int  # how many channels the layer has
    range: Limits  # of the whole layer
    part: str = ""  # which rows and columns, in words, if not all

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(map(str, self.channels))

    def heading(self, height: int, width: int) -> Heading:
        shape = f"{self.depth} values" if height == width == 1 else f"{height} x {width} x {self.depth}"
        words = [shape, which(self.channels, self.depth, "channel"), self.part]
        return Heading(self.layer, self.kind, "  ·  ".join(filter(None, words)))

    def texts(self, height: int, width: int) -> dict[str, str]:
        """`Channels` as the query says them."""
        return {
            "Layer": self.layer,
            "Kind": self.kind,
            "Shape": f"{height},{width},{self.depth}",
            "Channels": number_ranges(self.channels).replace(" ", ""),
            **({"Part": self.part} if self.part else {}),
        }


def which(numbers: tuple[int, ...], of: int, kind: str) -> str:
    """Some of a layer's channels, in words."""
    if numbers == tuple(range(of)):
        return f"all {of} {kind}s" if of > 1 else f"its only {kind}"
    return f"{len(numbers)} of its {kind}s: {shortened(number_ranges(numbers), MOST_NUMBERS)}"
