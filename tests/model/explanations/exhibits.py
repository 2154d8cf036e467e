"""Methods that show nothing of what the network does, which a certificate has to find out."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from model.explanations.explanation import Explanation, Grid
from model.explanations.judged import Judged, Photo
from model.explanations.orders import edges
from model.tail import Tails, layer


def edges_of(tails: Tails, photo: Photo, label: int) -> Explanation:
    """Looks at the photo alone."""
    del tails, label
    return Explanation(edges(photo).astype(np.float32), 0, Grid(), {})


def noise_of(tails: Tails, photo: Photo, label: int) -> Explanation:
    """Looks at nothing, and says something else each time."""
    del tails
    seed = (label, *photo.reshape(-1)[::7].tolist())
    return Explanation(np.random.default_rng(seed).random(photo.shape[:2], np.float32), 0, Grid(), {})


def guided(values: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], tf.Tensor]]:
    """A ReLU, and what it lets through on the way back: only what is above zero both ways (arXiv 1412.6806)."""
    return tf.nn.relu(values), lambda upstream: tf.where((values > 0) & (upstream > 0), upstream, 0.0)


def guided_backpropagation_of(tails: Tails, photo: Photo, label: int) -> Explanation:
    """Known to restore the photo whatever the weights of the upper layers (Adebayo et al. 2018, arXiv 1810.03292)."""
    pixels = tf.constant(photo[None].astype(np.float32))
    with tf.GradientTape() as tape:
        tape.watch(pixels)
        values, guided_relu = pixels, tf.custom_gradient(guided)
        for record in tails.records[:-1]:
            is_relu = record.kind == "relu"
            values = guided_relu(values) if is_relu else layer(record, tails.weights.get(record.name, {}), values)
        logit = values[0, label]
    return Explanation(tape.gradient(logit, pixels).numpy()[0].sum(axis=-1), float(logit), Grid(), {})


EDGES = Judged(edges_of, np.positive)
NOISE = Judged(noise_of, np.positive)
GUIDED_BACKPROPAGATION = Judged(guided_backpropagation_of, np.abs)
