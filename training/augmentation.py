"""What a training photo may look like: cropped, stretched, softened, compressed, mirrored, turned, discoloured."""

import io

import keras
import numpy as np
from numpy.typing import NDArray
from PIL import Image

LONGEST_STRETCH = 4 / 3  # many photos of the pool were squeezed to squares: proportions vary by as much
FILTERS = (Image.Resampling.BILINEAR, Image.Resampling.BICUBIC, Image.Resampling.LANCZOS)
SOFT_SHARE = 0.25  # of crops, first shrunk and then enlarged, as small photos from the web are
QUALITIES = (30, 96)  # of JPEG, the upper one excluded


def random_crop(
    photo: NDArray[np.uint8], side: int, smallest_area: float, random: np.random.Generator
) -> NDArray[np.uint8]:
    """A random part of a photo as a square, uint8 [side, side, 3] (random-resized crop, arXiv 1409.4842).

    Args:
        photo: uint8 [height, width, 3].
        side: of the result, in pixels.
        smallest_area: share of the photo's area that the crop has at least, as far as its sides fit in the photo.
        random: where the chances come from.
    """
    height, width = photo.shape[:2]
    area = random.uniform(smallest_area, 1) * height * width
    stretch = np.exp(random.uniform(-1, 1) * np.log(LONGEST_STRETCH))
    crop_width, crop_height = min(width, np.sqrt(area * stretch)), min(height, np.sqrt(area / stretch))
    left, top = random.uniform(0, width - crop_width), random.uniform(0, height - crop_height)
    box = (left, top, left + crop_width, top + crop_height)
    image = Image.fromarray(photo)
    if random.random() < SOFT_SHARE:
        small = max(8, round(side * random.uniform(0.4, 0.9)))
        image, box = image.resize((small, small), Image.Resampling.BICUBIC, box=box), (0, 0, small, small)
    return np.asarray(image.resize((side, side), FILTERS[random.integers(len(FILTERS))], box=box))


def compress(pixels: NDArray[np.uint8], random: np.random.Generator) -> NDArray[np.uint8]:
    """The photo after a JPEG of random quality: the pool is all WebP, and users send JPEG."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=int(random.integers(*QUALITIES)))
    return np.asarray(Image.open(file))


def mix_up(
    images: NDArray[np.uint8], targets: NDArray[np.float32], random: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Each photo blended with another of the batch, and their targets alike (arXiv 1710.09412, alpha 0.4)."""
    share = random.beta(0.4, 0.4, size=len(images)).astype(np.float32)
    order = random.permutation(len(images))
    blend = share[:, None, None, None]
    mixed = images * blend + images[order] * (1 - blend)
    return np.rint(mixed).astype(np.uint8), targets * share[:, None] + targets[order] * (1 - share[:, None])


def colours_and_turns(seed: int) -> keras.Sequential:
    """Keras' own random layers, for a whole batch on the device; they do nothing outside training."""
    bounds = {"value_range": (0, 255), "dtype": "float32"}
    rotation = keras.layers.RandomRotation(0.04, fill_mode="reflect", seed=seed + 1, dtype="float32")
    rotation.supports_jit = keras.backend.backend() == "jax"  # Keras 3.15 says never, and then JAX compiles no step
    return keras.Sequential(
        [
            keras.layers.RandomFlip("horizontal", seed=seed, dtype="float32"),
            rotation,
            keras.layers.RandomColorJitter(
                brightness_factor=0.12, contrast_factor=0.25,
                saturation_factor=(0.35, 0.6),  # 0.5 changes nothing, 0 is grey
                seed=seed + 2, **bounds,
            ),
            keras.layers.RandomGrayscale(0.1, seed=seed + 3, dtype="float32"),
            keras.layers.ReLU(max_value=255, dtype="float32"),  # back to colours: Keras 3.15 saturates to below zero
        ],
        name="augmentation",
    )  # fmt: skip


def reseed(augmentation: keras.Sequential, seed: int, epoch: int) -> None:
    """Starts the random layers of an epoch from numbers of its own, so that a resumed run repeats an unbroken one."""
    states = [variable for variable in augmentation.variables if "seed_generator_state" in variable.path]
    keys = np.random.SeedSequence((seed, epoch)).generate_state(len(states))
    for state, key in zip(states, keys, strict=True):
        state.assign(np.array([key, 0], state.dtype))  # the second number counts the batches
