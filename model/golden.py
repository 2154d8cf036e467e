"""Drawn images that every network answers when it is exported, and every loaded artifact must answer alike."""

import numpy as np
from numpy.typing import NDArray

from model.errors import ArtifactMalformed
from model.manifest import Golden, GoldenExample

TOLERANCE = 1e-2  # of a logit: float32 in another order of sums differs by 1e-5, TF32 and bfloat16 by up to 1e-2


def golden_images(height: int, width: int) -> dict[str, NDArray[np.uint8]]:
    """The images by name, each uint8 [height, width, 3], the same on every machine."""
    down, across = np.mgrid[0:height, 0:width]
    rings = np.sqrt((down - height / 2) ** 2 + (across - width / 2) ** 2)  # hypot's last bit varies by machine
    noise = np.random.Generator(np.random.PCG64(8)).integers(0, 256, (height, width, 3))
    drawn = {
        "black": np.zeros((height, width, 3)),
        "red": np.broadcast_to([200, 30, 30], (height, width, 3)),
        "slope": np.stack([down * 255 / height, across * 255 / width, 255 - down * 255 / height], axis=2),
        "squares": np.repeat(((down // 8 + across // 8) % 2 * 255)[:, :, None], 3, axis=2),
        "rings": np.stack([rings * 4 % 256, rings * 6 % 256, rings * 9 % 256], axis=2),
        "noise": noise,
    }
    return {name: np.floor(image).astype(np.uint8) for name, image in drawn.items()}


def golden_batch(golden: Golden, height: int, width: int) -> NDArray[np.uint8]:
    """The images of a manifest's examples in their order: uint8 [examples, height, width, 3].

    Raises:
        ArtifactMalformed: if this version of the project does not draw one of them.
    """
    images = golden_images(height, width)
    unknown = [example.image for example in golden.examples if example.image not in images]
    if unknown:
        raise ArtifactMalformed(f"Expected golden examples among {', '.join(images)}; received: {', '.join(unknown)}")
    return np.stack([images[example.image] for example in golden.examples])


def golden_of(images: list[str], logits: NDArray[np.float32], probabilities: NDArray[np.float32]) -> Golden:
    """The record of what a network answered: logits and probabilities are [images, labels]."""
    rows = zip(images, logits.tolist(), probabilities.tolist(), strict=True)
    return Golden(
        tolerance=TOLERANCE,
        examples=tuple(GoldenExample(image=name, logits=tuple(row), probabilities=tuple(p)) for name, row, p in rows),
    )
