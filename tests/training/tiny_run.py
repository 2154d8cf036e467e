"""One small run, trained, exported and evaluated once for all the tests that look at it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest

from model.network import NETWORKS
from tests.training.networks import TINY
from training.config import Config, Stage
from training.evaluation.evaluate import evaluate
from training.evaluation.evaluation import Evaluation
from training.export import export
from training.train import train


@contextmanager
def tiny_network() -> Iterator[None]:
    """While it lasts, configurations may name the network `tiny`."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(NETWORKS, "tiny", TINY)
        yield


def tiny_config(photos: Path) -> Config:
    """Two epochs of seconds; the photos are no larger than the cache keeps them."""
    stages = (Stage(epochs=1, side=16, smallest_area=0.6), Stage(epochs=1, side=24, smallest_area=0.6))
    return Config(
        photos=str(photos), network="tiny", height=24, width=20, cache_side=48, validation_share=0.2, test_share=0.2,
        epoch_photos=128, batch=16, warmup_epochs=0.5, stages=stages, learning_rate=0.02,
    )  # fmt: skip


@cache
def confused(shapes: Path) -> Path:
    """The shapes, every fifth of them in the other's folder: a network that makes no mistakes shows too little."""
    folder = shapes.parent / "confused"
    for here, there in (("disc", "square"), ("square", "disc")):
        for number, file in enumerate(sorted((shapes / here).iterdir())):
            label, name = (there, f"{file.stem}9{file.suffix}") if number % 5 == 0 else (here, file.name)
            (folder / label).mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, folder / label / name)
    return folder


@cache
def trained(shapes: Path) -> Path:
    """The run's folder, beside that of the photos."""
    run = shapes.parent / "tiny-run"
    with tiny_network():
        train(tiny_config(confused(shapes)), run)
    return run


@cache
def exported(shapes: Path) -> Path:
    """The folder of the run's artifact."""
    run = trained(shapes)
    with tiny_network():
        return export(run, shapes.parent / "tiny-saved", "shapes")


@cache
def evaluated(shapes: Path) -> Evaluation:
    run, folder = trained(shapes), exported(shapes)
    with tiny_network():
        return evaluate(run, folder)
