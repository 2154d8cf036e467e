"""What the service says becomes objects; what it may say one day besides breaks none."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.routes.predict import PredictAnswer
from catscan.answers import Answer, Network, Prediction, typed
from catscan.inside import Ablation, Explanation, Receipt, array_of

SCHEMA: Any = PredictAnswer.model_json_schema()
ANSWER: dict[str, Any] = SCHEMA["examples"][0]
TERM = {"layer": "images", "channel": 2, "y": -1, "x": 0, "inside": False, "value": 0, "weight": 0.5, "product": 0}
RECEIPT = {
    "image_id": "5f", "layer": "conv1", "kind": "convolution", "channel": 3, "y": 0, "x": 0, "unit": None,
    "terms": [TERM], "subtotals": [{"channel": 2, "sum": 0}], "bias": -0.1, "sum": -0.1, "output": -0.1,
    "recomputed": -0.1, "difference": 0.0, "bound": 1e-7, "winner": None, "sentence": "It adds up.",
}  # fmt: skip
SURPRISE = st.dictionaries(st.text(), st.none() | st.text() | st.lists(st.integers()))


def test_an_answer_has_the_service_s_own_words() -> None:
    answer = Answer.of(ANSWER)
    assert (answer.image_id, answer.label, answer.probability) == (ANSWER["image_id"], "cat", 0.97)
    assert answer.predictions[1] == Prediction("dog", 0.02, 0.2, 0.45, False)
    assert (answer.model.name, answer.precision) == ("cat", "float32")
    assert [step["step"] for step in answer.preprocessing] == ["decode", "turn", "colour", "crop", "resize"]
    assert answer.facts == ANSWER


def test_what_is_present_goes_by_the_thresholds() -> None:
    rows = [{**row, "present": row["label"] in ("cat", "other")} for row in ANSWER["predictions"]]
    assert Answer.of({**ANSWER, "predictions": rows}).present == ("cat", "other")


@given(SURPRISE, SURPRISE)
def test_further_members_break_nothing_and_are_kept(top: dict[str, Any], inner: dict[str, Any]) -> None:
    document = {**top, **ANSWER, "model": {**inner, **ANSWER["model"]}}
    document["predictions"] = [{**inner, **row} for row in ANSWER["predictions"]]
    answer = Answer.of(document)
    assert answer.predictions == Answer.of(ANSWER).predictions
    assert answer.facts == document


def test_a_member_that_is_missing_is_named() -> None:
    with pytest.raises(TypeError, match="'threshold'"):
        typed(Prediction, {"label": "cat", "score": 1.0, "logit": 1.0, "present": True})


def test_an_answer_cannot_be_changed() -> None:
    answer: Any = Answer.of(ANSWER)
    with pytest.raises(AttributeError):
        answer.label = "dog"


def test_a_layer_may_be_of_a_kind_without_window() -> None:
    row = {
        "name": "relu1", "kind": "relu", "input": "conv1", "shape": [4, 4, 2], "kernel": None, "stride": None,
        "padding": None, "parameters": 0, "multiply_adds": 0, "receptive_field": None, "signed": False,
    }  # fmt: skip
    about = {"model": ANSWER["model"], "labels": ["cat"], "parameters": 0, "multiply_adds": 0}
    network = Network.of({**about, "input": {"height": 8, "width": 9}, "layers": [row, {**row, "kernel": [3, 2]}]})
    assert (network.height, network.width) == (8, 9)
    assert (network.layers[0].shape, network.layers[0].kernel) == ((4, 4, 2), None)
    assert network.layers[1].kernel == (3, 2)


@given(SURPRISE)
def test_a_receipt_has_its_terms(surprise: dict[str, Any]) -> None:
    receipt = Receipt.of({**surprise, **RECEIPT, "terms": [{**surprise, **TERM}]})
    assert (receipt.layer, receipt.channel, receipt.bias, receipt.sentence) == ("conv1", 3, -0.1, "It adds up.")
    (term,) = receipt.terms
    assert (term.channel, term.y, term.inside, term.weight) == (2, -1, False, 0.5)
    assert receipt.facts["subtotals"] == RECEIPT["subtotals"]


def test_a_receipt_of_a_pixel_has_no_terms() -> None:
    receipt = Receipt.of({"layer": "images", "sentence": "It is 7.", "output": 7.0})
    assert (receipt.terms, receipt.output, receipt.bias) == ((), 7.0, None)


def test_what_overflowed_is_not_a_number() -> None:
    (term,) = Receipt.of({**RECEIPT, "terms": [{**TERM, "product": None}]}).terms
    assert math.isnan(term.product)
    assert np.array_equal(array_of([1.5, None], [2]), np.array([1.5, np.nan]), equal_nan=True)


def test_an_explanation_has_its_values_as_an_array_and_the_rest_as_facts() -> None:
    about = {"method": "grad-cam", "label": "cat", "logit": 1.75, "dtype": "float32", "layout": "HW", "steps": 64}
    explanation = Explanation.of({**about, "shape": [2, 3], "data": [0.1, -2, 3, 4, 5, None]})
    assert (explanation.method, explanation.label, explanation.logit) == ("grad-cam", "cat", 1.75)
    expected = np.array([[0.1, -2, 3], [4, 5, np.nan]], np.float32)
    assert np.array_equal(explanation.values, expected, equal_nan=True)
    assert explanation.values.dtype == np.float32
    assert explanation.facts == {**about, "shape": [2, 3]}


@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False)))
def test_numbers_come_through_json_exactly(numbers: list[float]) -> None:
    assert array_of(numbers, [len(numbers)]).tolist() == numbers


def test_an_ablation_has_the_scores_with_all_channels_and_without_some() -> None:
    before = {"logits": {"cat": 1.0, "dog": -1.0}, "probabilities": {"cat": 0.9, "dog": 0.1}}
    after = {"logits": {"cat": 0.0, "dog": 0.0}, "probabilities": {"cat": 0.5, "dog": 0.5}}
    without = {"channels": [0, 5], **after, "differences": {"cat": -1.0, "dog": 1.0}}
    ablation = Ablation.of({"layer": "conv1", "before": before, "without": [without]})
    assert (ablation.layer, ablation.before.logits["cat"]) == ("conv1", 1.0)
    assert (ablation.without[0].channels, ablation.without[0].differences["dog"]) == ((0, 5), 1.0)
