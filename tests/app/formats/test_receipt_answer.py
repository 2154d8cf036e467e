import numpy as np
import orjson
import pytest

from app.errors import TooManyNumbers
from app.formats.receipt_answer import MAX_TERMS, receipt_json
from model.manifest import LayerRecord
from model.receipts.receipt import Receipt, receipt
from model.receipts.unit import Unit


def dense_receipt(inputs: list[float]) -> Receipt:
    """Of a dense unit whose weights are all 2 and whose bias is 1."""
    record = LayerRecord(name="logits", kind="dense", input="flatten", shape=(1,), signed=True)
    weights = {"kernel": np.full((len(inputs), 1), 2, np.float32), "bias": np.ones(1, np.float32)}
    output = np.array([2 * sum(inputs) + 1], np.float32)
    return receipt(record, np.array(inputs, np.float32), weights, output, Unit("logits", 0))


def test_the_terms_become_rows_and_the_facts_stand_beside_them() -> None:
    answer = orjson.loads(receipt_json(dense_receipt([3, 0.1]), {"image_id": "abc"}))
    assert (answer["image_id"], answer["output"], answer["bias"], answer["unit"]) == (
        "abc",
        float(np.float32(7.2)),
        1,
        0,
    )
    tenth = float(np.float32(0.1))  # as the network has it, to the last digit
    assert answer["terms"] == [
        {"layer": "flatten", "channel": 0, "y": None, "x": None, "inside": True, "value": 3, "weight": 2, "product": 6},
        {
            "layer": "flatten", "channel": 1, "y": None, "x": None, "inside": True,
            "value": tenth, "weight": 2, "product": 2 * tenth,
        },
    ]  # fmt: skip


def test_what_is_not_finite_is_null() -> None:
    with np.errstate(over="ignore"):
        answer = orjson.loads(receipt_json(dense_receipt([np.inf, 1]), {}))
    assert (answer["output"], answer["sum"], answer["difference"]) == (None, None, None)
    assert answer["terms"][0]["value"] is None


def test_as_many_terms_as_allowed_are_given_and_one_more_is_refused() -> None:
    assert len(orjson.loads(receipt_json(dense_receipt([0.0] * MAX_TERMS), {}))["terms"]) == MAX_TERMS
    with pytest.raises(TooManyNumbers, match=f"at most {MAX_TERMS} terms; received one of {MAX_TERMS + 1}"):
        receipt_json(dense_receipt([0.0] * (MAX_TERMS + 1)), {})
