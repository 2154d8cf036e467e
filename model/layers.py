"""The kinds of layers a network is made of, as the rows of a table: what a person says about a layer, nothing more."""

from dataclasses import dataclass
from typing import Literal

Padding = Literal["same", "valid"]


@dataclass(frozen=True)
class Rescaling:
    """Maps pixels 0–255 to small numbers around zero: value * scale + offset."""

    name: str
    scale: float = 1 / 127.5
    offset: float = -1.0


@dataclass(frozen=True)
class Convolution:
    """Slides `filters` kernels of `size` x `size` over the maps."""

    name: str
    filters: int
    size: int = 3
    stride: int = 1
    padding: Padding = "same"


@dataclass(frozen=True)
class ReLU:
    """Keeps what is above zero, and makes the rest zero."""

    name: str


@dataclass(frozen=True)
class MaxPooling:
    """Keeps the largest value of each window."""

    name: str
    size: int = 2
    stride: int = 2
    padding: Padding = "valid"


@dataclass(frozen=True)
class AveragePooling:
    """Keeps the mean of each window; padding does not count."""

    name: str
    size: int = 2
    stride: int = 2
    padding: Padding = "valid"


@dataclass(frozen=True)
class GlobalAveragePooling:
    """Keeps the mean of each map: one number a channel."""

    name: str


@dataclass(frozen=True)
class Flatten:
    """Lays the maps out as one long vector: row by row, position by position, channel by channel."""

    name: str


@dataclass(frozen=True)
class Dense:
    """Weighs every input for every unit; `units` of None means one for each label."""

    name: str
    units: int | None = None


@dataclass(frozen=True)
class Softmax:
    """Turns logits into probabilities: exp(logit / temperature), divided by their sum."""

    name: str
    temperature: float = 1.0


Layer = Rescaling | Convolution | ReLU | MaxPooling | AveragePooling | GlobalAveragePooling | Flatten | Dense | Softmax
Table = tuple[Layer, ...]
