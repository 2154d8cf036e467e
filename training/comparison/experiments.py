"""The article's claims, tried: an ordinary network and a convolutional one learn the same few photos, undisguised."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from model.artifact import Artifact
from model.versions import newest_version
from training.cache import Cache
from training.comparison.comparison import LIMIT, Comparison, compare, sample
from training.comparison.pictures import draw_damages
from training.comparison.section import save
from training.config import Config, Stage
from training.export import export
from training.split import split
from training.train import inputs, train

PHOTOS = 4096  # to train on: few enough for each to be seen a dozen times
EPOCHS = 12
RATES = {"convolutional": 6e-3, "dense": 2e-3, "dense_large": 2e-4}  # at their peak


def experiment(network: str, photos: str) -> Config:
    """How one network learns: crops and mirrored photos only, nothing grey, turned, hidden, noisy or mixed."""
    return Config(
        photos=photos,
        network=network,
        training_photos=PHOTOS,
        epoch_photos=PHOTOS,
        stages=(Stage(epochs=EPOCHS, side=64, smallest_area=0.7, strength=0),),
        label_smoothing=0,
        optimizer="adamw" if network == "dense_large" else "muon",
        learning_rate=RATES[network],
    )


def trained_alike(photos: str, cache: Path, folder: Path) -> dict[str, Artifact]:
    """Trains and exports every network of the experiment, or goes on where it was stopped.

    Args:
        photos: see `training.photos.find_photos`.
        cache: the decoded photos, shared by the runs.
        folder: of the runs, one for each network, and of the artifacts.

    Returns:
        The artifacts by the network's name.
    """
    artifacts = {}
    for network in RATES:
        run, config = folder / network, experiment(network, photos)
        if not (run / "cache").exists():
            run.mkdir(parents=True, exist_ok=True)
            (run / "cache").symlink_to(cache.resolve())
        train(config, run)
        artifact = folder / "artifacts" / network
        if not artifact.exists():
            export(run, folder / "artifacts", network)
        artifacts[network] = Artifact.load(newest_version(artifact))
    return artifacts


def experiments(run: Path, shipped: Mapping[str, Artifact], folder: Path) -> Comparison:
    """Trains the networks of the experiment and sets them, and those that are shipped, side by side.

    Args:
        run: the run whose cache of photos and whose test photos are used; the shipped artifacts saw none of these.
        shipped: artifacts by name that were trained otherwise, to stand beside.
        folder: where the runs, the artifacts, `comparison.json` and the pictures come to.

    Raises:
        ValueError: see `compare`.
    """
    config, cache = Config.load(run), Cache.load(run / "cache")
    alike = trained_alike(config.photos, run / "cache", folder)
    seen = split(cache, experiment("convolutional", config.photos)).training
    seen, test = seen[sample(len(seen), LIMIT)], split(cache, config).test
    test = test[sample(len(test), LIMIT)]
    images = inputs(cache, test, config)
    comparison = compare(
        {**alike, **shipped}, images, cache.labels[test], inputs(cache, seen, config), cache.labels[seen]
    )
    save(comparison, folder)
    first = int(np.flatnonzero(cache.labels[test] == comparison.classes.index(comparison.focus))[0])
    draw_damages(images[first], folder / "damages.png")
    return comparison
