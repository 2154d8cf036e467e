"""Filters being learnt: small kernels and the maps of one photo, at the random start and after some epochs."""

import shutil
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model.layers import AveragePooling, Convolution, MaxPooling
from model.network import NETWORKS, fold
from model.preprocessing import preprocess
from model.snapshots import Snapshot, snapshot_file, snapshot_files
from training.checkpoints import Checkpoints
from training.config import Config

LARGEST = 40_000  # numbers of an array that is kept at most: snapshots are committed with an artifact


class Snapshots:
    """Those in a run's folder.

    They hold the outputs of poolings and of layers without maps, for the run's watched photo; the probabilities, which
    only the export calibrates, at a temperature of 1.
    """

    def __init__(self, folder: Path, config: Config, photo: NDArray[np.uint8]) -> None:
        self.folder, self.config, self.photo = folder, config, photo
        folder.mkdir(parents=True, exist_ok=True)

    def wanted(self, epochs_done: int) -> bool:
        """More often at first, when most is learnt: after 0, 1, 2, 4, 8, … epochs and after the last."""
        return epochs_done & (epochs_done - 1) == 0 or epochs_done == self.config.epochs

    def take(self, network: keras.Model, classes: int, epochs_done: int) -> None:
        """Keeps what a training network has learnt so far, if this is an epoch to remember."""
        if not self.wanted(epochs_done):
            return
        config, table = self.config, NETWORKS[self.config.network]
        plain = fold(network, table, classes, config.height, config.width)
        outputs = plain(self.photo[None])
        kernels: dict[str, NDArray[np.float32]] = {}
        kept: dict[str, NDArray[np.float32]] = {}
        for layer in table:
            weights: list[NDArray[np.float32]] = plain.get_layer(layer.name).get_weights()
            if isinstance(layer, Convolution) and weights[0].size <= LARGEST:
                kernels[layer.name] = weights[0]
            output: NDArray[np.float32] = keras.ops.convert_to_numpy(outputs[layer.name])[0]
            if (isinstance(layer, MaxPooling | AveragePooling) or output.ndim == 1) and output.size <= LARGEST:
                kept[layer.name] = output
        Snapshot(kernels, kept).write(snapshot_file(self.folder, epochs_done))


def watched_photo(config: Config) -> NDArray[np.uint8] | None:
    """The photo that a run's snapshots are to show, uint8 [height, width, 3]; None if the run names no file.

    Raises:
        OSError: if there is no such file (FileNotFoundError), or it cannot be decoded.
    """
    if not config.watched:
        return None
    with Image.open(config.watched) as image:
        return preprocess(image, config.height, config.width).pixels


def first_photo(held_out: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """What snapshots show otherwise: the first photo of [n, height, width, 3], or a black one if there is none."""
    return held_out[0] if len(held_out) else np.zeros(held_out.shape[1:], np.uint8)


def gather(run: Path, folder: Path) -> int:
    """Copies a run's snapshots into a folder, after those of the run that it started from, numbered on.

    Args:
        run: the run's folder.
        folder: where the snapshots come to; made if need be.

    Returns:
        How many epochs all these runs have done.
    """
    folder.mkdir(parents=True, exist_ok=True)
    start = Config.load(run).start
    before = gather(Path(start), folder) if start else 0
    for epochs_done, file in snapshot_files(run / "snapshots").items():
        if epochs_done or not before:
            shutil.copyfile(file, snapshot_file(folder, before + epochs_done))
    return before + Checkpoints(run / "checkpoints").epochs_done
