"""A receipt: one number of the network, added up again from everything it is made of."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.manifest import IMAGES, LayerRecord
from model.receipts.bound import softmax_bound, sum_bound
from model.receipts.sentence import pixel_sentence, sentence
from model.receipts.terms import Floats, Integers, Places, Terms, Weights, exact_sum, terms_of
from model.receipts.unit import Unit, check_unit


@dataclass(frozen=True, eq=False)
class Subtotals:
    """The sum of the products of each channel of the layer before, [channels]; empty if each has but one."""

    channel: Integers
    sum: Floats


@dataclass(frozen=True, eq=False)
class Receipt:
    """One unit and all that it is made of."""

    unit: Unit
    kind: str  # of its layer; "input" for a pixel, which nothing goes into
    terms: Terms
    subtotals: Subtotals
    sum: float  # the products and the bias, in float64; for softmax the powers
    output: float  # as the network gave it, in float32
    recomputed: float  # what float64 makes of the terms
    bound: float  # never less than the size of `difference`
    sentence: str
    powers: Floats | None = None  # of softmax: e to the power of each product less the largest

    @property
    def difference(self) -> float:
        return self.output - self.recomputed


def receipt(
    record: LayerRecord,
    before: NDArray[np.generic],
    weights: Weights,
    output: NDArray[np.float32],
    unit: Unit,
    label: str | None = None,
) -> Receipt:
    """The receipt of a unit.

    Args:
        record: of the unit's layer.
        before: the output of the layer before, float32 without a batch axis; for the first layer uint8 pixels.
        weights: of the unit's layer: `kernel` and `bias`, if it has any.
        output: of the unit's layer, float32 without a batch axis.
        unit: which number.
        label: the class that the unit stands for, if it stands for one.

    Raises:
        ValueError: if the layer has no such unit.
    """
    check_unit(unit, output.shape)
    terms = terms_of(record, before, weights, unit)
    total = exact_sum([*terms.product.tolist(), terms.bias])
    recomputed, powers = float(np.maximum(total, 0.0)) if record.kind == "relu" else total, None
    size = float(np.abs(terms.product).sum()) + abs(terms.bias)
    bound = sum_bound(record.kind, int(terms.places.inside.sum()), size)
    if record.kind == "softmax":
        with np.errstate(invalid="ignore"):  # the network may have overflowed
            powers = np.exp(terms.product - terms.product.max())
        total = exact_sum(powers.tolist())
        recomputed = float(powers[unit.channel]) / total
        bound = softmax_bound(terms.product, recomputed)
    served = float(output[unit.at])
    return Receipt(
        unit=unit, kind=record.kind, terms=terms, subtotals=subtotals_of(terms), sum=total, output=served,
        recomputed=recomputed, bound=bound, sentence=sentence(record, unit, terms, served, label), powers=powers,
    )  # fmt: skip


def receipt_of_pixel(pixels: NDArray[np.uint8], unit: Unit) -> Receipt:
    """Of a number of the photo itself, where everything begins: nothing goes into it.

    Args:
        pixels: the network's input, uint8 [height, width, 3].
        unit: of the layer `images`.

    Raises:
        ValueError: if the photo has no such pixel.
    """
    check_unit(unit, pixels.shape)
    number, nothing, no_places = float(pixels[unit.at]), np.zeros(0), np.zeros(0, np.intp)
    terms = Terms(IMAGES, Places(no_places, None, None, np.zeros(0, np.bool_)), nothing, nothing, nothing, 0.0)
    return Receipt(
        unit=unit, kind="input", terms=terms, subtotals=Subtotals(no_places, nothing), sum=number, output=number,
        recomputed=number, bound=0.0, sentence=pixel_sentence(unit, number),
    )  # fmt: skip


def subtotals_of(terms: Terms) -> Subtotals:
    """The terms lie channel by channel: each channel's are side by side, and as many as each other's."""
    starts = np.flatnonzero(np.diff(terms.places.channel, prepend=-1))
    if len(starts) == len(terms.product):
        return Subtotals(np.zeros(0, np.intp), np.zeros(0))
    with np.errstate(invalid="ignore"):  # the network may have overflowed
        return Subtotals(terms.places.channel[starts], np.add.reduceat(terms.product, starts))
