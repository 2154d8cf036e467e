"""How the logit moves with each pixel: the plain gradient, and its mean over noisy copies, SmoothGrad."""

import numpy as np
from numpy.typing import NDArray

from model.explanations.explanation import Explanation, Grid
from model.explanations.sensitivity import BATCH, gradients
from model.tail import Tail

MEANING = (
    "logits for a step of 1 (of 255) in red, green and blue together: above zero, a brighter pixel speaks for the "
    "label; below, a darker one does"
)


def gradient(tail: Tail, photo: NDArray[np.uint8], label: int) -> Explanation:
    """The gradient of a label's logit by the pixels (Simonyan et al. 2013, arXiv 1312.6034).

    Args:
        tail: the network from the images on, up to the logits.
        photo: [height, width, 3].
        label: the index of the logit in question.

    Returns:
        [height, width]: the sum over red, green and blue, signed.

    Raises:
        ValueError: if there is no such label.
    """
    output, by_pixels = gradients(tail, photo[None], label)
    return Explanation(by_pixels[0].sum(axis=-1), float(output[0, label]), Grid(), {"meaning": MEANING})


def smooth_gradient(
    tail: Tail, photo: NDArray[np.uint8], label: int, samples: int = 32, noise: float = 0.15, seed: int = 0
) -> Explanation:
    """The mean gradient over copies of the photo with noise (SmoothGrad: Smilkov et al. 2017, arXiv 1706.03825).

    Args:
        tail: the network from the images on, up to the logits.
        photo: [height, width, 3].
        label: the index of the logit in question.
        samples: how many noisy copies.
        noise: the standard deviation of what is added to each number, as a share of 255; nothing is clipped.
        seed: of the noise.

    Returns:
        [height, width]: the sum over red, green and blue, signed. The logit is that of the photo without noise.

    Raises:
        ValueError: if there is no such label, or no copy.
    """
    if samples < 1:
        raise ValueError(f"Expected at least one sample; received: {samples}")
    random = np.random.default_rng(seed)
    total = np.zeros(photo.shape)
    for first in range(0, samples, BATCH):
        added = random.standard_normal((min(BATCH, samples - first), *photo.shape), np.float32)
        total += gradients(tail, photo + np.float32(255 * noise) * added, label)[1].sum(axis=0, dtype=np.float64)
    facts: dict[str, object] = {"samples": samples, "noise": noise, "seed": seed, "meaning": MEANING}
    values = (total / samples).sum(axis=-1).astype(np.float32)
    return Explanation(values, float(tail(photo[None]).numpy()[0, label]), Grid(), facts)
