"""A receipt as JSON. Its terms can be thousands: they go from columns to text without a model for each."""

from typing import Literal

import orjson
from pydantic import BaseModel, Field

from app.errors import TooManyNumbers
from app.formats.model_facts import ModelFacts, PrecisionFacts
from app.formats.seen_pixels import SeenPixels
from model.receipts.receipt import Receipt
from model.receipts.terms import Terms

MAX_TERMS = 65_536  # about eight megabytes of text
Ends = tuple[int, int]


class Term(BaseModel):
    """One number of the layer before, and how much it counts."""

    layer: str = Field(description="the layer before")
    channel: int
    y: int | None = Field(description="row of the number on its map; null in a vector")
    x: int | None = Field(description="column, likewise")
    inside: bool = Field(description="false where a window reaches over the edge of the map: there is no number")
    value: float | None = Field(
        description="the number; beyond the edge 0 for a convolution, and null for pooling, which leaves it out"
    )
    weight: float = Field(description="what the number is multiplied by: learnt, or for pooling its share")
    product: float | None = Field(description="value times weight, exactly")


class Subtotal(BaseModel):
    channel: int = Field(description="of the layer before")
    sum: float | None = Field(description="of the products of this channel")


class UsedBy(BaseModel):
    """The units of the next layer that take this number in: all in these ranges, both ends included."""

    layer: str
    kind: str
    y: Ends | None = Field(description="rows; null in a vector")
    x: Ends | None = Field(description="columns, likewise")
    channels: Ends


class Links(BaseModel):
    """Where to go on; those with {braces} are URI templates (RFC 6570), to be filled from a term or a user."""

    term: str | None = Field(description="the receipt of a term: go back, step by step, to the pixels")
    use: str | None = Field(description="the receipt of a unit that uses this number: go on to the answer")
    maps: str = Field(description="this unit's whole channel")
    before: str | None = Field(description="the whole layer before")
    receptive_field: str = Field(description="what this unit can see, as a picture")


class ReceiptPrecision(PrecisionFacts):
    """Here are the output and the terms' values."""

    recomputed: Literal["float64"] = Field("float64", description="the products and their sum")


class ReceiptAnswer(BaseModel):
    """One number, and all that it is the sum of. What is not finite is null."""

    image_id: str
    model: ModelFacts
    layer: str
    kind: str = Field(description="what the layer does; input for the pixels, with which everything begins")
    channel: int
    y: int | None = Field(description="row of the unit on its map; null for a vector")
    x: int | None = Field(description="column, likewise")
    unit: int | None = Field(description="the channel once more where the layer's output is a vector, else null")
    label: str | None = Field(description="the class that the unit stands for, in the last two layers")
    sentence: str = Field(description="how the number came about, in words")
    output: float | None = Field(description="the number, as the network computed it")
    sum: float | None = Field(
        description="the products and the bias, before a ReLU makes what is below zero zero; for softmax, the powers"
    )
    bias: float = Field(description="what is added to the products, whatever the photo")
    recomputed: float | None = Field(description="what the output would be without rounding")
    difference: float | None = Field(description="output less recomputed: what the network's rounding came to")
    bound: float | None = Field(description="what the rounding can come to at most; more would be an error of ours")
    winner: int | None = Field(description="which of the terms is the largest, counted from 0, for max pooling")
    powers: list[float | None] | None = Field(
        description="for softmax: e to the power of each product less the largest product"
    )
    subtotals: list[Subtotal] = Field(description="by channel of the layer before; none where each has one term")
    terms: list[Term] = Field(description="channel by channel, in each row by row; none for a pixel")
    receptive_field: SeenPixels
    used_by: UsedBy | None = Field(description="null for the last layer, and where no window comes to lie on the unit")
    links: Links
    precision: ReceiptPrecision


def receipt_json(receipt: Receipt, facts: dict[str, object]) -> bytes:
    """A `ReceiptAnswer` of a receipt, and of facts for whatever the receipt itself does not know.

    Numbers are written as float64, so that a reader's products come out the same.

    Raises:
        TooManyNumbers: if it would be absurdly long.
    """
    count = len(receipt.terms.value)
    if count > MAX_TERMS:
        raise TooManyNumbers(
            f"Expected a unit of at most {MAX_TERMS} terms; received one of {count}. GET /feature-maps gives the "
            "numbers that it is made of as npy and f32",
            max_numbers=MAX_TERMS,
        )
    unit, subtotals, powers = receipt.unit, receipt.subtotals, receipt.powers
    sums = zip(subtotals.channel.tolist(), subtotals.sum.tolist(), strict=True)
    known = {
        "layer": unit.layer,
        "kind": receipt.kind,
        "channel": unit.channel,
        "y": unit.y,
        "x": unit.x,
        "unit": unit.channel if unit.y is None else None,
        "sentence": receipt.sentence,
        "output": receipt.output,
        "sum": receipt.sum,
        "bias": receipt.terms.bias,
        "recomputed": receipt.recomputed,
        "difference": receipt.difference,
        "bound": receipt.bound,
        "winner": receipt.terms.winner,
        "powers": None if powers is None else powers.tolist(),
        "subtotals": [{"channel": channel, "sum": total} for channel, total in sums],
        "terms": term_rows(receipt.terms),
    }
    return orjson.dumps(facts | known)


def term_rows(terms: Terms) -> list[dict[str, object]]:
    layer, places, nowhere = terms.layer, terms.places, [None] * len(terms.value)
    columns = (
        places.channel.tolist(),
        nowhere if places.y is None else places.y.tolist(),
        nowhere if places.x is None else places.x.tolist(),
        places.inside.tolist(),
        terms.value.tolist(),
        terms.weight.tolist(),
        terms.product.tolist(),
    )
    return [
        {
            "layer": layer, "channel": channel, "y": y, "x": x, "inside": inside,
            "value": value, "weight": weight, "product": product,
        }
        for channel, y, x, inside, value, weight, product in zip(*columns, strict=True)
    ]  # fmt: skip
