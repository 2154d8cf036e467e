"""Photos to train on in seconds: red discs and blue squares, on noise, at places and in sizes by chance."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from training.cache import Cache

COLOURS = {"disc": (220, 40, 40), "square": (40, 60, 220)}


def shape_photo(label: str, random: np.random.Generator) -> Image.Image:
    """A photo of 24 to 40 pixels a side that shows one shape."""
    height, width = random.integers(24, 41, size=2)
    image = Image.fromarray(random.integers(90, 160, (height, width, 3), dtype=np.uint8))
    side = random.uniform(0.4, 0.8) * min(height, width)
    left, top = random.uniform(0, width - side), random.uniform(0, height - side)
    draw = ImageDraw.Draw(image)
    paint = draw.ellipse if label == "disc" else draw.rectangle
    paint((left, top, left + side, top + side), fill=COLOURS[label])
    return image


def write_shapes(folder: Path, each: int, seed: int = 1) -> None:
    """A folder of class folders, with photos from two sources."""
    random = np.random.default_rng(seed)
    for label in COLOURS:
        (folder / label).mkdir(parents=True, exist_ok=True)
        for number in range(each):
            source = "camera" if number % 3 else "phone"
            shape_photo(label, random).save(folder / label / f"{source}_{seed}{number:03d}.png")


def cache_of(photos: list[NDArray[np.uint8]], labels: list[int], sources: list[str] | None = None) -> Cache:
    """A cache in memory."""
    lengths = [photo.size for photo in photos]
    return Cache(
        pixels=np.concatenate([photo.ravel() for photo in photos]),
        offsets=np.cumsum([0, *lengths[:-1]]),
        sizes=np.array([photo.shape[:2] for photo in photos], np.int32),
        digests=[f"{number:032x}" for number in range(len(photos))],
        names=[f"{number}.png" for number in range(len(photos))],
        labels=np.array(labels, np.int32),
        sources=sources or [""] * len(photos),
        classes=[f"class {number}" for number in range(max(labels) + 1)],
    )
