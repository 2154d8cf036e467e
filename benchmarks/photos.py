"""The photos that are posted: crops of scikit-image's public-domain photos, as JPEG files."""

import io
import random
from functools import cache

import skimage.data
from PIL import Image, ImageOps

NAMES = ("chelsea", "coffee", "astronaut", "rocket")
QUALITY = 85  # of the JPEG files, as cameras and web sites choose it
# Width and height in pixels. The large ones are enlarged, so smoother than what a camera makes.
SIZES = {"web": (500, 375), "large": (1600, 1200)}
SIDE = 256  # of the crops that are all different, in pixels
SEED = 1


@cache
def photo_set(name: str) -> tuple[bytes, ...]:
    """Eight photos as files: "web" is 500 x 375 pixels, "large" 1600 x 1200.

    Raises:
        ValueError: if there is no set of that name.
    """
    if name not in SIZES:
        raise ValueError(f"Expected one of {', '.join(SIZES)}; received: {name!r}")
    size, shown = SIZES[name], [original(photo) for photo in NAMES]
    upper = [ImageOps.fit(photo, size, Image.Resampling.BICUBIC, centering=(0, 0)) for photo in shown]
    lower = [ImageOps.fit(ImageOps.mirror(photo), size, Image.Resampling.BICUBIC, centering=(1, 1)) for photo in shown]
    return tuple(jpeg(photo) for photo in upper + lower)


@cache
def different_photos(count: int) -> tuple[bytes, ...]:
    """So many square crops at places by chance, no two alike, as files: each has an answer of its own."""
    chance, shown = random.Random(SEED), [original(name) for name in NAMES]
    crops = []
    for number in range(count):
        photo = shown[number % len(shown)]
        side = chance.randint(min(photo.size) // 3, min(photo.size))
        left, top = chance.randint(0, photo.width - side), chance.randint(0, photo.height - side)
        crops.append(jpeg(photo.resize((SIDE, SIDE), box=(left, top, left + side, top + side))))
    return tuple(crops)


def cat_photo() -> bytes:
    """A cat, 451 x 300 pixels, as a file."""
    return jpeg(original("chelsea"))


def original(name: str) -> Image.Image:
    return Image.fromarray(getattr(skimage.data, name)())


def jpeg(photo: Image.Image) -> bytes:
    file = io.BytesIO()
    photo.save(file, "JPEG", quality=QUALITY)
    return file.getvalue()
