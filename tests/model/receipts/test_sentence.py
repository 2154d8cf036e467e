"""The sentences that learners read, word for word."""

import numpy as np
import pytest
from numpy.typing import NDArray

from model.manifest import LayerRecord, Padding
from model.receipts.receipt import receipt, receipt_of_pixel
from model.receipts.sentence import spoken
from model.receipts.terms import Weights
from model.receipts.unit import Unit
from tests.model.receipts.records import maps, plain, windowed

NONE = Padding(top=0, bottom=0, left=0, right=0)
BEFORE = maps(
    [[1, 10], [2, 20], [3, 30]],
    [[4, 40], [5, 50], [6, 60]],
)
VECTOR = np.array([7, 0, -2.5], np.float32)
KERNEL: Weights = {"kernel": np.full((2, 2, 2, 2), 0.25, np.float32), "bias": np.array([0.5, -0.1], np.float32)}
LINEAR: Weights = {"kernel": np.array([[1], [2], [3]], np.float32), "bias": np.array([1.5], np.float32)}


def sentence(
    record: LayerRecord,
    before: NDArray[np.generic],
    unit: Unit,
    output: float,
    weights: Weights | None = None,
    label: str | None = None,
) -> str:
    served = np.full(record.shape, output, np.float32)
    return receipt(record, before, weights or {}, served, unit, label).sentence


def test_of_a_convolution() -> None:
    whole = windowed("convolution", (1, 1, 2), NONE)
    assert sentence(whole, BEFORE, Unit("here", 1, 0, 0), 32.9, KERNEL) == (
        "here, channel 1 at y 0, x 0: the 8 products of a 2×2 window over 2 channels of before add up to 33; "
        "with the bias, −0.1, that makes 32.9."
    )
    padded = windowed("convolution", (1, 2, 2))
    assert sentence(padded, BEFORE, Unit("here", 0, 0, 0), 8.75, KERNEL) == (
        "here, channel 0 at y 0, x 0: the 8 products of a 2×2 window over 2 channels of before (4 of them zero, beyond "
        "the edge) add up to 8.25; with the bias, 0.5, that makes 8.75."
    )


def test_of_a_dense_unit() -> None:
    assert sentence(plain("dense", (1,)), VECTOR, Unit("here", 0), 1, LINEAR) == (
        "here, unit 0: the 3 numbers of before, each times its weight, add up to −0.5; with the bias, 1.5, "
        "that makes 1."
    )


def test_of_a_label() -> None:
    said = sentence(plain("dense", (1,)), VECTOR, Unit("here", 0), 1, LINEAR, label="wildcat")
    assert said.startswith("here, unit 0 (wildcat): the 3 numbers")


@pytest.mark.parametrize(
    ("came", "goes", "end"),
    [
        (1.25, 1.25, "1.25 here, which is above zero and stays as it is."),
        (-0.5, 0, "−0.5 here, which is not above zero, so it becomes 0."),
        (0, 0, "0 here, which is not above zero, so it becomes 0."),
    ],
)
def test_of_relu(came: float, goes: float, end: str) -> None:
    assert sentence(plain("relu", (1,)), np.array([came], np.float32), Unit("here", 0), goes) == (
        f"here, unit 0: before gave {end}"
    )


def test_of_max_pooling() -> None:
    assert sentence(windowed("max_pooling", (1, 1, 2), NONE), BEFORE, Unit("here", 1, 0, 0), 50) == (
        "here, channel 1 at y 0, x 0: of the 4 numbers in a 2×2 window of before, the largest goes on: 50, "
        "from y 1, x 1."
    )
    assert sentence(windowed("max_pooling", (1, 2, 2)), BEFORE, Unit("here", 1, 0, 1), 30) == (
        "here, channel 1 at y 0, x 1: the only number in a 2×2 window of before (3 places beyond the edge left out) "
        "goes on: 30, from y 0, x 2."
    )


def test_of_average_pooling() -> None:
    assert sentence(windowed("average_pooling", (1, 2, 2)), BEFORE, Unit("here", 1, 0, 0), 15) == (
        "here, channel 1 at y 0, x 0: the mean of the 2 numbers in a 2×2 window of before (2 places beyond the edge "
        "left out) is 15."
    )


def test_of_a_global_average() -> None:
    assert sentence(plain("global_average_pooling", (2,)), BEFORE, Unit("here", 1), 35) == (
        "here, unit 1: the mean of all 6 numbers in channel 1 of before is 35."
    )


def test_of_rescaling() -> None:
    record, photo = plain("rescaling", (1, 1, 3), "images", scale=0.01, offset=-1), np.array([[[200, 0, 9]]], np.uint8)
    assert sentence(record, photo, Unit("here", 0, 0, 0), 1) == (
        "here, channel 0 at y 0, x 0: the pixel's red, 200, times 0.01 is 2; with the offset, −1, that makes 1."
    )
    later = plain("rescaling", (3,), scale=2, offset=0.5)
    assert sentence(later, VECTOR, Unit("here", 2), -4.5) == (
        "here, unit 2: −2.5 of before times 2 is −5; with the offset, 0.5, that makes −4.5."
    )


def test_of_flatten() -> None:
    assert sentence(plain("flatten", (12,)), BEFORE, Unit("here", 9), 50) == (
        "here, unit 9: 50, from channel 1 of before at y 1, x 1, goes on unchanged."
    )


def test_of_a_probability() -> None:
    record, logits = plain("softmax", (2,), temperature=0.5), np.array([1, 1], np.float32)
    assert sentence(record, logits, Unit("here", 0), 0.5, label="cat") == (
        "here, unit 0 (cat): the logit 1 divided by the temperature 0.5 is 2, and e to that power makes up 0.5 of the "
        "sum of all 2 such powers."
    )


@pytest.mark.parametrize(("channel", "colour"), [(0, "red"), (1, "green"), (2, "blue")])
def test_of_a_pixel(channel: int, colour: str) -> None:
    pixels = np.array([[[1, 2, 3]], [[10, 20, 30]]], np.uint8)
    assert receipt_of_pixel(pixels, Unit("images", channel, 1, 0)).sentence == (
        f"images at y 1, x 0: the {colour} of this pixel is {10 + 10 * channel}, on a scale from 0 to 255."
    )


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.0, "0"), (-0.0, "0"), (1.0, "1"), (-0.1, "−0.1"), (0.123456, "0.1235"), (12.3456, "12.35"),
        (999.94, "999.9"), (999.96, "1000"), (12345.6, "12346"), (-1234567.0, "−1234567"), (2.5e7, "2.5e7"),
        (1.23456e-5, "1.235e−5"), (float("inf"), "inf"), (float("nan"), "nan"),
    ],
)  # fmt: skip
def test_numbers_are_short_and_without_needless_zeros(value: float, words: str) -> None:
    assert spoken(value) == words
