"""Training runs on any Keras backend, and asks for TensorFlow only where that is the backend.

Keras itself imports its backend, and here that is TensorFlow (even Keras' NumPy backend imports JAX). So what is always
shown is that of the files that `training.train` reaches, by whatever path, one imports TensorFlow, and that one late.
Where JAX is installed, the whole trainer also runs on it, in a process that cannot find TensorFlow, and resumes.
"""

import ast
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def imports_of(module: str, *, late: bool = True) -> set[str]:
    """The full names of all modules that one of ours imports, wherever in its file, or at its head alone."""
    tree = ast.parse((ROOT / f"{module.replace('.', '/')}.py").read_text())
    nodes = list(ast.walk(tree)) if late else tree.body
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return names | {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}


def reached_from(module: str) -> dict[str, set[str]]:
    """What each of our modules imports that a module reaches, itself included."""
    reached: dict[str, set[str]] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name not in reached and name.startswith(("training.", "model.")):
            reached[name] = imports_of(name)
            waiting.extend(reached[name])
    return reached


def asking_for_tensorflow(reached: dict[str, set[str]]) -> list[str]:
    return [name for name, imports in reached.items() if any(one.split(".")[0] == "tensorflow" for one in imports)]


def test_of_the_files_that_training_reaches_only_the_normalisation_imports_tensorflow_and_late() -> None:
    reached = reached_from("training.train")
    assert set(reached) >= {
        "model.layers", "model.network", "model.normalised_convolution", "model.preprocessing", "training.augmentation",
        "training.batches", "training.cache", "training.checkpoints", "training.config", "training.logs",
        "training.optimizer", "training.photos", "training.snapshots", "training.split",
        "training.tensorflow_datasets", "training.train",
    }  # fmt: skip
    assert asking_for_tensorflow(reached) == ["model.batch_normalisation"]
    assert "tensorflow" not in imports_of("model.batch_normalisation", late=False)


def test_the_search_for_tensorflow_finds_it_where_it_is() -> None:
    assert asking_for_tensorflow(reached_from("training.export"))


ON_JAX = """
import sys
from importlib.machinery import PathFinder

class NotInstalled(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name.partition(".")[0] == "tensorflow" else super().find_spec(name, path, target)

sys.meta_path[sys.meta_path.index(PathFinder)] = NotInstalled

from pathlib import Path
from model.network import NETWORKS
from tests.training.networks import TINY
from training.config import Config, Stage
from training.train import train

NETWORKS["tiny"] = TINY
photos, run = Path(sys.argv[1]), Path(sys.argv[2])
config = Config(
    photos=str(photos), network="tiny", height=24, width=24, cache_side=32, validation_share=0.2, test_share=0.2,
    epoch_photos=128, batch=16, warmup_epochs=0.5, learning_rate=0.05, label_smoothing=0,
    stages=(Stage(epochs=2, side=16, smallest_area=0.5, strength=0.3),),
)
train(config.model_copy(update={"stages": (Stage(epochs=1, side=16, smallest_area=0.5, strength=0.3),)}), run)
train(config, run)
losses = [float(line.split(",")[2]) for line in (run / "log.csv").read_text().splitlines()[1:]]
assert len(losses) == 2 and losses[1] < 0.8 * losses[0], losses
assert (run / "checkpoints" / "epoch-0002.weights.h5").exists()
assert len(list((run / "snapshots").iterdir())) == 3
assert not (run / "tensorboard").exists()
"""


@pytest.mark.skipif(not find_spec("jax"), reason="JAX is not installed here")
def test_the_whole_trainer_runs_on_jax_and_resumes_where_tensorflow_is_not_installed(
    shapes: Path, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ON_JAX, shapes, tmp_path],
        env={**os.environ, "KERAS_BACKEND": "jax"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
