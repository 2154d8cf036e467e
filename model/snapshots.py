"""What training kept on the way: kernels, and what one photo became, after some epochs; files beside a SavedModel."""

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Self

import numpy as np
from numpy.typing import NDArray

SNAPSHOTS = "snapshots"  # their folder in an artifact's
PREFIX = "epoch-"
KERNELS, OUTPUTS = "kernels/", "outputs/"  # of the arrays' names, before the layer's


@dataclass(frozen=True)
class Snapshot:
    """A network after some epochs, by layer.

    The kernels are folded ones, [rows, columns, channels, filters]; the outputs, [height, width, channels] or [units],
    are those for one photo, the same in all snapshots of an artifact. Not every layer is in it.
    """

    kernels: dict[str, NDArray[np.float32]]
    outputs: dict[str, NDArray[np.float32]]

    @classmethod
    def read(cls, file: Path | BinaryIO) -> Self:
        """Reads what `write` wrote.

        Raises:
            OSError, ValueError: if there is no such file, or it is another kind of file.
        """
        with np.load(file, allow_pickle=False) as arrays:
            named = {name: arrays[name].astype(np.float32) for name in arrays}
        return cls(below(KERNELS, named), below(OUTPUTS, named))

    def write(self, file: Path) -> None:
        """Writes the arrays as float16: snapshots are committed with an artifact."""
        kept = {KERNELS + layer: kernel.astype(np.float16) for layer, kernel in self.kernels.items()}
        kept |= {OUTPUTS + layer: output.astype(np.float16) for layer, output in self.outputs.items()}
        unfinished = file.with_name("unfinished.npz")
        np.savez_compressed(unfinished, allow_pickle=False, **kept)
        unfinished.replace(file)


def below(prefix: str, named: dict[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
    return {name.removeprefix(prefix): array for name, array in named.items() if name.startswith(prefix)}


def snapshot_file(folder: Path, epochs: int) -> Path:
    """Of a network after so many epochs."""
    return folder / f"{PREFIX}{epochs:04d}.npz"


def snapshot_files(folder: Path) -> dict[int, Path]:
    """The snapshots in a folder by the epochs that were done, the earliest first; none if there is no such folder."""
    files = {file.stem.removeprefix(PREFIX): file for file in folder.glob(f"{PREFIX}*.npz")}
    return {int(epochs): files[epochs] for epochs in sorted(filter(str.isdecimal, files), key=int)}
