"""Replies: how large they may be, and classes as text."""

from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import TooManyNumbers
from app.formats.tensor_formats import MAX_JSON_NUMBERS
from app.protocols.open_inference.published import TensorFacts
from app.protocols.open_inference.refusals import AnswerTooLarge
from app.protocols.open_inference.reply import MAX_BYTES, best, check_size
from app.protocols.open_inference.request import Wanted


def output(*shape: int, binary: bool = True, classes: int = 0) -> Wanted:
    return Wanted(TensorFacts(name="output", datatype="FP32", shape=(-1, *shape)), binary, classes)


@pytest.mark.parametrize(("shape", "photos"), [((2**10, 2**13), 1), ((2**13,), 2**10)])
def test_binary_outputs_may_have_so_many_bytes_and_no_more(shape: tuple[int, ...], photos: int) -> None:
    assert check_size([output(*shape)], photos) * 4 == MAX_BYTES
    with pytest.raises(AnswerTooLarge, match=f"Expected at most {MAX_BYTES} bytes of outputs; received a request for"):
        check_size([output(*shape), output(1)], photos)


def test_json_outputs_may_have_so_many_numbers_in_all_and_no_more() -> None:
    half = MAX_JSON_NUMBERS // 2
    assert check_size([output(half, binary=False), output(half, binary=False), output(9)], 1) == MAX_JSON_NUMBERS + 9
    with pytest.raises(TooManyNumbers, match="Ask for fewer outputs, or for binary ones"):
        check_size([output(half, binary=False), output(half + 1, binary=False), output(9)], 1)


def test_a_class_counts_as_one_number_and_there_are_no_more_than_there_are() -> None:
    for classes, numbers in ((2, 2), (4, 4), (9, 4)):
        assert check_size([output(4, binary=False, classes=classes)], 3) == 3 * numbers


@given(st.lists(st.floats(width=32, allow_nan=False), min_size=1, max_size=9), st.integers(1, 12))
def test_classes_are_the_highest_numbers_exactly_and_equals_come_in_their_order(
    numbers: list[float], classes: int
) -> None:
    labels = [f"label {number}" for number in range(len(numbers))]
    values = np.array(numbers, np.float32)
    found = [text.split(":") for text in best(values, classes, labels)]
    order = sorted(range(len(numbers)), key=lambda index: (-numbers[index], index))[:classes]
    assert [(np.float32(text), int(index), label) for text, index, label in found] == [
        (values[index], index, labels[index]) for index in order
    ]


def test_a_number_is_written_without_an_exponent_and_without_a_label_where_there_is_none() -> None:
    assert best(np.array([1e-9, 0.5], np.float32), 2, []) == ["0.5:1", "0.000000001:0"]


def test_a_photo_has_as_many_numbers_as_its_shape_says() -> None:
    assert check_size([output(3, 4, 5)], 2) == 2 * prod((3, 4, 5))
