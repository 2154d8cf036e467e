"""What every method answers: a map of numbers, where its cells lie on the photo, and what it ran with."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from model.manifest import ReceptiveField


@dataclass(frozen=True)
class Grid:
    """Where a map's cells lie on the network's input, in pixels: the first one, and how far it is to the next."""

    top: float = 0
    left: float = 0
    height: float = 1
    width: float = 1
    down: float = 1
    across: float = 1

    @classmethod
    def of(cls, seen: ReceptiveField | None) -> Self:
        """The cells of a layer's maps: each is a jump high and wide, about the centre of what its units see.

        Units see more than their cell; cells of the size of what they see would lie on one another.

        Args:
            seen: of the layer; None for the photo itself, whose cells are its pixels.
        """
        if seen is None:
            return cls()
        (down, across), centre = (
            seen.jump,
            [start + size / 2 for start, size in zip(seen.start, seen.size, strict=True)],
        )
        return cls(centre[0] - down / 2, centre[1] - across / 2, down, across, down, across)

    def centres(
        self, cells: tuple[int, ...], photo: tuple[int, ...]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Of the rows and of the columns of cells on a photo [height, width, …], in pixels; none beyond its edge.

        A last cell that would reach over the edge ends there, as the last window of an occlusion does.
        """
        down = self.top + self.height / 2 + self.down * np.arange(cells[0])
        across = self.left + self.width / 2 + self.across * np.arange(cells[1])
        return np.minimum(down, photo[0] - self.height / 2), np.minimum(across, photo[1] - self.width / 2)


@dataclass(frozen=True)
class Explanation:
    """A map of what spoke for a label.

    Attributes:
        values: float32 [rows, columns], one for each cell of the grid: signed, and as they were computed.
        logit: the network's output that is explained.
        grid: where the cells lie.
        facts: what decided the values, ready for JSON; `meaning` says in words what a value says.
    """

    values: NDArray[np.float32]
    logit: float
    grid: Grid
    facts: dict[str, object]
