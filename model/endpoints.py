"""The endpoints of the SavedModel: the answer, and every layer's output."""

from pathlib import Path

import keras
import tensorflow as tf

from model.layers import Table
from model.manifest import LAYERS, PREDICT


def write_endpoints(network: keras.Model, table: Table, height: int, width: int, folder: Path) -> None:
    """Writes a network as a SavedModel.

    Both endpoints are signatures that take `images`, uint8 [n, height, width, 3], and return float32 tensors by name.

    Args:
        network: a plain Keras network from images to every layer's output by name.
        table: the network's table; its last two layers are the logits and the probabilities.
        height: of the images, in pixels.
        width: likewise.
        folder: where to write.
    """
    logits, probabilities = (layer.name for layer in table[-2:])

    def predict(images: tf.Tensor) -> dict[str, tf.Tensor]:
        outputs = network(images, training=False)
        return {"probabilities": outputs[probabilities], "logits": outputs[logits]}

    def layers(images: tf.Tensor) -> dict[str, tf.Tensor]:
        return dict(network(images, training=False))

    spec = [tf.TensorSpec([None, height, width, 3], tf.uint8, name="images")]
    endpoints = {PREDICT: predict, LAYERS: layers}
    signatures = {name: tf.function(endpoint, input_signature=spec) for name, endpoint in endpoints.items()}
    # Not keras.export.ExportArchive: it writes each weight twice (Keras 3.15), which doubles the artifact.
    module = tf.Module()
    module.weights = [weight.value for weight in network.weights]
    tf.saved_model.save(module, str(folder), signatures=signatures)
