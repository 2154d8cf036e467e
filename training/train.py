"""A training run: photos in, checkpoints and a log out; a killed run goes on where it was."""

from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model.network import NETWORKS, build
from model.preprocessing import preprocess
from training.augmentation import colours_and_turns, reseed
from training.batches import EpochBatches, one_hot
from training.cache import Cache, build_cache
from training.checkpoints import Checkpoints
from training.config import Config, Stage
from training.photos import find_photos
from training.split import split


def train(config: Config, run: Path) -> None:
    """Trains a network, or goes on with a run that was stopped.

    Args:
        config: of the run; saved in its folder.
        run: the run's folder: `config.json`, `cache/`, `checkpoints/`, `log.csv`.

    Raises:
        FileNotFoundError, ValueError: if there are no photos to train from (see `find_photos` and `build_cache`), or
            if the loss is no longer a number; no checkpoint is made of that epoch.
    """
    config.save(run)
    cache = build_cache(find_photos(config.photos), config.cache_side, run / "cache")
    parts = split(cache, config.validation_share, config.test_share)
    validation = inputs(cache, parts.validation, config), one_hot(cache.labels[parts.validation], len(cache.classes))
    learner = compiled(config, len(cache.classes))
    checkpoints = Checkpoints(run / "checkpoints")
    if config.start and not checkpoints.files():
        learner.set_weights(weights_of(Path(config.start), len(cache.classes)))
    log = keras.callbacks.CSVLogger(run / "log.csv", append=True)
    for epoch in range(checkpoints.restore(learner), config.epochs):
        reseed(learner.get_layer("augmentation"), config.seed, epoch)
        learner.fit(
            EpochBatches(cache, parts.training, config, stage_of(config, epoch), epoch),
            validation_data=validation,
            validation_batch_size=config.batch,
            shuffle=False,  # the batches are random already, and Keras would shuffle them differently after a resume
            initial_epoch=epoch,
            epochs=epoch + 1,
            callbacks=[log, keras.callbacks.TerminateOnNaN()],
        )
        if learner.stop_training:
            raise ValueError(
                f"Expected a learning_rate at which the loss stays a number; received: {config.learning_rate}"
            )
        checkpoints.save(learner, epoch + 1)


def compiled(config: Config, classes: int) -> keras.Model:
    """The network with its augmentation before and its loss behind, ready to fit: photos to logits."""
    keras.utils.set_random_seed(config.seed)
    keras.mixed_precision.set_global_policy(config.precision)
    try:
        network = build(NETWORKS[config.network], classes, *input_size(config), branched=True)
    finally:
        keras.mixed_precision.set_global_policy("float32")
    images = keras.Input((*input_size(config), 3), dtype="uint8")
    logits = network(colours_and_turns(config.seed)(images))["logits"]
    learner = keras.Model(images, keras.layers.Activation("linear", dtype="float32")(logits))
    steps = config.epoch_photos // config.batch
    warmup = round(config.warmup_epochs * steps)
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, config.epochs * steps - warmup, warmup_target=config.learning_rate, warmup_steps=warmup
    )
    learner.compile(
        keras.optimizers.AdamW(schedule, weight_decay=config.weight_decay, global_clipnorm=1.0),
        keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=config.label_smoothing),
        metrics=["accuracy"],
        jit_compile=keras.backend.backend() == "jax",  # JAX is slow without; in TensorFlow on a CPU, oneDNN is faster
    )
    return learner


def weights_of(run: Path, classes: int) -> list[NDArray[np.float32]]:
    """The weights that another run ended with.

    Raises:
        FileNotFoundError: if it has no checkpoint.
    """
    learner = compiled(Config.load(run), classes)
    if not Checkpoints(run / "checkpoints").restore(learner):
        raise FileNotFoundError(f"Expected a run with a checkpoint to start from; found none in {run}")
    weights: list[NDArray[np.float32]] = learner.get_weights()
    return weights


def input_size(config: Config) -> tuple[int | None, int | None]:
    """Of the training network: any size, but where it flattens maps."""
    return (config.height, config.width) if config.flattens else (None, None)


def stage_of(config: Config, epoch: int) -> Stage:
    """The stage that an epoch, counted from 0, belongs to."""
    stages = [stage for stage in config.stages for _ in range(stage.epochs)]
    side, _ = input_size(config)
    return stages[epoch] if side is None else stages[epoch].model_copy(update={"side": side})


def inputs(cache: Cache, photos: NDArray[np.int64], config: Config) -> NDArray[np.uint8]:
    """Photos as the served network will see them: uint8 [photos, height, width, 3]."""

    def each() -> Iterator[NDArray[np.uint8]]:
        for photo in photos:
            yield preprocess(Image.fromarray(cache.photo(photo)), config.height, config.width).pixels

    return np.fromiter(each(), np.dtype((np.uint8, (config.height, config.width, 3))), len(photos))
