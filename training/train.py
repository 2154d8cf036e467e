"""A training run: photos in, checkpoints and a log out; a killed run goes on where it was."""

from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model.network import NETWORKS, build
from model.preprocessing import preprocess
from training.batches import EpochBatches, one_hot
from training.cache import Cache, build_cache
from training.checkpoints import Checkpoints
from training.config import Config, Stage
from training.devices import own_folder, own_rows, spread
from training.logs import loggers
from training.optimizer import optimizer
from training.photos import find_photos
from training.snapshots import Snapshots, first_photo, watched_photo
from training.split import split


def train(config: Config, run: Path) -> None:
    """Trains a network, or goes on with a run that was stopped.

    Args:
        config: of the run; saved in its folder.
        run: the run's folder: `config.json`, `cache/`, `checkpoints/`, `snapshots/`, `log.csv`, `tensorboard/`.

    Raises:
        OSError: if there is no watched photo (see `watched_photo`); nothing is written then.
        FileNotFoundError, ValueError: if there are no photos to train from (see `find_photos` and `build_cache`), or
            if the loss is no longer a number; no checkpoint is made of that epoch. See also `spread`.
    """
    watched = watched_photo(config)  # before the cache, which takes minutes
    spread(config.batch)
    run = own_folder(run)
    config.save(run)
    cache = build_cache(find_photos(config.photos), config.cache_side, run / "cache")
    classes, parts = len(cache.classes), split(cache, config)
    images = inputs(cache, parts.validation, config)
    own = own_rows(len(images))
    snapshots = Snapshots(run / "snapshots", config, first_photo(images) if watched is None else watched)
    learner, checkpoints = compiled(config, classes), Checkpoints(run / "checkpoints")
    epochs_done = checkpoints.restore(learner)
    if not epochs_done:
        if config.start:
            learner.set_weights(weights_to_start_from(config, classes))
        snapshots.take(learner.get_layer("network"), classes, 0)
    callbacks = loggers(run, epochs_done)
    for epoch in range(epochs_done, config.epochs):
        learner.fit(
            EpochBatches(cache, parts.training, config, stage_of(config, epoch), epoch),
            validation_data=(images[own], one_hot(cache.labels[parts.validation[own]], classes)),
            validation_batch_size=config.batch,
            shuffle=False,  # the batches are random already, and Keras would shuffle them differently after a resume
            initial_epoch=epoch,
            epochs=epoch + 1,
            callbacks=[*callbacks, keras.callbacks.TerminateOnNaN()],
        )
        if learner.stop_training:
            raise ValueError(
                f"Expected a learning_rate at which the loss stays a number; received: {config.learning_rate}"
            )
        snapshots.take(learner.get_layer("network"), classes, epoch + 1)
        checkpoints.save(learner, epoch + 1)


def compiled(config: Config, classes: int) -> keras.Model:
    """The network with its loss and optimizer, ready to fit: photos to logits."""
    keras.utils.set_random_seed(config.seed)
    keras.mixed_precision.set_global_policy(config.precision)
    try:
        network = build(NETWORKS[config.network], classes, *input_size(config), normalised=True)
    finally:
        keras.mixed_precision.set_global_policy("float32")
    images = keras.Input((*input_size(config), 3), dtype="uint8")
    logits = network(images)["logits"]
    learner = keras.Model(images, keras.layers.Activation("linear", dtype="float32")(logits))
    learner.compile(
        optimizer(config),
        keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=config.label_smoothing),
        metrics=["accuracy"],
        jit_compile=keras.backend.backend() == "jax",  # JAX is slow without; in TensorFlow on a CPU, oneDNN is faster
    )
    # Built here: else the first `fit` takes a batch for it, and Keras 3.15 on JAX then begins with the second one, so
    # that a resumed run would see other batches than an unbroken one.
    targets = keras.ops.zeros((1, classes))
    learner.compute_loss(y=targets, y_pred=targets)
    learner.compute_metrics(None, targets, targets)
    return learner


def weights_to_start_from(config: Config, classes: int) -> list[NDArray[np.float32]]:
    """The weights that the run of `config.start` ended with.

    Raises:
        FileNotFoundError: if it has no checkpoint.
        ValueError: if it trained on sources that this run leaves out.
    """
    run = Path(config.start)
    before = Config.load(run)
    if seen := sorted(set(config.left_out) - set(before.left_out)):
        raise ValueError(f"start: expected a run that left out {', '.join(seen)} too; received: {config.start}")
    learner = compiled(before, classes)
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
