"""A receipt in one sentence, for someone who has never seen the inside of a network."""

import math

import numpy as np

from model.manifest import IMAGES, LayerRecord
from model.receipts.terms import Terms
from model.receipts.unit import Unit

COLOURS = ("red", "green", "blue")
MINUS = "−"  # not a hyphen


def sentence(record: LayerRecord, unit: Unit, terms: Terms, output: float, label: str | None = None) -> str:
    """How the unit's number came about.

    Args:
        record: of the unit's layer.
        unit: which number.
        terms: all that goes into it.
        output: the number.
        label: the class that the unit stands for, if it stands for one.
    """
    return f"{named(unit, label)}: {story(record, unit, terms, output)}."


def pixel_sentence(unit: Unit, number: float) -> str:
    """Where everything begins."""
    return (
        f"{IMAGES} at y {unit.y}, x {unit.x}: the {COLOURS[unit.channel]} of this pixel is {spoken(number)}, "
        "on a scale from 0 to 255."
    )


def named(unit: Unit, label: str | None) -> str:
    if unit.y is None:
        return f"{unit.layer}, unit {unit.channel}" + (f" ({label})" if label else "")
    return f"{unit.layer}, channel {unit.channel} at y {unit.y}, x {unit.x}"


def story(record: LayerRecord, unit: Unit, terms: Terms, output: float) -> str:
    count, before = len(terms.value), record.input
    result, bias = spoken(output), spoken(terms.bias)
    match record.kind:
        case "convolution":
            channels = plural(len(set(terms.places.channel.tolist())), "channel")
            beyond = f" ({outside(terms)} of them zero, beyond the edge)" if outside(terms) else ""
            products = f"the {plural(count, 'product')} of {window(record)} over {channels} of {before}{beyond}"
            return f"{products} {added(terms)}; with the bias, {bias}, that makes {result}"
        case "dense":
            numbers = f"the {plural(count, 'number')} of {before}, each times its weight,"
            return f"{numbers} {added(terms)}; with the bias, {bias}, that makes {result}"
        case "relu":
            came = f"{before} gave {spoken(terms.value[0])} here, which is"
            stays = terms.value[0] > 0
            return (
                f"{came} above zero and stays as it is" if stays else f"{came} not above zero, so it becomes {result}"
            )
        case "max_pooling":
            assert terms.winner is not None
            several = outside(terms) < count - 1
            among = f"of the {pooled(record, terms)}, the largest" if several else f"the {pooled(record, terms)}"
            return f"{among} goes on: {result}, from {place(terms, terms.winner)}"
        case "average_pooling":
            return f"the mean of the {pooled(record, terms)} is {result}"
        case "global_average_pooling":
            return f"the mean of all {plural(count, 'number')} in channel {unit.channel} of {before} is {result}"
        case "rescaling":
            times = f"{spoken(terms.weight[0])} is {spoken(terms.product[0])}"
            return f"{source(record, unit, terms)} times {times}; with the offset, {bias}, that makes {result}"
        case "flatten":
            channel = f"channel {terms.places.channel[0]} of {before}"
            where = f" at {place(terms, 0)}" if terms.places.y is not None else ""
            return f"{result}, from {channel}{where}, goes on unchanged"
        case "softmax":
            own, scaled = spoken(terms.value[unit.channel]), spoken(terms.product[unit.channel])
            divided = f"the logit {own} divided by the temperature {spoken(record.temperature or math.nan)} is {scaled}"
            return f"{divided}, and e to that power makes up {result} of the sum of all {count} such powers"


def added(terms: Terms) -> str:
    """What the products alone come to."""
    verb = "add up to" if len(terms.product) > 1 else "comes to"
    with np.errstate(invalid="ignore"):  # the network may have overflowed
        return f"{verb} {spoken(float(terms.product.sum()))}"


def pooled(record: LayerRecord, terms: Terms) -> str:
    """What a pooling window holds, such as `4 numbers in a 2×2 window of relu1`."""
    count = len(terms.value) - outside(terms)
    numbers = f"{f'{count} numbers' if count > 1 else 'only number'} in {window(record)} of {record.input}"
    return numbers + (f" ({plural(outside(terms), 'place')} beyond the edge left out)" if outside(terms) else "")


def outside(terms: Terms) -> int:
    """How many places of a window lie beyond the edge of the maps."""
    return int(np.count_nonzero(~terms.places.inside))


def place(terms: Terms, row: int) -> str:
    assert terms.places.y is not None
    assert terms.places.x is not None
    return f"y {terms.places.y[row]}, x {terms.places.x[row]}"


def source(record: LayerRecord, unit: Unit, terms: Terms) -> str:
    """What rescaling takes in: a colour, if it is the photo's."""
    value = spoken(terms.value[0])
    return f"the pixel's {COLOURS[unit.channel]}, {value}," if record.input == IMAGES else f"{value} of {record.input}"


def window(record: LayerRecord) -> str:
    assert record.kernel is not None
    rows, columns = record.kernel
    return f"a {rows}×{columns} window"


def plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def spoken(value: float) -> str:
    """Four significant digits, or all before the point: `0.5`, `−12.35`, `12346`, `1.2e−7`; also `nan` and `inf`."""
    if 999.95 <= abs(value) < 9_999_999.5:
        return f"{value:.0f}".replace("-", MINUS)
    mantissa, power, exponent = f"{value + 0.0:.4g}".partition("e")  # -0.0 becomes 0
    return (f"{mantissa}e{int(exponent)}" if power else mantissa).replace("-", MINUS)
