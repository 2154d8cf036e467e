from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin

from app.pictures.png import LEAST_RUN, encode

PALETTE = bytes(range(256)) * 3

pictures = arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=9))


def opened(png: bytes) -> PngImagePlugin.PngImageFile:
    image = Image.open(BytesIO(png))
    assert isinstance(image, PngImagePlugin.PngImageFile)
    image.load()
    return image


def pixels_of(lines: NDArray[np.uint8], times: list[int]) -> NDArray[np.uint8]:
    return np.asarray(opened(encode(lines, np.array(times), PALETTE, {})))


@given(pictures, st.data())
def test_every_line_is_drawn_as_often_as_was_said(lines: NDArray[np.uint8], data: st.DataObject) -> None:
    some = st.integers(1, LEAST_RUN + 1)
    times = data.draw(st.lists(some, min_size=len(lines), max_size=len(lines)))
    assert np.array_equal(pixels_of(lines, times), np.repeat(lines, times, axis=0))


def test_the_lines_are_left_as_they_were() -> None:
    lines = np.arange(12, dtype=np.uint8).reshape(3, 4)
    lines.setflags(write=False)
    assert np.array_equal(pixels_of(lines, [1, 1, 2]), lines[[0, 1, 2, 2]])


def test_the_palette_is_stored_whole() -> None:
    image = opened(encode(np.zeros((1, 1), np.uint8), np.array([1]), PALETTE, {}))
    assert image.mode == "P"
    assert bytes(image.getpalette() or []) == PALETTE


@given(st.dictionaries(st.sampled_from(["Layer", "Not finite"]), st.text()))
def test_any_texts_are_read_back(texts: dict[str, str]) -> None:
    assert opened(encode(np.zeros((1, 1), np.uint8), np.array([1]), PALETTE, texts)).text == texts


@pytest.mark.parametrize("times", [2, LEAST_RUN - 1, LEAST_RUN, 8])
def test_enlarged_maps_take_hardly_more_room_than_their_values(times: int) -> None:
    values = np.random.default_rng(1).integers(0, 256, (64, 128), np.uint8)
    png = encode(values.repeat(times, axis=1), np.full(64, times), PALETTE, {})
    assert len(png) < 2 * values.size
