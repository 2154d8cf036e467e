import math
import re
from itertools import pairwise
from typing import Any

import httpx
import numpy as np
import pytest

from app.errors import ImageUnknown, LayerUnknown, ParameterInvalid
from app.formats.receipt_answer import ReceiptAnswer
from model.manifest import LayerRecord, Manifest
from tests.app.conftest import Looker, problem_of

Answer = dict[str, Any]


def ask(looker: Looker, **query: object) -> httpx.Response:
    params = {"image_id": looker.image_id} | {name: str(value) for name, value in query.items()}
    return looker.client.get("/receipts", params=params)


def receipt_of(looker: Looker, **query: object) -> Answer:
    response = ask(looker, **query)
    assert response.status_code == 200, response.text
    answer: Answer = response.json()
    return answer


def unit_of(layer: LayerRecord) -> dict[str, object]:
    """A query for a unit from the middle of a layer."""
    *place, channel = (side // 2 for side in layer.shape)
    return {"layer": layer.name, "channel": channel} | dict(zip(("y", "x"), place, strict=False))


def filled(link: str, of: Answer) -> str:
    """A link with the braces filled, as a client does it."""
    return re.sub(r"\{(\w+)\}", lambda name: str(of[name[1]]), link)


def test_every_layer_has_receipts_of_the_shape_that_the_documentation_says(looker: Looker, manifest: Manifest) -> None:
    for layer in manifest.layers:
        answer = receipt_of(looker, **unit_of(layer))
        document = ReceiptAnswer.model_validate(answer)
        assert document.model_dump(mode="json") == answer
        assert abs(answer["difference"]) <= answer["bound"]
        assert answer["difference"] == answer["output"] - answer["recomputed"]


def test_the_terms_and_the_bias_are_the_sum(looker: Looker, manifest: Manifest) -> None:
    for layer in manifest.layers[:-1]:
        answer = receipt_of(looker, **unit_of(layer))
        products = [term["product"] for term in answer["terms"]]
        assert math.fsum([*products, answer["bias"]]) == pytest.approx(answer["sum"], rel=1e-12)
        for term in answer["terms"]:
            assert term["product"] == (0 if not term["weight"] else term["value"] * term["weight"])
        if answer["subtotals"]:
            totals = [subtotal["sum"] for subtotal in answer["subtotals"]]
            assert math.fsum([*totals, answer["bias"]]) == pytest.approx(answer["sum"], rel=1e-9)
        assert answer["recomputed"] == (max(0, answer["sum"]) if layer.kind == "relu" else answer["sum"])


def test_the_output_is_the_number_of_the_feature_maps(looker: Looker, before_relu: LayerRecord) -> None:
    maps = looker.tensor(before_relu.name)
    answer = receipt_of(looker, layer=before_relu.name, channel=2, y=5, x=6)
    assert np.float32(answer["output"]) == maps[5, 6, 2]
    assert len(answer["terms"]) == int(np.prod(before_relu.weights["kernel"][:3]))


def test_the_probabilities_are_their_powers_among_all(looker: Looker, manifest: Manifest) -> None:
    logits, probabilities = manifest.layers[-2:]
    answer = receipt_of(looker, layer=probabilities.name, unit=1)
    assert answer["sum"] == pytest.approx(sum(answer["powers"]))
    assert answer["recomputed"] == pytest.approx(answer["powers"][1] / answer["sum"])
    assert [term["value"] for term in answer["terms"]] == looker.tensor(logits.name).astype(float).tolist()


def test_a_unit_of_the_last_layers_is_called_by_its_label(looker: Looker, manifest: Manifest) -> None:
    for layer in manifest.layers[-2:]:
        for unit, label in enumerate(manifest.labels):
            answer = receipt_of(looker, layer=layer.name, unit=unit)
            assert answer["label"] == label
            assert f"({label})" in answer["sentence"]
    assert receipt_of(looker, **unit_of(manifest.layers[0]))["label"] is None


def test_following_the_terms_leads_from_the_answer_to_the_pixels(looker: Looker, manifest: Manifest) -> None:
    answer, way = receipt_of(looker, layer=manifest.layers[-1].name, unit=0), []
    while answer["terms"]:
        way.append(answer["layer"])
        term = max((term for term in answer["terms"] if term["inside"]), key=lambda term: abs(term["product"]))
        response = looker.client.get(filled(answer["links"]["term"], term))
        assert response.status_code == 200, response.text
        before = response.json()
        assert before["output"] == term["value"]
        answer = before
    assert [answer["layer"], *reversed(way)] == ["images", *(layer.name for layer in manifest.layers)]
    assert (answer["kind"], answer["links"]["term"], answer["links"]["before"]) == ("input", None, None)
    assert answer["output"] in range(256)


def test_following_the_uses_leads_from_a_pixel_to_the_answer(looker: Looker, manifest: Manifest) -> None:
    answer = receipt_of(looker, layer="images", channel=1, y=manifest.height // 2, x=manifest.width // 2)
    way = [answer]
    while (used := answer["used_by"]) is not None:
        user = {"layer": used["layer"], "channel": used["channels"][0]}
        user |= {name: used[name][0] for name in ("y", "x") if used[name] is not None}
        answer = looker.client.get(filled(answer["links"]["use"], user)).json()
        way.append(answer)
    assert [step["layer"] for step in way] == ["images", *(layer.name for layer in manifest.layers)]
    for number, user in pairwise(way):
        places = [(term["layer"], term["channel"], term["y"], term["x"]) for term in user["terms"]]
        assert (number["layer"], number["channel"], number["y"], number["x"]) in places


def test_the_other_links_lead_somewhere(looker: Looker, manifest: Manifest) -> None:
    for layer in manifest.layers[1:]:
        links = receipt_of(looker, **unit_of(layer))["links"]
        for name in ("maps", "before", "receptive_field"):
            assert looker.client.get(links[name]).status_code == 200, links[name]


def test_a_pixel_has_a_place_on_the_photo_and_nothing_to_round(looker: Looker) -> None:
    answer = receipt_of(looker, layer="images", channel=0, y=3, x=4)
    assert answer["receptive_field"]["network"] == {"left": 4, "top": 3, "right": 5, "bottom": 4}
    assert answer["difference"] == answer["bound"] == answer["bias"] == 0


def test_a_window_that_reaches_over_the_edge_says_so(looker: Looker, manifest: Manifest) -> None:
    layer = next(
        layer for layer in manifest.layers if layer.kind == "convolution" and layer.padding and layer.padding.top
    )
    answer = receipt_of(looker, layer=layer.name, channel=0, y=0, x=0)
    outside = [term for term in answer["terms"] if not term["inside"]]
    assert outside
    assert all(term["value"] == term["product"] == 0 for term in outside)
    assert all(min(term["y"], term["x"]) < 0 for term in outside)


def test_max_pooling_names_its_winner(looker: Looker, manifest: Manifest) -> None:
    layer = next(layer for layer in manifest.layers if layer.kind == "max_pooling")
    answer = receipt_of(looker, **unit_of(layer))
    assert (
        answer["terms"][answer["winner"]]["value"] == answer["output"] == max(term["value"] for term in answer["terms"])
    )


def test_a_vectors_unit_may_be_called_unit_or_channel(looker: Looker, manifest: Manifest) -> None:
    name = manifest.layers[-1].name
    as_unit, as_channel = ask(looker, layer=name, unit=1), ask(looker, layer=name, channel=1)
    assert as_unit.content == as_channel.content == ask(looker, layer=name, unit=1, channel=1).content
    assert as_unit.headers["etag"] == as_channel.headers["etag"]
    assert (as_unit.json()["unit"], as_unit.json()["channel"], as_unit.json()["y"]) == (1, 1, None)


def test_the_precisions_are_told_apart(looker: Looker, chelsea: bytes) -> None:
    answer = looker.client.post("/predict", content=chelsea).json()
    precision = receipt_of(looker, layer="images", channel=0, y=0, x=0)["precision"]
    predicted = {prediction["label"]: prediction["logit"] for prediction in answer["predictions"]}
    assert precision == {
        "predict": answer["precision"],
        "here": "float32",
        "recomputed": "float64",
        "predicted": None if answer["precision"] == "float32" else pytest.approx(predicted, abs=0.01),
    }


def test_the_same_question_has_the_same_bytes_and_what_the_client_has_is_not_sent_again(looker: Looker) -> None:
    query = {"layer": "logits", "unit": "1"}
    first, second, other = ask(looker, **query), ask(looker, **query), ask(looker, layer="logits", unit=0)
    assert first.content == second.content
    assert first.headers["etag"] == second.headers["etag"] != other.headers["etag"]
    assert first.headers["cache-control"] == "private, max-age=3600, immutable"
    params = {"image_id": looker.image_id, **query}
    for tags in (first.headers["etag"], f'"other", W/{first.headers["etag"]}', "*"):
        again = looker.client.get("/receipts", params=params, headers={"if-none-match": tags})
        assert (again.status_code, again.content) == (304, b"")
    assert looker.client.get("/receipts", params=params, headers={"if-none-match": '"other"'}).content == first.content


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({"layer": "images", "y": 0, "x": 0}, "channel"),
        ({"layer": "images", "channel": 0, "x": 0}, "y"),
        ({"layer": "images", "channel": 3, "y": 0, "x": 0}, "channel"),
        ({"layer": "images", "channel": 0, "y": 99_999, "x": 0}, "y"),
        ({"layer": "images", "channel": 0, "y": 0, "x": "1.5"}, "x"),
        ({"layer": "images", "unit": 0, "y": 0, "x": 0}, "unit"),
        ({"layer": "logits"}, "channel"),
        ({"layer": "logits", "unit": 99}, "unit"),
        ({"layer": "logits", "unit": 1, "channel": 0}, "unit"),
        ({"layer": "logits", "unit": 1, "y": 0}, "y"),
        ({"unit": 1}, "layer"),
    ],
)
def test_a_unit_that_is_not_there_is_refused_by_the_name_of_what_is_wrong(
    looker: Looker, query: dict[str, object], parameter: str
) -> None:
    assert problem_of(ask(looker, **query), ParameterInvalid)["parameter"] == parameter


def test_an_unknown_layer_or_photo_is_refused(looker: Looker, manifest: Manifest) -> None:
    problem = problem_of(ask(looker, layer="none such", channel=0), LayerUnknown)
    assert problem["layers"] == ["images", *(layer.name for layer in manifest.layers)]
    problem_of(ask(Looker(looker.client, "0" * 32), layer="images", channel=0, y=0, x=0), ImageUnknown)
