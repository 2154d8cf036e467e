"""The terms of small layers, written down by hand; all numbers are whole, so that nothing is rounded."""

import numpy as np
import pytest

from model.manifest import LayerKind, LayerRecord
from model.receipts.terms import Terms, Weights, terms_of
from model.receipts.unit import Unit
from tests.model.receipts.records import Maps, maps, plain, windowed

# Two rows of three places of two channels; a window of 2x2 in steps of 2 with a row above and a column after.
BEFORE = maps(
    [[1, 10], [2, 20], [3, 30]],
    [[4, 40], [5, 50], [6, 60]],
)
VECTOR = np.array([7, 0, -2], np.float32)
LINEAR: Weights = {
    "kernel": np.array([[1, -1], [2, -2], [3, -3]], np.float32), "bias": np.array([5, -5], np.float32)
}  # fmt: skip

Row = tuple[int, int | None, int | None, bool, float, float, float]  # channel, y, x, inside, value, weight, product


def rows(terms: Terms) -> list[Row]:
    """As a person would write them down; NaN as -1000, which is equal to itself."""
    places, count = terms.places, len(terms.value)
    nowhere = [None] * count
    y = nowhere if places.y is None else places.y.tolist()
    x = nowhere if places.x is None else places.x.tolist()
    value = np.nan_to_num(terms.value, nan=-1000).tolist()
    columns = (
        places.channel.tolist(),
        y,
        x,
        places.inside.tolist(),
        value,
        terms.weight.tolist(),
        terms.product.tolist(),
    )
    return list(zip(*columns, strict=True))


def test_a_convolution_weighs_every_place_of_its_window_in_every_channel_and_zeros_beyond_the_edge() -> None:
    kernel = np.arange(16, dtype=np.float32).reshape(2, 2, 2, 2)  # the weight of channel c at row r, column s for
    weights = {"kernel": kernel, "bias": np.array([0, -9], np.float32)}  # filter f is 8r + 4s + 2c + f
    terms = terms_of(windowed("convolution", (1, 2, 2)), BEFORE, weights, Unit("here", 1, 0, 1))
    assert rows(terms) == [
        (0, -1, 2, False, 0, 1, 0),
        (0, -1, 3, False, 0, 5, 0),
        (0, 0, 2, True, 3, 9, 27),
        (0, 0, 3, False, 0, 13, 0),
        (1, -1, 2, False, 0, 3, 0),
        (1, -1, 3, False, 0, 7, 0),
        (1, 0, 2, True, 30, 11, 330),
        (1, 0, 3, False, 0, 15, 0),
    ]
    assert (terms.layer, terms.bias, terms.winner) == ("before", -9, None)


def test_max_pooling_counts_the_largest_inside_alone() -> None:
    terms = terms_of(windowed("max_pooling", (1, 2, 2)), -BEFORE, {}, Unit("here", 1, 0, 0))
    assert rows(terms) == [
        (1, -1, 0, False, -1000, 0, 0),  # nothing is there: neither zero nor any other number
        (1, -1, 1, False, -1000, 0, 0),
        (1, 0, 0, True, -10, 1, -10),
        (1, 0, 1, True, -20, 0, 0),
    ]
    assert (terms.winner, terms.bias) == (2, 0)


def test_of_several_that_are_largest_the_first_wins() -> None:
    terms = terms_of(windowed("max_pooling", (1, 2, 2)), np.zeros_like(BEFORE), {}, Unit("here", 0, 0, 0))
    assert terms.winner == 2
    assert terms.weight.tolist() == [0, 0, 1, 0]


def test_average_pooling_shares_among_the_places_inside() -> None:
    terms = terms_of(windowed("average_pooling", (1, 2, 2)), BEFORE, {}, Unit("here", 0, 0, 0))
    assert rows(terms) == [
        (0, -1, 0, False, -1000, 0, 0),
        (0, -1, 1, False, -1000, 0, 0),
        (0, 0, 0, True, 1, 0.5, 0.5),
        (0, 0, 1, True, 2, 0.5, 1),
    ]


def test_a_global_average_shares_among_all_places_of_its_channel() -> None:
    terms = terms_of(plain("global_average_pooling", (2,)), BEFORE[:, :2], {}, Unit("here", 1))
    assert rows(terms) == [
        (1, 0, 0, True, 10, 0.25, 2.5),
        (1, 0, 1, True, 20, 0.25, 5),
        (1, 1, 0, True, 40, 0.25, 10),
        (1, 1, 1, True, 50, 0.25, 12.5),
    ]


def test_a_dense_unit_weighs_every_number_of_a_vector() -> None:
    terms = terms_of(plain("dense", (2,)), VECTOR, LINEAR, Unit("here", 1))
    assert rows(terms) == [
        (0, None, None, True, 7, -1, -7),
        (1, None, None, True, 0, -2, 0),
        (2, None, None, True, -2, -3, 6),
    ]
    assert terms.bias == -5


def test_a_dense_layer_over_maps_weighs_the_channels_of_one_place() -> None:
    weights = {name: weight[:2] for name, weight in LINEAR.items()}
    terms = terms_of(plain("dense", (2, 3, 2)), BEFORE, weights, Unit("here", 0, 1, 2))
    assert rows(terms) == [(0, 1, 2, True, 6, 1, 6), (1, 1, 2, True, 60, 2, 120)]
    assert terms.bias == 5


@pytest.mark.parametrize(
    ("record", "before", "unit", "row"),
    [
        (plain("relu", (2, 3, 2)), -BEFORE, Unit("here", 1, 1, 2), (1, 1, 2, True, -60, 1, -60)),
        (plain("relu", (3,)), VECTOR, Unit("here", 2), (2, None, None, True, -2, 1, -2)),
        (plain("flatten", (12,)), BEFORE, Unit("here", 9), (1, 1, 1, True, 50, 1, 50)),
        (plain("flatten", (3,)), VECTOR, Unit("here", 2), (2, None, None, True, -2, 1, -2)),
        (
            plain("rescaling", (2, 3, 2), scale=0.25, offset=-3), BEFORE.astype(np.uint8),
            Unit("here", 0, 1, 0), (0, 1, 0, True, 4, 0.25, 1),
        ),
    ],
)  # fmt: skip
def test_what_passes_numbers_on_has_one_term(record: LayerRecord, before: Maps, unit: Unit, row: Row) -> None:
    terms = terms_of(record, before, {}, unit)
    assert rows(terms) == [row]
    assert terms.bias == (-3 if record.kind == "rescaling" else 0)


@pytest.mark.parametrize("unit", [0, 1, 2])
def test_a_probability_comes_from_every_logit(unit: int) -> None:
    terms = terms_of(plain("softmax", (3,), temperature=0.5), VECTOR, {}, Unit("here", unit))
    assert rows(terms) == [
        (0, None, None, True, 7, 2, 14),
        (1, None, None, True, 0, 2, 0),
        (2, None, None, True, -2, 2, -4),
    ]


@pytest.mark.parametrize("kind", ["convolution", "max_pooling", "average_pooling"])
def test_a_product_of_nothing_is_never_minus_zero(kind: LayerKind) -> None:
    weights = {"kernel": -np.ones((2, 2, 2, 2), np.float32), "bias": np.zeros(2, np.float32)}
    weights = weights if kind == "convolution" else {}
    terms = terms_of(windowed(kind, (1, 2, 2)), np.zeros_like(BEFORE), weights, Unit("here", 0, 0, 0))
    assert not np.signbit(terms.product).any()
