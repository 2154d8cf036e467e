import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray
from PIL import PngImagePlugin

from app.pictures.encoding import encode
from tests.app.pictures.grids import opened

PALETTE = bytes(range(256)) * 3
SIZES = array_shapes(min_dims=2, max_dims=2, max_side=9)


@given(SIZES.flatmap(lambda size: arrays(np.uint8, (*size, 3))))
def test_any_picture_in_full_colour_is_read_back(picture: NDArray[np.uint8]) -> None:
    image = opened(encode(picture, {}))
    assert image.mode == "RGB"
    assert np.array_equal(np.asarray(image), picture)


@given(arrays(np.uint8, SIZES))
def test_any_picture_of_a_palette_is_read_back_and_left_as_it_was(picture: NDArray[np.uint8]) -> None:
    picture.setflags(write=False)
    image = opened(encode(picture, {}, PALETTE))
    assert np.array_equal(np.asarray(image), picture)
    assert bytes(image.getpalette() or []) == PALETTE


@given(st.dictionaries(st.sampled_from(["Layer", "Not finite"]), st.text()))
def test_any_texts_are_read_back(texts: dict[str, str]) -> None:
    text = opened(encode(np.zeros((1, 1), np.uint8), texts, PALETTE)).text
    assert text == texts
    assert all(isinstance(words, PngImagePlugin.iTXt) for words in text.values())


@pytest.mark.parametrize("zoom", [2, 3, 4, 8])
def test_enlarged_maps_take_the_room_of_their_values_a_few_times_not_of_all_their_pixels(zoom: int) -> None:
    values = np.random.default_rng(1).integers(0, 256, (64, 128), np.uint8)
    png = encode(values.repeat(zoom, axis=1).repeat(zoom, axis=0), {}, PALETTE)
    assert len(png) < 4 * values.size
