"""Where a network's weights come from, as its manifest tells it."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.manifest import Training
from training.cache import Cache
from training.checkpoints import Checkpoints
from training.config import Config


def provenance(config: Config, cache: Cache, photos: NDArray[np.int64], epochs: int) -> Training:
    """The record of a run that trained on these photos of a cache for so many epochs."""
    return Training(
        date=datetime.now(UTC).date().isoformat(),
        config=told(config),
        photos=counted([cache.classes[label] for label in cache.labels[photos]]),
        sources=counted([cache.sources[photo] for photo in photos]),
        epochs=epochs,
    )


def told(config: Config) -> dict[str, object]:
    """A configuration without its paths; instead of the run that it started from, that run's own."""
    known: dict[str, object] = config.model_dump(mode="json", exclude={"photos", "start", "watched"})
    if config.start:
        start = Path(config.start)
        known["start"] = told(Config.load(start)) | {"epochs": Checkpoints(start / "checkpoints").epochs_done}
    return known


def counted(names: list[str]) -> dict[str, int]:
    """How often each name occurs, by name."""
    return dict(zip(*(column.tolist() for column in np.unique(names, return_counts=True)), strict=True))
