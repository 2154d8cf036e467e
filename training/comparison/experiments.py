"""The article's claims, tried: an ordinary network and a convolutional one learn the same few photos, undisguised."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.artifact import Artifact
from model.versions import newest_version
from training.cache import Cache
from training.comparison.comparison import Comparison, compare
from training.comparison.pictures import draw_damages
from training.comparison.section import save
from training.config import Config, Stage
from training.export import export
from training.split import split
from training.train import inputs, train

PHOTOS = 4096  # to train on: few enough for each to be seen a dozen times
EPOCHS = 12
CROPS = 64  # the side of what a convolutional network trains on, pixels; one that flattens knows its input's size only
# The input's, pixels. Crops show things larger by about a tenth, and 72 undoes it (FixRes, see `Config`); the dense
# networks see what the shipped one sees: at that, `dense` has about as many parameters as the convolutional network.
SIDES = {"convolutional": 72, "dense": 128, "dense_large": 128}
RATES = {"convolutional": 6e-3, "dense": 2e-3, "dense_large": 2e-4}  # at their peak


def experiment(network: str, run: Config) -> Config:
    """How one network learns: crops and mirrored photos only, nothing grey, turned, hidden, noisy or mixed.

    Args:
        network: one of `RATES`.
        run: whose photos it learns, split as there, so that none of those that judge the run train the network.
    """
    return Config(
        **run.model_dump(include={"photos", "cache_side", "left_out", "validation_share", "test_share"}),
        network=network,
        height=SIDES[network],
        width=SIDES[network],
        training_photos=PHOTOS,
        epoch_photos=PHOTOS,
        stages=(Stage(epochs=EPOCHS, side=CROPS, smallest_area=0.7, strength=0),),
        label_smoothing=0,
        optimizer="adamw" if network == "dense_large" else "muon",
        learning_rate=RATES[network],
    )


def trained_alike(run: Path, folder: Path) -> dict[str, Artifact]:
    """Trains and exports every network of the experiment, or goes on where it was stopped.

    Args:
        run: whose decoded photos the networks share.
        folder: of their own runs, one for each network, and of the artifacts.

    Returns:
        The artifacts by the network's name.

    Raises:
        ValueError: if the folder holds another experiment. See also `train` and `export`.
    """
    artifacts = {}
    for network in RATES:
        own, config = folder / network, experiment(network, Config.load(run))
        if (own / "config.json").exists() and Config.load(own) != config:
            raise ValueError(
                f"Expected another folder than {folder}, or none: {own} is of an experiment done otherwise"
            )
        if not (own / "cache").exists():
            own.mkdir(parents=True, exist_ok=True)
            (own / "cache").symlink_to((run / "cache").resolve())
        train(config, own)
        artifact = folder / "artifacts" / network
        if not artifact.exists():
            export(own, folder / "artifacts", network)
        artifacts[network] = Artifact.load(newest_version(artifact))
    return artifacts


def experiments(run: Path, shipped: Mapping[str, Artifact], folder: Path, limit: int) -> Comparison:
    """Trains the networks of the experiment and sets them, and those that are shipped, side by side.

    Args:
        run: the run whose cache of photos and whose test photos are used; the shipped artifacts saw none of these.
        shipped: artifacts by name that were trained otherwise, to stand beside.
        folder: where the runs, the artifacts, `comparison.json` and the pictures come to.
        limit: how many photos judge at most, of those that trained the networks and of those that did not.

    Raises:
        FileNotFoundError: if there is no such run.
        ValueError: if the limit is below 1. See also `trained_alike` and `compare`.
    """
    if limit < 1:
        raise ValueError(f"limit: expected at least 1 photo; received: {limit}")
    config, cache = Config.load(run), Cache.load(run / "cache")
    networks = {**trained_alike(run, folder), **shipped}
    any_of_them = experiment(next(iter(RATES)), config)  # all learn the same photos
    seen = sample(split(cache, any_of_them).training, limit)
    test = sample(split(cache, config).test, limit)
    images = inputs(cache, test, config)
    comparison = compare(networks, images, cache.labels[test], inputs(cache, seen, config), cache.labels[seen])
    save(comparison, folder)
    first = int(np.flatnonzero(cache.labels[test] == comparison.classes.index(comparison.focus))[0])
    draw_damages(images[first], folder / "damages.png")
    return comparison


def sample(photos: NDArray[np.int64], limit: int) -> NDArray[np.int64]:
    """At most so many of the photos, int [n], each as likely as another, in their order; the same ones every time."""
    return np.sort(np.random.default_rng(0).choice(photos, min(len(photos), limit), replace=False))
