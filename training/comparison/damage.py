"""What happens to photos between the camera and a network, at five severities: how much of it a network bears."""

import io
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance, ImageFilter

Pixels = NDArray[np.uint8]  # [height, width, 3]

SEVERITIES = range(1, 6)
GREY = 128  # of what hides a part


@dataclass(frozen=True)
class Damage:
    """One damage; calling it does it to a photo, the same each time."""

    levels: tuple[float, ...]  # what the severities mean, the first one first
    unit: str  # of the levels
    change: Callable[[Pixels, float], Pixels]

    def __call__(self, photo: Pixels, severity: int) -> Pixels:
        """A damaged copy of a photo, uint8 [height, width, 3], at a severity from 1 to 5.

        Raises:
            ValueError: if there is no such severity.
        """
        if severity not in SEVERITIES:
            raise ValueError(f"Expected a severity from 1 to 5; received: {severity}")
        return self.change(photo, self.levels[severity - 1])


def greyed(photo: Pixels, percent: float) -> Pixels:
    """Blended with its brightness, 0.299 red + 0.587 green + 0.114 blue (ITU-R BT.601)."""
    return np.array(ImageEnhance.Color(Image.fromarray(photo)).enhance(1 - percent / 100))


def shifted(photo: Pixels, percent: float) -> Pixels:
    """To the right; what the left edge uncovers mirrors what is beside it."""
    width = photo.shape[1]
    return np.pad(photo, ((0, 0), (round(width * percent / 100), 0), (0, 0)), "symmetric")[:, :width]


def mirrored(photo: Pixels, _: float) -> Pixels:
    return photo[:, ::-1].copy()


def rotated(photo: Pixels, degrees: float) -> Pixels:
    """About its centre, counter-clockwise; what comes in at the corners mirrors the photo."""
    height, width = photo.shape[:2]
    margin = max(height, width) // 2 + 1  # no corner is further outside, whatever the angle
    wide = np.pad(photo, ((margin, margin), (margin, margin), (0, 0)), "symmetric")
    turned = np.asarray(Image.fromarray(wide).rotate(degrees, Image.Resampling.BILINEAR))
    return turned[margin : margin + height, margin : margin + width].copy()


def zoomed(photo: Pixels, times: float) -> Pixels:
    """Its middle, enlarged."""
    image = Image.fromarray(photo)
    left, top = (side * (1 - 1 / times) / 2 for side in image.size)
    box = (left, top, image.width - left, image.height - top)
    return np.array(image.resize(image.size, Image.Resampling.BICUBIC, box=box))


def blurred(photo: Pixels, percent: float) -> Pixels:
    deviation = photo.shape[1] * percent / 100
    return np.array(Image.fromarray(photo).filter(ImageFilter.GaussianBlur(deviation)))


def noisy(photo: Pixels, deviation: float) -> Pixels:
    return rounded(photo + chance_of(photo).standard_normal(photo.shape) * deviation)


def darkened(photo: Pixels, share: float) -> Pixels:
    return rounded(photo * share)


def compressed(photo: Pixels, quality: float) -> Pixels:
    file = io.BytesIO()
    Image.fromarray(photo).save(file, "JPEG", quality=int(quality))
    return np.array(Image.open(file))


def partly_hidden(photo: Pixels, percent: float) -> Pixels:
    """Behind a grey rectangle of the photo's proportions, anywhere within the photo."""
    rows, columns = (round(side * (percent / 100) ** 0.5) for side in photo.shape[:2])
    down, right = chance_of(photo).random(2)
    top, left = round(down * (photo.shape[0] - rows)), round(right * (photo.shape[1] - columns))
    hidden = photo.copy()
    hidden[top : top + rows, left : left + columns] = GREY
    return hidden


def chance_of(photo: Pixels) -> np.random.Generator:
    """A photo's own: the same noise and the same place at every severity, and others for another photo."""
    return np.random.default_rng(zlib.crc32(photo.tobytes()))


def rounded(values: NDArray[np.floating]) -> Pixels:
    return np.asarray(np.rint(values).clip(0, 255), np.uint8)


DAMAGES: dict[str, Damage] = {
    "grey": Damage((20, 40, 60, 80, 100), "% of the colour removed", greyed),
    "shift": Damage((2, 4, 6, 8, 10), "% of the width", shifted),
    "flip": Damage((1, 1, 1, 1, 1), "times mirrored, at every severity", mirrored),
    "rotation": Damage((5, 10, 15, 20, 30), "degrees", rotated),
    "zoom": Damage((1.1, 1.2, 1.3, 1.4, 1.5), "times as large", zoomed),
    "blur": Damage((0.5, 1, 2, 3, 4), "% of the width, standard deviation", blurred),
    "noise": Damage((8, 16, 24, 36, 50), "of 255, standard deviation", noisy),
    "dark": Damage((0.8, 0.6, 0.45, 0.3, 0.2), "of the brightness left", darkened),
    "jpeg": Damage((50, 30, 20, 12, 7), "quality", compressed),
    "hidden": Damage((10, 20, 30, 40, 50), "% of the area", partly_hidden),
}
