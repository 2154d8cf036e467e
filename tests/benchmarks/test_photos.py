"""The posted photos are of the size that the tables say, and differ."""

import io

import pytest
from PIL import Image

from benchmarks.photos import SIZES, different_photos, photo_set


@pytest.mark.parametrize("name", SIZES)
def test_a_set_is_eight_different_jpeg_files_of_its_size(name: str) -> None:
    photos = photo_set(name)
    assert len(set(photos)) == len(photos) == 8
    for photo in photos:
        with Image.open(io.BytesIO(photo)) as image:
            assert (image.format, image.mode, image.size) == ("JPEG", "RGB", SIZES[name])


def test_an_unknown_set_is_refused() -> None:
    with pytest.raises(ValueError, match="web, large"):
        photo_set("tiny")


def test_different_photos_are_all_different() -> None:
    assert len(set(different_photos(64))) == 64
