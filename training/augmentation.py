"""What a training photo may look like: a crop, small in a scene, turned, hidden, discoloured, blurred, compressed."""

import io
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance, ImageFilter
from pydantic import BaseModel, ConfigDict, Field

Pixels = NDArray[np.uint8]  # [height, width, 3]
Share = Annotated[float, Field(ge=0, le=1)]

LONGEST_STRETCH = 4 / 3  # many photos of the pool were squeezed to squares: proportions vary by as much
FILTERS = (Image.Resampling.BILINEAR, Image.Resampling.BICUBIC, Image.Resampling.LANCZOS)
PASTED_SIDES = (0.35, 0.75)  # of a photo in a scene, as shares of the scene's
LARGEST_TURN = 20.0  # degrees
HIDDEN_SIDES = (0.2, 0.55)  # of the rectangle that hides a part, as shares of the crop's
QUALITIES = (20, 96)  # of JPEG, the upper one excluded


class Shares(BaseModel):
    """Of all crops, how many each change reaches."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    soft: Share = 0.25  # first shrunk and then enlarged, as small photos from the web are
    turned: Share = 0.25
    hidden: Share = 0.15
    toned: Share = 0.7  # brighter or darker, flatter or harder, warmer or colder
    saturated: Share = 0.3  # or paler
    grey: Share = 0.12
    blurred: Share = 0.12
    noisy: Share = 0.1
    compressed: Share = 0.3  # the pool is all WebP, and users send JPEG

    def weaker(self, strength: float) -> "Shares":
        """All of them times a strength between 0 and 1."""
        return Shares(**{name: share * strength for name, share in self.model_dump().items()})


def augmented(photo: Pixels, side: int, smallest_area: float, shares: Shares, random: np.random.Generator) -> Pixels:
    """A random crop of a photo with random changes, uint8 [side, side, 3].

    Args:
        photo: uint8 [height, width, 3].
        side: of the result, in pixels.
        smallest_area: see `random_crop`.
        shares: how often each change comes.
        random: where the chances come from.
    """
    image = random_crop(photo, side, smallest_area, shares.soft, random)
    for share, change in (
        (0.5, mirrored),
        (shares.turned, turned),
        (shares.hidden, partly_hidden),
        (shares.toned, toned),
        (shares.saturated, saturated),
        (shares.grey, grey),
        (shares.blurred, blurred),
        (shares.noisy, noisy),
        (shares.compressed, compressed),
    ):
        if random.random() < share:
            image = change(image, random)
    return np.asarray(image)


def random_crop(
    photo: Pixels, side: int, smallest_area: float, soft: float, random: np.random.Generator
) -> Image.Image:
    """A random part of a photo as a square of `side` pixels (random-resized crop, arXiv 1409.4842).

    Args:
        photo: uint8 [height, width, 3].
        side: of the result, in pixels.
        smallest_area: share of the photo's area that the crop has at least, as far as its sides fit in the photo.
        soft: how many crops lose their detail.
        random: where the chances come from.
    """
    height, width = photo.shape[:2]
    area = random.uniform(smallest_area, 1) * height * width
    stretch = np.exp(random.uniform(-1, 1) * np.log(LONGEST_STRETCH))
    crop_width, crop_height = min(width, np.sqrt(area * stretch)), min(height, np.sqrt(area / stretch))
    left, top = random.uniform(0, width - crop_width), random.uniform(0, height - crop_height)
    first_column, first_row = int(left), int(top)  # only what is seen is converted
    seen = photo[first_row : int(np.ceil(top + crop_height)), first_column : int(np.ceil(left + crop_width))]
    image = Image.fromarray(seen)
    box = (left - first_column, top - first_row, left - first_column + crop_width, top - first_row + crop_height)
    if random.random() < soft:
        small = max(8, round(side * random.uniform(0.35, 0.9)))
        image, box = image.resize((small, small), Image.Resampling.BICUBIC, box=box), (0, 0, small, small)
    return image.resize((side, side), FILTERS[random.integers(len(FILTERS))], box=box)


def pasted(scene: Pixels, photo: Pixels, random: np.random.Generator) -> Pixels:
    """A photo somewhere in a scene, small: what is to be found need not fill the picture.

    Args:
        scene: uint8 [height, width, 3].
        photo: likewise.
        random: where the chances come from.

    Returns:
        A photo as large as the scene.
    """
    height, width = scene.shape[:2]
    scale = min(height, width) * random.uniform(*PASTED_SIDES) / max(photo.shape[:2])
    small = Image.fromarray(photo)
    size = max(1, round(small.width * scale)), max(1, round(small.height * scale))
    small = small.resize(size, Image.Resampling.BICUBIC)
    left, top = random.integers(width - small.width + 1), random.integers(height - small.height + 1)
    together = scene.copy()
    together[top : top + small.height, left : left + small.width] = np.asarray(small)
    return together


def mirrored(image: Image.Image, _random: np.random.Generator) -> Image.Image:
    return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


def turned(image: Image.Image, random: np.random.Generator) -> Image.Image:
    """Turned about its centre, and enlarged as far as it takes to leave no corner empty."""
    angle = np.radians(random.uniform(-LARGEST_TURN, LARGEST_TURN))
    zoom = abs(np.cos(angle)) + abs(np.sin(angle))
    cosine, sine = np.cos(angle) / zoom, np.sin(angle) / zoom
    centre = image.width / 2
    shift_x, shift_y = centre - centre * (cosine + sine), centre - centre * (cosine - sine)
    matrix = (cosine, sine, shift_x, -sine, cosine, shift_y)
    return image.transform(image.size, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)


def partly_hidden(image: Image.Image, random: np.random.Generator) -> Image.Image:
    """Behind a rectangle of one colour (random erasing, arXiv 1708.04896)."""
    width, height = (round(side * random.uniform(*HIDDEN_SIDES)) for side in image.size)
    left, top = int(random.integers(image.width - width + 1)), int(random.integers(image.height - height + 1))
    image.paste(tuple(random.integers(0, 256, 3).tolist()), (left, top, left + width, top + height))
    return image


def toned(image: Image.Image, random: np.random.Generator) -> Image.Image:
    """Each channel through a curve of its own: gamma, contrast about the middle, brightness, white balance."""
    gamma = np.exp(random.uniform(-0.5, 0.5))
    contrast, brightness = random.uniform(0.7, 1.3), random.uniform(-0.12, 0.12)
    balance = np.exp(random.uniform(-0.15, 0.15, (3, 1)))
    curve = (np.linspace(0, 1, 256) ** gamma - 0.5) * contrast + 0.5 + brightness
    return image.point(np.rint(np.clip(curve * balance, 0, 1) * 255).astype(int).ravel().tolist())


def saturated(image: Image.Image, random: np.random.Generator) -> Image.Image:
    return ImageEnhance.Color(image).enhance(random.uniform(0.2, 1.8))


def grey(image: Image.Image, _random: np.random.Generator) -> Image.Image:
    return image.convert("L").convert("RGB")


def blurred(image: Image.Image, random: np.random.Generator) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(image.width * random.uniform(0.003, 0.015)))


def noisy(image: Image.Image, random: np.random.Generator) -> Image.Image:
    deviation = random.uniform(4, 20)
    pixels = np.asarray(image) + random.standard_normal((image.height, image.width, 3), np.float32) * deviation
    return Image.fromarray(np.rint(np.clip(pixels, 0, 255)).astype(np.uint8))


def compressed(image: Image.Image, random: np.random.Generator) -> Image.Image:
    """The photo after a JPEG of random quality."""
    file = io.BytesIO()
    image.save(file, "JPEG", quality=int(random.integers(*QUALITIES)))
    return Image.open(file)


def mix_up(
    images: NDArray[np.uint8], targets: NDArray[np.float32], random: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Each photo blended with another of the batch, and their targets alike (arXiv 1710.09412, alpha 0.4)."""
    share = random.beta(0.4, 0.4, size=len(images)).astype(np.float32)
    order = random.permutation(len(images))
    blend = share[:, None, None, None]
    mixed = images * blend + images[order] * (1 - blend)
    return np.rint(mixed).astype(np.uint8), targets * share[:, None] + targets[order] * (1 - share[:, None])
