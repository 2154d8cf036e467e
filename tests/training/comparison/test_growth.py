import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.layers import Convolution, Flatten, GlobalAveragePooling, Table
from model.network import CONVOLUTIONAL, DENSE_LARGE, NETWORKS, build
from training.comparison.growth import SIDES, Cost, article_costs, cost, growth


def test_an_ordinary_network_is_as_counted_by_hand() -> None:
    weights = 32 * 32 * 3 * 512 + 512 * 128 + 128 * 4
    assert cost(DENSE_LARGE, labels=4, side=32) == Cost(32, weights + 512 + 128 + 4, weights)


def test_convolutions_are_as_counted_by_hand() -> None:
    table: Table = (Convolution("conv1", filters=8, stride=2), Convolution("conv2", filters=5, size=1), Flatten("all"))
    parameters = (3 * 3 * 3 + 1) * 8 + (8 + 1) * 5
    assert cost(table, 2, 6) == Cost(6, parameters, 3 * 3 * 8 * 27 + 3 * 3 * 5 * 8)


@given(sides=st.lists(st.integers(32, 2000), min_size=1, max_size=4))
def test_a_photo_of_any_size_needs_the_same_weights_for_convolutions(sides: list[int]) -> None:
    assert any(isinstance(layer, GlobalAveragePooling) for layer in CONVOLUTIONAL)
    costs = growth(4, sides)["convolutional"]
    assert len({cost.parameters for cost in costs}) == 1


@settings(max_examples=5)
@given(labels=st.integers(2, 9), side=st.integers(32, 48))
def test_the_counts_are_those_of_the_built_network(labels: int, side: int) -> None:
    network = build(DENSE_LARGE, labels, side, side, normalised=False)
    assert cost(DENSE_LARGE, labels, side).parameters == network.count_params()


def test_twice_the_side_makes_four_times_the_first_layer_of_an_ordinary_network() -> None:
    small, large = growth(4, (128, 256))["dense_large"]
    rest = 512 + 512 * 128 + 128 + 128 * 4 + 4
    assert large.parameters - rest == 4 * (small.parameters - rest) == 256 * 256 * 3 * 512


def test_every_network_is_counted_at_every_side() -> None:
    costs = growth(4)
    assert list(costs) == list(NETWORKS)
    assert {name: tuple(at.side for at in found) for name, found in costs.items()} == dict.fromkeys(costs, SIDES)
    assert (SIDES[0], SIDES[-1]) == (32, 256)


@pytest.mark.parametrize(
    ("layer", "parameters", "multiply_adds"),
    [
        ("convolution, 3 filters of 3 x 3", 84, 810_000),  # 3 * 27 weights and 3 biases; 100 * 100 * 3 * 27
        ("dense, 1 neuron", 30_001, 30_000),
        ("dense, 512 neurons", 15_360_512, 15_360_000),
        ("dense, 30,000 neurons", 900_030_000, 900_000_000),
    ],
)
def test_the_articles_photo_costs_a_first_layer_what_a_hand_counts(
    layer: str, parameters: int, multiply_adds: int
) -> None:
    assert article_costs()[layer] == Cost(100, parameters, multiply_adds)
