"""The effective receptive field: how much each pixel moves a unit's number (Luo et al. 2016, arXiv 1701.04128)."""

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from model.receipts.unit import Unit
from model.tail import Tail


def effective_field(tail: Tail, photo: NDArray[np.uint8], unit: Unit) -> NDArray[np.float32]:
    """The gradient of a unit by the pixels, in size and all three colours together.

    Args:
        tail: from the images to the unit's layer.
        photo: [height, width, 3].
        unit: of that layer.

    Returns:
        [height, width], zero or more: by how much the unit changes with one step of 1/255 of a pixel, at most, in all
        three colours together. Outside the unit's receptive field it is zero.
    """
    direction = np.zeros((1, *tail.outputs), np.float32)
    direction[0][unit.at] = 1
    _, gradient = tail.gradient(tf.constant(photo[None]), tf.constant(direction))
    moved: NDArray[np.float32] = np.abs(gradient.numpy()[0]).sum(axis=-1)
    return moved
