"""A loaded SavedModel, verified: the network as training exported it, and as the service runs it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from model.digest import digest_of
from model.errors import ArtifactChanged, ArtifactDisagrees, ArtifactMalformed
from model.golden import golden_batch
from model.manifest import LAYERS, PREDICT, Manifest
from model.operations import check_operations
from model.snapshots import SNAPSHOTS, snapshot_files
from model.tail import Tail, Tails

Shape = tuple[int | None, ...]


@dataclass(frozen=True)
class Answer:
    """Float32 [n, labels] each."""

    probabilities: NDArray[np.float32]
    logits: NDArray[np.float32]


class Artifact:
    """A network from a SavedModel and its manifest. Make one with `Artifact.load`."""

    def __init__(self, manifest: Manifest, loaded: tf.Module, snapshots: Mapping[int, bytes]) -> None:
        """Takes what was read; `snapshots` are whole files, by epochs: nothing is read from the folder any more."""
        self.manifest, self.snapshots = manifest, snapshots
        self._loaded = loaded  # owns the weights: a signature alone does not keep them alive
        self._predict = loaded.signatures[PREDICT]
        self._layers = loaded.signatures[LAYERS]

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Loads an artifact and verifies it: the files, the endpoints and the golden examples.

        Args:
            folder: one version, such as `model/saved/cat/1`.

        Raises:
            ArtifactError: saying what was expected and what came.
        """
        try:
            manifest = Manifest.load(folder)
            check_digest(folder, manifest)
            check_operations(folder)
            loaded = load_graph(folder)
            snapshots = {epochs: file.read_bytes() for epochs, file in snapshot_files(folder / SNAPSHOTS).items()}
            check_digest(folder, manifest)  # once more: what was read since is what was looked at
        except OSError as error:
            raise ArtifactChanged(
                f"{folder}: expected files that stay while they are read; received: {error}"
            ) from error
        check_signatures(manifest, loaded)
        artifact = cls(manifest, loaded, snapshots)
        artifact.check_weights()
        artifact.check_golden()
        return artifact

    def predict(self, images: NDArray[np.uint8]) -> Answer:
        """Probabilities and logits of images, uint8 [n, height, width, 3].

        Raises:
            TypeError: if the images are not uint8: TensorFlow would silently make every number below 1 a zero.
            ValueError: if their shape is another, or there are none: TensorFlow's convolutions fail on an empty batch.
        """
        outputs = self._predict(images=self._tensor(images))
        return Answer(outputs["probabilities"].numpy(), outputs["logits"].numpy())

    def layers(self, images: NDArray[np.uint8]) -> Mapping[str, tf.Tensor]:
        """Every layer's output, float32 [n, …], by the layer's name, as tensors that `.numpy()` reads.

        Raises:
            TypeError, ValueError: as `predict`.
        """
        return dict(self._layers(images=self._tensor(images)))

    def weights(self, layer: str) -> dict[str, NDArray[np.float32]]:
        """A layer's `kernel` and `bias`; nothing for a layer without weights."""
        named = {variable.name.removesuffix(":0"): variable for variable in self._layers.variables}
        return {
            name.rpartition("/")[2]: variable.numpy()
            for name, variable in named.items()
            if name.rpartition("/")[0] == layer
        }

    def tail(self, after: str, until: str | None = None) -> Tail:
        """The network from a layer's output on, which can be differentiated; made once and kept.

        Args:
            after: the layer whose output goes in; "images" for the photo's pixels.
            until: the layer whose output comes out; None for the logits.

        Raises:
            ValueError: if there are no such layers.
        """
        return self._tails.tail(after, until)

    @cached_property
    def _tails(self) -> Tails:
        layers = self.manifest.layers
        return Tails(layers, {layer.name: self.weights(layer.name) for layer in layers})

    def check_weights(self) -> None:
        """Compares the weights' shapes with the manifest's.

        Raises:
            ArtifactMalformed: naming the first layer that differs.
        """
        for layer in self.manifest.layers:
            shapes = {name: weight.shape for name, weight in self.weights(layer.name).items()}
            if shapes != layer.weights:
                raise ArtifactMalformed(f"{layer.name}: expected weights {layer.weights}; received: {shapes}")

    def check_golden(self, tolerance: float | None = None) -> None:
        """Answers the golden examples.

        Args:
            tolerance: of a logit; the manifest's if there is none.

        Raises:
            ArtifactDisagrees: naming the example that differs most, and by how much.
        """
        golden, height, width = self.manifest.golden, self.manifest.height, self.manifest.width
        allowed = golden.tolerance if tolerance is None else tolerance
        answer = self.predict(golden_batch(golden, height, width))
        expected = np.array([example.logits for example in golden.examples], np.float32)
        difference = np.abs(answer.logits - expected).max(axis=1)
        worst = int(np.argmax(np.nan_to_num(difference, nan=np.inf)))
        if not difference[worst] <= allowed:
            raise ArtifactDisagrees(
                f"golden example {golden.examples[worst].image!r}: expected logits {expected[worst].tolist()} "
                f"within {allowed}; received: {answer.logits[worst].tolist()}"
            )

    def _tensor(self, images: NDArray[np.uint8]) -> tf.Tensor:
        shape = (self.manifest.height, self.manifest.width, 3)
        if images.dtype != np.uint8:
            raise TypeError(f"Expected images of dtype uint8; received: {images.dtype}")
        if images.ndim != 4 or images.shape[1:] != shape or not len(images):
            expected = f"[n, {', '.join(map(str, shape))}], n at least 1"
            raise ValueError(f"Expected images of shape {expected}; received: {images.shape}")
        return tf.constant(images)


def check_digest(folder: Path, manifest: Manifest) -> None:
    """Raises ArtifactChanged if the files are not those that were exported."""
    if (digest := digest_of(folder, manifest)) != manifest.digest:
        raise ArtifactChanged(f"{folder}: expected files with digest {manifest.digest}; received: {digest}")


def load_graph(folder: Path) -> tf.Module:
    """Raises ArtifactMalformed if TensorFlow cannot load it."""
    try:
        return tf.saved_model.load(str(folder))
    except Exception as error:  # TensorFlow raises many kinds
        raise ArtifactMalformed(f"{folder}: expected a SavedModel; TensorFlow says: {error}") from error


def check_signatures(manifest: Manifest, loaded: tf.Module) -> None:
    """Compares what the graph takes and gives with what the manifest says.

    Raises:
        ArtifactMalformed: naming the first difference.
    """
    labels = len(manifest.labels)
    outputs: dict[str, dict[str, Shape]] = {
        PREDICT: {"probabilities": (labels,), "logits": (labels,)},
        LAYERS: {layer.name: layer.shape for layer in manifest.layers},
    }
    for name, shapes in outputs.items():
        if name not in loaded.signatures:
            raise ArtifactMalformed(f"Expected a signature {name!r}; received: {', '.join(loaded.signatures)}")
        signature = loaded.signatures[name]
        received = described(signature.structured_input_signature[1]) | described(signature.structured_outputs)
        expected: dict[str, tuple[str, Shape | None]] = {
            "images": ("uint8", (None, manifest.height, manifest.width, 3))
        }
        expected |= {key: ("float32", (None, *shape)) for key, shape in shapes.items()}
        for key in sorted(expected.keys() | received.keys()):
            if expected.get(key) != received.get(key):
                raise ArtifactMalformed(
                    f"{name}: expected {key!r} to be {expected.get(key)}; received: {received.get(key)}"
                )


def described(specs: Any) -> dict[str, tuple[str, Shape | None]]:
    """Dtype and shape of each tensor that a signature takes or gives; None for any size, or for any shape."""
    return {
        key: (spec.dtype.name, None if spec.shape.rank is None else tuple(spec.shape)) for key, spec in specs.items()
    }
