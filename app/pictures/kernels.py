"""What a grid of kernels is of: for each filter one map for each of its inputs."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.pictures.heading import Heading
from app.pictures.lettering import number_ranges
from app.pictures.scaling import Limits
from app.pictures.subject import which

Kernels = NDArray[np.float32]  # [rows, columns, channels in, filters]


@dataclass(frozen=True)
class KernelsOf:
    """Some of a layer's kernels: for each filter one for each of its inputs."""

    layer: str
    state: str  # when: after how many epochs, or trained
    inputs: tuple[int, ...]
    filters: tuple[int, ...]
    shape: tuple[int, int]  # of all: how many inputs, how many filters
    range: Limits  # of all
    noun: str = "filter"  # or unit, of a dense layer

    @property
    def names(self) -> tuple[str, ...]:
        """The filter's number, the input's, or both, as `filter·input`."""
        if len(self.filters) == 1:
            return tuple(map(str, self.inputs))
        if len(self.inputs) == 1:
            return tuple(map(str, self.filters))
        return tuple(f"{one}·{channel}" for one in self.filters for channel in self.inputs)

    def heading(self, height: int, width: int) -> Heading:
        size = f"{height} x {width}  ·  " if self.noun == "filter" else ""
        return Heading(self.layer, f"kernels, {self.state}", size + self.words)

    @property
    def words(self) -> str:
        inputs, filters = self.shape
        return f"{which(self.filters, filters, self.noun)}, for {which(self.inputs, inputs, 'input')}"

    def texts(self, height: int, width: int) -> dict[str, str]:
        """`Channels` and `Inputs` as the query says them."""
        return {
            "Layer": self.layer,
            "Kind": "kernels",
            "State": self.state,
            "Shape": f"{height},{width},{self.shape[0]},{self.shape[1]}",
            "Channels": number_ranges(self.filters).replace(" ", ""),
            "Inputs": number_ranges(self.inputs).replace(" ", ""),
        }


def as_maps(kernels: Kernels) -> NDArray[np.float32]:
    """The same as [rows, columns, filters times inputs], in the order of `KernelsOf.names`."""
    return np.swapaxes(kernels, 2, 3).reshape(*kernels.shape[:2], -1)
