"""How the cost of a network grows with the photo's size: counted from its table, without a weight in memory."""

from collections.abc import Iterable
from dataclasses import dataclass

from model.geometry import describe
from model.layers import Convolution, Dense, Flatten, Table
from model.network import NETWORKS

SIDES = tuple(range(32, 257, 32))  # pixels
ARTICLE_SIDE = 100  # "100(width) * 100 (height) * 3 (rgb). then we need to have 30,000 neurons"

# First layers on the article's photo, from 30,000 numbers. The convolution is the article's, "3 X 3 filter size with
# 3 filters": with zeros around the photo it gives 30,000 numbers too, and so do as many neurons.
FIRST_LAYERS: dict[str, Table] = {
    "convolution, 3 filters of 3 x 3": (Convolution("conv1", filters=3),),
    "dense, 1 neuron": (Flatten("flatten"), Dense("dense1", units=1)),
    "dense, 512 neurons": (Flatten("flatten"), Dense("dense1", units=512)),
    "dense, 30,000 neurons": (Flatten("flatten"), Dense("dense1", units=30_000)),
}


@dataclass(frozen=True)
class Cost:
    """What a network costs for square photos of one size."""

    side: int  # of the photo, in pixels
    parameters: int
    multiply_adds: int  # for one photo; a multiplication and its addition count once


def cost(table: Table, labels: int, side: int) -> Cost:
    """The cost of a table for photos of side x side pixels and this many classes."""
    layers = describe(table, labels, side, side)
    return Cost(side, sum(layer.parameters for layer in layers), sum(layer.multiply_adds for layer in layers))


def growth(labels: int, sides: Iterable[int] = SIDES) -> dict[str, tuple[Cost, ...]]:
    """The cost of every network of `NETWORKS` by the photo's side, by name."""
    sides = tuple(sides)
    return {name: tuple(cost(table, labels, side) for side in sides) for name, table in NETWORKS.items()}


def article_costs() -> dict[str, Cost]:
    """The cost of the first layer alone, for the article's photo of 100 x 100 pixels."""
    return {name: cost(table, 0, ARTICLE_SIDE) for name, table in FIRST_LAYERS.items()}
