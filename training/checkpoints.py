"""What a killed run goes on from: weights and optimizer after each epoch, replaced in one move."""

from pathlib import Path

import keras

from training.devices import agreed

KEPT = 2  # the newest, and the one before it


class Checkpoints:
    """The `epoch-0007.weights.h5` files of a run's folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def files(self) -> list[Path]:
        """Whole checkpoints, oldest first."""
        return sorted(self.folder.glob("epoch-*.weights.h5"))

    def file(self, epochs_done: int) -> Path:
        return self.folder / f"epoch-{epochs_done:04d}.weights.h5"

    def save(self, network: keras.Model, epochs_done: int) -> None:
        unfinished = self.folder / "unfinished.weights.h5"
        network.save_weights(unfinished, overwrite=True)
        unfinished.replace(self.file(epochs_done))
        for old in self.files()[:-KEPT]:
            old.unlink()

    @property
    def epochs_done(self) -> int:
        """Of the newest checkpoint; 0 without any."""
        files = self.files()
        return int(files[-1].name.removeprefix("epoch-").removesuffix(".weights.h5")) if files else 0

    def restore(self, network: keras.Model) -> int:
        """Loads the newest checkpoint, if there is one, into a compiled network; returns how many epochs are done.

        Of several hosts one may have been killed before it saved what the others have: then theirs of the epoch before.
        """
        epochs_done = agreed(self.epochs_done)
        if epochs_done:
            network.optimizer.build(network.trainable_variables)
            network.load_weights(self.file(epochs_done))
        return epochs_done
