"""One photo explained as it is asked for."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from model.explanations.explanation import Explanation
from model.explanations.grad_cam import default_layer, grad_cam
from model.explanations.gradient import gradient, smooth_gradient
from model.explanations.integrated_gradients import integrated_gradients
from model.explanations.occlusion import occlusion
from model.explanations.question import Question
from model.manifest import IMAGES

if TYPE_CHECKING:
    from model.artifact import Artifact


def explain(artifact: "Artifact", photo: NDArray[np.uint8], question: Question) -> tuple[int, Explanation]:
    """The label, as an index, and what spoke for it.

    Args:
        artifact: the network.
        photo: its input, [height, width, 3].
        question: what to explain.

    Raises:
        ValueError: if the network has no such layer or label, or a parameter cannot be.
    """
    outputs = artifact.layers(photo[None])
    records, label = artifact.manifest.layers, question.label
    if label is None:
        label = int(outputs[records[-1].name].numpy()[0].argmax())
    match question.method:
        case "grad-cam":
            layer, reason = (question.layer, "asked for") if question.layer else default_layer(records)
            maps = photo.astype(np.float32) if layer == IMAGES else outputs[layer].numpy()[0]
            return label, grad_cam(artifact.tail(layer), maps, label, reason)
        case "occlusion":
            baseline = question.baseline or "mean"
            found = occlusion(
                lambda images: artifact.predict(images).logits, photo, label, question.window, question.stride, baseline
            )
            return label, found
    images = artifact.tail(IMAGES)
    match question.method:
        case "integrated-gradients":
            return label, integrated_gradients(images, photo, label, question.baseline or "grey", question.steps)
        case "gradient":
            return label, gradient(images, photo, label)
        case "smooth-gradient":
            return label, smooth_gradient(images, photo, label, question.samples, question.noise, question.seed)
