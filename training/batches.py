"""The batches of one epoch: a pure function of the configuration and the epoch's number, so that runs repeat."""

import keras
import numpy as np
from numpy.typing import NDArray

from training.augmentation import compress, mix_up, random_crop
from training.cache import Cache
from training.config import Config, Stage


class EpochBatches(keras.utils.PyDataset):
    """Random crops of randomly drawn photos: uint8 [batch, side, side, 3] and one-hot targets [batch, classes]."""

    def __init__(self, cache: Cache, photos: NDArray[np.int64], config: Config, stage: Stage, epoch: int) -> None:
        super().__init__(workers=2, max_queue_size=8)
        self.cache, self.config, self.stage, self.epoch = cache, config, stage, epoch
        random = np.random.default_rng((config.seed, epoch))
        self.order = random.choice(photos, config.epoch_photos, p=drawing_weights(cache, photos, config))

    def __len__(self) -> int:
        return len(self.order) // self.config.batch

    def __getitem__(self, index: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        config, stage = self.config, self.stage
        random = np.random.default_rng((config.seed, self.epoch, index))
        chosen = self.order[index * config.batch : (index + 1) * config.batch]
        images = np.empty((len(chosen), stage.side, stage.side, 3), np.uint8)
        for row, photo in enumerate(chosen):
            images[row] = random_crop(self.cache.photo(photo), stage.side, stage.smallest_area, random)
            if random.random() < config.jpeg_share:
                images[row] = compress(images[row], random)
        targets = one_hot(self.cache.labels[chosen], len(self.cache.classes))
        if random.random() < config.mix_share:
            return mix_up(images, targets, random)
        return images, targets


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
