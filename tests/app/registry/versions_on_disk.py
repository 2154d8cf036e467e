"""Folders of models for the tests: the real artifact, copies of it with other weights, and small networks."""

import shutil
from pathlib import Path

import numpy as np
import tensorflow as tf

from app.registry.registry import first_to_serve
from app.settings import Settings
from model.golden import golden_batch, golden_of
from model.manifest import PREDICT, Manifest
from tests.model.artifacts import SMALLEST, constant_network, reseal, write_artifact

REAL = first_to_serve(Settings()).folder
SHAPES = "_CHECKPOINTABLE_OBJECT_GRAPH"  # what of TensorFlow's checkpoints is no weight


def real_version(models: Path, version: int, shift: float = 0.0) -> Path:
    """The real artifact as another version, `models/cat/version`, that is surer of its first label.

    Args:
        models: the folder of models.
        version: its number.
        shift: is added to the first logit; the other weights are the same.
    """
    folder = models / "cat" / str(version)
    shutil.copytree(REAL, folder)
    manifest = Manifest.load(folder)
    if shift:
        add_to_first_logit(folder / "variables" / "variables", shift, len(manifest.labels))
    loaded = tf.saved_model.load(str(folder))
    answer = loaded.signatures[PREDICT](
        images=tf.constant(golden_batch(manifest.golden, manifest.height, manifest.width))
    )
    images = [example.image for example in manifest.golden.examples]
    golden = golden_of(images, answer["logits"].numpy(), answer["probabilities"].numpy())
    reseal(folder, manifest.model_copy(update={"version": version, "golden": golden}))
    return folder


def add_to_first_logit(checkpoint: Path, shift: float, labels: int) -> None:
    """Writes a checkpoint anew with another bias of the layer that has one for each label."""
    reader = tf.train.load_checkpoint(str(checkpoint))
    tensors = {name: reader.get_tensor(name) for name in sorted(reader.get_variable_to_shape_map())}
    (bias,) = (name for name, tensor in tensors.items() if name != SHAPES and np.shape(tensor) == (labels,))
    tensors[bias] = tensors[bias] + np.array([shift] + [0] * (labels - 1), np.float32)
    for file in checkpoint.parent.iterdir():
        file.unlink()
    tf.raw_ops.SaveV2(
        prefix=str(checkpoint), tensor_names=list(tensors), shape_and_slices=[""] * len(tensors),
        tensors=[tf.constant(tensor) for tensor in tensors.values()],
    )  # fmt: skip


def small_version(models: Path, name: str, version: int, logits: list[float], size: int = 8) -> Path:
    """A network that gives the same logits to every photo, `models/name/version`."""
    folder = models / name / str(version)
    changes = {"name": name, "version": version}
    write_artifact(folder, constant_network(logits, size, size), SMALLEST, changes)
    return folder


def probabilities(logits: list[float]) -> list[float]:
    """What a network says that gives these logits."""
    exponents = np.exp(np.array(logits) - max(logits))
    shares: list[float] = (exponents / exponents.sum()).tolist()
    return shares


def half_copied(source: Path, target: Path) -> Path:
    """The start of a copy: the manifest is there, and the weights are not yet."""
    target.mkdir(parents=True)
    for name in ("manifest.json", "saved_model.pb"):
        shutil.copy(source / name, target / name)
    return target
