"""Pixels in JSON, against NumPy's own lists."""

import json

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from app.errors import JsonInvalid, ServiceError, TooManyPhotos
from app.photos.json_bodies import MAX_VALUES
from app.protocols.json_pixels import PixelArrays

SHAPES = st.tuples(st.integers(1, 5), st.integers(1, 5), st.just(3))
PICTURES = SHAPES.flatmap(lambda shape: arrays.arrays(np.uint8, shape))


@given(PICTURES, st.sampled_from([None, 0, 3]), st.sampled_from(["a [[[", "]]]", "cat"]))
def test_the_numbers_of_an_array_come_back_wherever_it_stands(
    picture: NDArray[np.uint8], indent: int | None, text: str
) -> None:
    height, width, _ = picture.shape
    whole = {"text": text, "one": picture.tolist(), "more": [[picture.tolist(), picture.tolist()]], "left": [1, [2]]}
    for separators in ((", ", ": "), (",", ":")):
        found = PixelArrays(json.dumps(whole, indent=indent, separators=separators).encode(), 3)
        rest = orjson.loads(found.rest)
        assert (rest["text"], rest["left"]) == (text, [1, [2]])
        for value in (rest["one"], *rest["more"][0]):
            assert np.array_equal(found.at(value, height, width), picture)


@given(st.binary(max_size=80) | st.text('[]0123456789,-.e \n"', max_size=60).map(str.encode))
def test_any_body_is_read_or_refused_with_one_of_our_errors(body: bytes) -> None:
    try:
        found = PixelArrays(body, 4)
        found.at("pixels 0", 1, 1)
    except ServiceError as error:
        assert "xpected" in error.detail


def refusal(text: str, height: int = 2, width: int = 1) -> str:
    found = PixelArrays(text.encode(), 1)
    with pytest.raises(JsonInvalid) as caught:
        found.at(orjson.loads(found.rest), height, width)
    return caught.value.detail.partition("; received: ")[2]


@pytest.mark.parametrize(
    ("text", "received"),
    [
        ("[[[1,2,3]]]", "[1][1][3]"),
        ("[[[1,2,3],[1,2,3]]]", "[1][2][3]"),
        ("[[[1]],[[1]]]", "[2][1][1]"),
        ("[[[1,2,3]],[[1,2]]]", "rows of different lengths"),
        ("[[[1,2,3]],[[1,2,3],[1,2,3]]]", "rows of different lengths"),
        ("[[[1,2,3]],[[1,2],[3]]]", "rows of different lengths"),
        ("[[[1,2,0.5]],[[1,2,3]]]", "numbers with '.' in them"),
        ("[[[-1,2,3]],[[1,2,3e1]]]", "numbers with '-', 'e' in them"),
        ("[[[1,2,256]],[[1,2,3]]]", "others"),
        ("[[[1,2,99999999999999999999999]],[[1,2,3]]]", "others"),
        ("[[[1,2,]],[[1,2,3]]]", "others"),
        ("[[[1,2,0 3]],[[1,2,3]]]", "others"),
        ("[[1,2,3]]", "an array"),
        ("7", "a number"),
        ('"a cat"', "a string"),
    ],
)
def test_another_array_is_refused_with_what_it_is(text: str, received: str) -> None:
    assert refusal(text) == received


def test_a_small_array_that_names_sizes_which_would_fill_the_memory_is_refused() -> None:
    channels, width = 1_000_000, 300_000
    first = "[" + ",".join("1" * channels) + "]"
    text = "[[" + ",".join([first, *["[1]"] * (width - 1)]) + "]]"
    assert refusal(text) == "rows of different lengths"


@given(st.integers(1, 5), st.integers(1, 5), st.integers(1, 5))
def test_an_array_of_another_size_is_refused_with_its_size(height: int, width: int, channels: int) -> None:
    text = orjson.dumps(np.ones((height, width, channels), int).tolist()).decode()
    assert refusal(text, 6, 6) == f"[{height}][{width}][{channels}]"


def test_an_array_without_an_end_is_refused() -> None:
    with pytest.raises(JsonInvalid, match="an array of numbers without an end"):
        PixelArrays(b"[[[1,2,3]],[[1", 1)


def test_as_many_arrays_as_are_allowed_are_taken_out_and_no_more() -> None:
    one = b"[[[1,2,3]]]"
    assert orjson.loads(PixelArrays(b"[%b]" % b",".join([one] * 3), 3).rest) == ["pixels 0", "pixels 1", "pixels 2"]
    with pytest.raises(TooManyPhotos, match="at most 3 photos"):
        PixelArrays(b"[%b]" % b",".join([one] * 4), 3)


def test_brackets_without_numbers_are_not_looked_at_for_ever() -> None:
    PixelArrays(b"[" * MAX_VALUES, 1)
    with pytest.raises(JsonInvalid, match=f"at most {MAX_VALUES} values"):
        PixelArrays(b"[" * (MAX_VALUES + 1), 1)
