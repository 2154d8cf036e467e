"""Training's pipeline against a plain Keras one on the same photos: `python -m benchmarks.pipeline --photos FOLDER`.

Ours decodes each photo once, into a cache, and augments in NumPy and Pillow. The plain one is that of the usual
tutorials: `image_dataset_from_directory` decodes and resizes each photo anew in every epoch, and Keras' layers flip,
turn and zoom it. Network, crop side and batch are the same; layers and optimizer (AdamW, which computes less than
Muon) are Keras' own. Nothing else may run on the machine.
"""

import argparse
import io
import itertools
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from model.layers import Convolution
from model.network import NETWORKS, keras_layer
from training.batches import EpochBatches
from training.cache import Cache, build_cache
from training.config import Config
from training.photos import Photo, find_photos
from training.train import compiled, input_size

GOAL = 0.9  # of our pipeline's time is the step's
IN_MEMORY = 8  # batches that the step is timed on alone
QUALITY = 95  # of the JPEG copies
WARMUP_STEPS = 3

Batch = tuple[NDArray[np.uint8], NDArray[np.float32]]


class InMemory(keras.utils.PyDataset):
    """The same few batches again and again: what is left of an epoch when its photos cost nothing."""

    def __init__(self, batches: list[Batch], steps: int) -> None:
        super().__init__()
        self.batches, self.steps = batches, steps

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, index: int) -> Batch:
        return self.batches[index % len(self.batches)]


def main() -> None:
    options = parsed()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "photos"
        copied = copy(find_photos(options.photos), options.limit, folder)
        config = Config(photos=str(folder), network=options.network, epoch_photos=copied)
        start = time.perf_counter()
        cache = build_cache(find_photos(config.photos), config.cache_side, Path(scratch) / "cache")
        seconds = time.perf_counter() - start
        print(f"The cache, built once: {seconds:.1f} s, {len(cache) / seconds:.0f} photos/s")
        for side in [options.side] if options.side else sorted({stage.side for stage in config.stages}):
            measure(config, cache, side, options.rounds)


class Clock(keras.callbacks.Callback):
    """When the epoch ended: after it, `fit` at times waits for tf.data, in sleeps that double, for as long again."""

    ended = 0.0

    def on_epoch_end(self, *_: object) -> None:
        self.ended = time.perf_counter()


def parsed() -> argparse.Namespace:
    shown = argparse.ArgumentDefaultsHelpFormatter
    parser = argparse.ArgumentParser("python -m benchmarks.pipeline", formatter_class=shown)
    parser.add_argument("--photos", default="photos", help="a folder of class folders, or tfds:NAME[:LABEL]")
    parser.add_argument("--limit", type=int, default=4096, help="how many of them, chosen by chance; an epoch")
    parser.add_argument("--rounds", type=int, default=3, help="epochs of each kind")
    parser.add_argument("--network", default="convolutional", help="a table of model/network.py")
    parser.add_argument("--side", type=int, help="of the crops, in pixels; without it, each that training has")
    return parser.parse_args()


def copy(photos: Iterable[Photo], limit: int, folder: Path) -> int:
    """Writes some photos as JPEG, for Keras reads no WebP, into class folders; returns how many."""
    found = list(photos)
    chosen = random.Random(1).sample(found, min(limit, len(found)))
    print(f"Copying {len(chosen)} of {len(found)} photos as JPEG")
    progress, copied = keras.utils.Progbar(len(chosen), unit_name="photo"), 0
    for number, photo in enumerate(chosen):
        place = folder / photo.label / f"{number}.jpg"
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            Image.open(io.BytesIO(photo.read())).convert("RGB").save(place, quality=QUALITY)
            copied += 1
        except (UnidentifiedImageError, OSError):
            place.unlink(missing_ok=True)
        progress.update(number + 1)
    return copied


def plain_dataset(config: Config, side: int) -> Any:
    """The photos as https://keras.io/examples/vision/image_classification_from_scratch reads and augments them."""
    photos = keras.utils.image_dataset_from_directory(
        config.photos, label_mode="categorical", image_size=(side, side), batch_size=config.batch, verbose=False
    )
    layers = (
        keras.layers.RandomFlip("horizontal"), keras.layers.RandomRotation(0.1), keras.layers.RandomZoom(0.1),
    )  # fmt: skip

    def augment(images: Any, targets: Any) -> tuple[Any, Any]:
        for layer in layers:
            images = layer(images, training=True)
        return images, targets

    return photos.map(augment, num_parallel_calls=-1).prefetch(-1)  # tf.data.AUTOTUNE


def plain_learner(config: Config, classes: int) -> keras.Model:
    """The same network of Keras' own layers, ready to fit: photos to logits."""
    maps = images = keras.Input((*input_size(config), 3), dtype="uint8")
    for layer in NETWORKS[config.network][:-1]:  # the last one is Softmax
        if isinstance(layer, Convolution):
            maps = keras.layers.Conv2D(layer.filters, layer.size, layer.stride, layer.padding, use_bias=False)(maps)
            maps = keras.layers.BatchNormalization()(maps)
        else:
            maps = keras_layer(layer, classes, normalised=True)(maps)
    learner = keras.Model(images, maps)
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=config.label_smoothing)
    learner.compile(keras.optimizers.AdamW(weight_decay=config.weight_decay), loss, metrics=["accuracy"])
    return learner


def epoch_seconds(learner: keras.Model, data: Any) -> float:
    """How long an epoch takes, from the call of `fit` on."""
    clock, start = Clock(), time.perf_counter()
    learner.fit(data, shuffle=False, callbacks=[clock])
    return clock.ended - start


def measure(config: Config, cache: Cache, side: int, rounds: int) -> None:
    """Times epochs in turn and prints what came out."""
    stage = config.stages[0].model_copy(update={"side": side})
    epochs = itertools.count()

    def ours() -> EpochBatches:
        """An epoch that nobody has begun: one used before has batches in store."""
        return EpochBatches(cache, np.arange(len(cache)), config, stage, next(epochs))

    steps = len(ours())
    first = ours()
    alone = InMemory([first[number] for number in range(min(IN_MEMORY, steps))], steps)
    plain = plain_dataset(config, side).take(steps)
    data: dict[str, Callable[[], Any]] = {
        "this pipeline": ours, "plain Keras": lambda: plain, "the step alone": lambda: alone,
    }  # fmt: skip
    learners = {
        name: (plain_learner if name == "plain Keras" else compiled)(config, len(cache.classes)) for name in data
    }
    for name, learner in learners.items():
        learner.fit(data[name](), steps_per_epoch=min(WARMUP_STEPS, steps), verbose=0)

    seconds: dict[str, list[float]] = {name: [] for name in data}
    for _ in range(rounds):
        for name, learner in learners.items():
            print(name)
            seconds[name].append(epoch_seconds(learner, data[name]()))
    times = {name: statistics.median(values) for name, values in seconds.items()}
    photos = steps * config.batch
    print(f"\nAn epoch of {photos} photos at {side} x {side}: {config.network}, batches of {config.batch}")
    for name, taken in times.items():
        print(f"  {name:16}{taken:8.1f} s{photos / taken:8.0f} photos/s")
    print(f"This pipeline is {times['plain Keras'] / times['this pipeline']:.2f} x as fast as plain Keras.")
    share = times["the step alone"] / times["this pipeline"]
    print(f"The step takes {share:.2f} of its time; the goal is {GOAL} or more.")


if __name__ == "__main__":
    main()
