"""A receipt as JSON: thousands of terms, so they go from columns to text without a model for each."""

import orjson

from app.errors import TooManyNumbers
from model.receipts.receipt import Receipt
from model.receipts.terms import Terms

MAX_TERMS = 65_536  # about eight megabytes of text


def receipt_json(receipt: Receipt, facts: dict[str, object]) -> bytes:
    """The receipt and the facts; what is not finite is null. Numbers are float64, so that products come out the same.

    Raises:
        TooManyNumbers: if it would be absurdly long.
    """
    count = len(receipt.terms.value)
    if count > MAX_TERMS:
        raise TooManyNumbers(
            f"Expected a unit of at most {MAX_TERMS} terms; received one of {count}. GET /feature-maps gives the numbers "
            "that it is made of as npy and f32",
            max_numbers=MAX_TERMS,
        )
    return orjson.dumps(facts | said(receipt))


def said(receipt: Receipt) -> dict[str, object]:
    """All that the receipt itself says, under the names that `ReceiptAnswer` documents."""
    unit, subtotals, powers = receipt.unit, receipt.subtotals, receipt.powers
    return {
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
        "subtotals": [
            {"channel": channel, "sum": total}
            for channel, total in zip(subtotals.channel.tolist(), subtotals.sum.tolist(), strict=True)
        ],
        "terms": term_rows(receipt.terms),
    }


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
