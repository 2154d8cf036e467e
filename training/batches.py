"""The batches of one epoch: a pure function of the configuration and the epoch's number, so that runs repeat."""

import keras
import numpy as np
from numpy.typing import NDArray

from training.augmentation import augmented, mix_up, pasted
from training.cache import Cache
from training.config import Config, Stage
from training.devices import own_rows


class EpochBatches(keras.utils.PyDataset):
    """Random crops of randomly drawn photos: uint8 [batch, side, side, 3] and one-hot targets [batch, classes]."""

    def __init__(self, cache: Cache, photos: NDArray[np.int64], config: Config, stage: Stage, epoch: int) -> None:
        super().__init__(workers=2, max_queue_size=8)
        self.cache, self.config, self.stage, self.epoch = cache, config, stage, epoch
        random = np.random.default_rng((config.seed, epoch))
        self.scenes = photos[cache.labels[photos] == label_of(cache, config.scenes)]
        self.order = random.choice(photos, config.epoch_photos, p=drawing_weights(cache, photos, config))

    def __len__(self) -> int:
        return self.config.epoch_steps

    def __getitem__(self, index: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        config, stage = self.config, self.stage
        random = np.random.default_rng((config.seed, self.epoch, index))
        chosen = self.order[index * config.batch : (index + 1) * config.batch]
        images = np.empty((len(chosen), stage.side, stage.side, 3), np.uint8)
        shares = config.shares.weaker(stage.strength)
        for row, photo in enumerate(chosen):
            pixels = self.cache.photo(photo)
            if len(self.scenes) and random.random() < config.pasted_share * stage.strength:
                pixels = pasted(self.cache.photo(random.choice(self.scenes)), pixels, random)
            images[row] = augmented(pixels, stage.side, stage.smallest_area, shares, random)
        targets = one_hot(self.cache.labels[chosen], len(self.cache.classes))
        if random.random() < config.mix_share * stage.strength:
            images, targets = mix_up(images, targets, random)
        own = own_rows(config.batch)
        return images[own], targets[own]


def label_of(cache: Cache, name: str) -> int:
    """The number of a class; -1, which no photo has, if there is none of this name."""
    return cache.classes.index(name) if name in cache.classes else -1


def drawing_weights(cache: Cache, photos: NDArray[np.int64], config: Config) -> NDArray[np.float64]:
    """How likely each photo is drawn: rarer classes, and rarer sources within a class, more often; sums to 1."""
    labels = cache.labels[photos]
    _, groups = np.unique([f"{cache.labels[i]} {cache.sources[i]}" for i in photos], return_inverse=True)
    weights = np.bincount(groups)[groups] ** -config.source_balance
    in_class = np.bincount(labels, weights)[labels]
    weights = weights / in_class * np.bincount(labels)[labels] ** (1 - config.class_balance)
    return np.asarray(weights / weights.sum())


def one_hot(labels: NDArray[np.int32], classes: int) -> NDArray[np.float32]:
    return np.eye(classes, dtype=np.float32)[labels]
