"""Everything that decides a training run, in one frozen object that is saved with it."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from model.layers import Flatten
from model.network import NETWORKS
from training.augmentation import Shares


class Stage(BaseModel):
    """Some epochs on crops of one size: small first, since they cost less (progressive resizing)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    epochs: Annotated[int, Field(ge=1)]
    side: Annotated[int, Field(ge=8, le=1024)]  # pixels; that of the input for a network that flattens maps
    smallest_area: Annotated[float, Field(gt=0, le=1)]  # share of the photo that a crop keeps at least
    strength: Annotated[float, Field(ge=0, le=1)] = 1.0  # of the augmentation: 0 crops and mirrors only


class Config(BaseModel):
    """A training run. The defaults are the recipe of the first of the runs that made the shipped network.

    `training/README.md` names them all.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    photos: str  # a folder of class folders, or tfds:NAME
    watched: str = ""  # a photo whose maps the snapshots keep; without it, the first one of those held out
    start: str = ""  # a finished run's folder, whose weights this one starts from; without it they are random
    network: str = "convolutional"
    height: Annotated[int, Field(ge=8, le=1024)] = 128  # of the served network's input, pixels
    width: Annotated[int, Field(ge=8, le=1024)] = 128
    seed: Annotated[int, Field(ge=0)] = 1

    cache_side: Annotated[int, Field(ge=8, le=2048)] = 160  # the shorter side of a cached photo at most, pixels
    training_photos: Annotated[int, Field(ge=1)] | None = None  # train on so many at most; all of them if none
    left_out: tuple[str, ...] = ()  # sources that only judge: how good the network is on photos from elsewhere
    validation_share: Annotated[float, Field(gt=0, lt=0.5)] = 0.04
    test_share: Annotated[float, Field(gt=0, lt=0.5)] = 0.1

    # Training crops are smaller than the photos served: a random crop shows things larger, and this undoes it (FixRes,
    # arXiv 1906.06423).
    stages: tuple[Stage, ...] = (
        Stage(epochs=16, side=64, smallest_area=0.35, strength=0.6),
        Stage(epochs=8, side=96, smallest_area=0.35, strength=0.8),
        Stage(epochs=3, side=112, smallest_area=0.5, strength=0.4),
    )
    epoch_photos: Annotated[int, Field(ge=1)] = 25_600  # drawn anew each epoch
    batch: Annotated[int, Field(ge=1)] = 64
    class_balance: Annotated[float, Field(ge=0, le=1)] = 0.5  # 0: as many as there are; 1: every class alike
    source_balance: Annotated[float, Field(ge=0, le=1)] = 0.5  # the same for sources within a class
    shares: Shares = Shares()
    scenes: str = "other"  # the class whose photos others are pasted into, if there is such a class
    pasted_share: Annotated[float, Field(ge=0, le=1)] = 0.15  # of photos, seen small in a scene
    mix_share: Annotated[float, Field(ge=0, le=1)] = 0.15  # of batches, mixed up (arXiv 1710.09412)

    optimizer: Literal["muon", "adamw"] = "muon"  # Muon learns as much in half the epochs, but not for huge layers
    learning_rate: Annotated[float, Field(gt=0)] = 6e-3  # at its peak, after the warm-up
    warmup_epochs: Annotated[float, Field(ge=0)] = 1.0
    weight_decay: Annotated[float, Field(ge=0)] = 0.05  # Muon's of kernels; its rest: `training/optimizer.py`
    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.05
    precision: str = "float32"  # or mixed_bfloat16, for GPUs: on a CPU with AVX512-BF16 it was a third slower

    @model_validator(mode="after")
    def _known_network(self) -> Self:
        if self.network not in NETWORKS:
            raise ValueError(f"network: expected one of {', '.join(NETWORKS)}; received: {self.network!r}")
        if self.flattens and self.height != self.width:  # crops are square, and it takes no other size than its own
            raise ValueError(
                f"height: expected the width, {self.width}, for the network {self.network}; received: {self.height}"
            )
        return self

    @model_validator(mode="after")
    def _long_enough(self) -> Self:
        if self.epoch_photos < self.batch:
            raise ValueError(f"epoch_photos: expected at least one batch, {self.batch}; received: {self.epoch_photos}")
        if self.warmup_epochs >= self.epochs or self.warmup_steps >= self.steps:  # infinity cannot be rounded
            raise ValueError(
                f"warmup_epochs: expected to leave one of the {self.steps} steps of {self.epochs} epochs at least; "
                f"received: {self.warmup_epochs}"
            )
        return self

    @property
    def flattens(self) -> bool:
        """Whether the network lays maps out as one vector, so that it knows photos of one size only."""
        return any(isinstance(layer, Flatten) for layer in NETWORKS[self.network])

    @property
    def epochs(self) -> int:
        return sum(stage.epochs for stage in self.stages)

    @property
    def epoch_steps(self) -> int:
        """Whole batches in an epoch."""
        return self.epoch_photos // self.batch

    @property
    def steps(self) -> int:
        """Of the whole run."""
        return self.epochs * self.epoch_steps

    @property
    def warmup_steps(self) -> int:
        return round(self.warmup_epochs * self.epoch_steps)

    def save(self, run: Path) -> None:
        run.mkdir(parents=True, exist_ok=True)
        unfinished = run / "config.unfinished.json"
        unfinished.write_text(self.model_dump_json(indent=2) + "\n")
        unfinished.replace(run / "config.json")  # a run killed meanwhile finds the old one

    @classmethod
    def load(cls, run: Path) -> Self:
        """The configuration that a run was started with.

        Raises:
            FileNotFoundError: if the folder holds no run.
        """
        return cls.model_validate_json((run / "config.json").read_text())


def quick(config: Config) -> Config:
    """The same run, made short and small: a smoke test, or a first look at new photos.

    Two epochs tell plain shapes apart, as `tests/training/test_own_photos.py` shows.
    """
    smaller = min(1, 80 / max(config.height, config.width))
    changes = {
        "stages": (Stage(epochs=2, side=64, smallest_area=0.6, strength=0.3),),
        "epoch_photos": min(config.epoch_photos, 6144),
        "batch": min(config.batch, 32),  # more steps
        "warmup_epochs": 0.25,
        "height": max(8, round(config.height * smaller)),  # as much larger than the crops as in a whole run
        "width": max(8, round(config.width * smaller)),
    }
    return Config.model_validate({**config.model_dump(), **changes})
