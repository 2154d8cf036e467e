"""What all tests share: how property tests run, and photos as files."""

import io
from typing import Any

import hypothesis
import skimage.data
from PIL import Image

hypothesis.settings.register_profile("catscan", deadline=None)  # a busy machine is no failure
hypothesis.settings.load_profile("catscan")


def photo_of(name: str) -> Image.Image:
    """One of scikit-image's public-domain photos: chelsea (a cat), coffee, astronaut, rocket."""
    return Image.fromarray(getattr(skimage.data, name)())


def encoded(image: Image.Image, file_format: str, **options: Any) -> bytes:
    """The image as a file of this format, with Pillow's options for it."""
    file = io.BytesIO()
    image.save(file, file_format, **options)
    return file.getvalue()
