"""The methods as they are judged: each as it runs where nothing else is asked for, but for half the steps.

So Grad-CAM is judged at its default layer; what it says of another may be worth less.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.explanations.explanation import Explanation
from model.explanations.grad_cam import default_layer, grad_cam
from model.explanations.gradient import gradient, smooth_gradient
from model.explanations.integrated_gradients import integrated_gradients
from model.explanations.occlusion import occlusion
from model.manifest import IMAGES
from model.tail import Tails

STEPS, SAMPLES = 32, 16  # twice as many change the figures by less than their standard errors
Photo = NDArray[np.uint8]  # [height, width, 3]
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Judged:
    """One method.

    Attributes:
        explain: the explanation of a photo and the index of a label.
        relevance: of its values, in which the more a cell matters for the label, the larger is its number.
    """

    explain: Callable[[Tails, Photo, int], Explanation]
    relevance: Callable[[Numbers], Numbers]


def grad_cam_of(tails: Tails, photo: Photo, label: int) -> Explanation:
    layer, reason = default_layer(tails.records)
    maps = photo.astype(np.float32) if layer == IMAGES else tails.tail(IMAGES, layer)(photo[None]).numpy()[0]
    return grad_cam(tails.tail(layer), maps, label, reason)


def occlusion_of(tails: Tails, photo: Photo, label: int) -> Explanation:
    return occlusion(lambda photos: np.asarray(tails.tail(IMAGES)(photos)), photo, label)


def integrated_gradients_of(tails: Tails, photo: Photo, label: int) -> Explanation:
    return integrated_gradients(tails.tail(IMAGES), photo, label, steps=STEPS)


def gradient_of(tails: Tails, photo: Photo, label: int) -> Explanation:
    return gradient(tails.tail(IMAGES), photo, label)


def smooth_gradient_of(tails: Tails, photo: Photo, label: int) -> Explanation:
    return smooth_gradient(tails.tail(IMAGES), photo, label, samples=SAMPLES)


JUDGED = {
    "grad-cam": Judged(grad_cam_of, np.positive),
    "occlusion": Judged(occlusion_of, np.positive),
    "integrated-gradients": Judged(integrated_gradients_of, np.positive),
    # A gradient says where the logit is easily moved, up or down.
    "gradient": Judged(gradient_of, np.abs),
    "smooth-gradient": Judged(smooth_gradient_of, np.abs),
}
