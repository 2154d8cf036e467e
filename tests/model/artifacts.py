"""Small artifacts, written as export writes them, with weights by chance."""

from collections.abc import Mapping
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from model.digest import digest_of
from model.endpoints import write_endpoints
from model.geometry import describe
from model.golden import golden_images, golden_of
from model.layers import (
    AveragePooling,
    Convolution,
    Dense,
    Flatten,
    GlobalAveragePooling,
    MaxPooling,
    ReLU,
    Rescaling,
    Softmax,
    Table,
)
from model.manifest import Manifest
from model.network import build

SIZE = (19, 26)  # height and width of the small artifacts' photos

# Between them every kind of layer, strides, both paddings, even and odd windows, on maps with negative values too.
MAPS: Table = (
    Rescaling("rescale", scale=1 / 90, offset=-1.3),
    Convolution("conv1", filters=5, stride=2),
    ReLU("relu1"),
    Convolution("conv2", filters=6, size=2, padding="valid"),
    AveragePooling("mean", size=3, stride=2, padding="same"),
    Convolution("conv3", filters=4, size=4),
    MaxPooling("max", size=4, stride=2, padding="same"),
    GlobalAveragePooling("average"),
    Dense("logits"),
    Softmax("probabilities", temperature=0.6),
)
VECTORS: Table = (
    Rescaling("rescale", scale=-1 / 90, offset=1.1),
    MaxPooling("max", size=3, stride=2),
    Convolution("conv", filters=7, size=3, stride=3, padding="valid"),
    AveragePooling("mean", stride=1),
    Flatten("flatten"),
    Dense("dense", units=9),
    ReLU("relu"),
    Dense("logits"),
    Softmax("probabilities", temperature=2.5),
)
SMALLEST: Table = (GlobalAveragePooling("average"), Dense("logits"), Softmax("probabilities"))


def random_network(table: Table, labels: int, height: int, width: int, seed: int = 1) -> keras.Model:
    """A plain network whose values neither fade nor grow from layer to layer."""
    network = build(table, labels, height, width, normalised=False)
    random = np.random.default_rng(seed)
    for variable in network.weights:
        spread = 1 / np.sqrt(np.prod(variable.shape[:-1])) if variable.name == "kernel" else 0.5
        variable.assign(random.normal(0, spread, variable.shape))
    return network


def constant_network(logits: list[float], height: int, width: int) -> keras.Model:
    """The network of `SMALLEST` that gives the same logits to every photo."""
    network = build(SMALLEST, len(logits), height, width, normalised=False)
    network.get_layer("logits").set_weights([np.zeros((3, len(logits))), np.array(logits)])
    return network


def write_artifact(folder: Path, network: keras.Model, table: Table, changes: Mapping[str, object] = {}) -> Manifest:
    """Writes a network and a manifest that tells the truth about it, but for the changes."""
    height, width = network.input.shape[1:3]
    labels = network.output[table[-1].name].shape[-1]
    images = golden_images(height, width)
    answers = network(np.stack(list(images.values())), training=False)
    logits, probabilities = (keras.ops.convert_to_numpy(answers[layer.name]) for layer in table[-2:])
    manifest = Manifest(
        name="small",
        version=1,
        digest="",
        labels=tuple(f"label {number}" for number in range(labels)),
        height=height,
        width=width,
        layers=describe(table, labels, height, width),
        golden=golden_of(list(images), logits, probabilities),
    )
    write_endpoints(network, table, height, width, folder)
    return reseal(folder, manifest.model_copy(update=dict(changes)))


def reseal(folder: Path, manifest: Manifest) -> Manifest:
    """Writes a manifest with the digest of what is there now: a forger's last step."""
    sealed = manifest.model_copy(update={"digest": digest_of(folder, manifest)})
    sealed.save(folder)
    return sealed


def noise(photos: int, height: int, width: int, seed: int = 3) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (photos, height, width, 3), dtype=np.uint8)
