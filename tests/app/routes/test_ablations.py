from typing import Any

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray

from app.errors import ImageUnknown, LayerUnknown, ParameterInvalid
from app.routes.ablations import Ablations
from model.manifest import LayerRecord, Manifest
from tests.app.conftest import Looker, Weights, problem_of
from tests.model.plain_numpy import recompute

Answer = dict[str, Any]


def ask(looker: Looker, **query: str) -> httpx.Response:
    return looker.client.get("/ablations", params={"image_id": looker.image_id, **query})


def ablations_of(looker: Looker, **query: str) -> Answer:
    response = ask(looker, **query)
    assert response.status_code == 200, response.text
    answer: Answer = response.json()
    return answer


def logits_of(answer: Answer) -> list[float]:
    return list(answer["logits"].values())


def recomputed(manifest: Manifest, weights: Weights, after: LayerRecord, values: NDArray[np.float32]) -> list[float]:
    """The logits from a layer's output, in float64 and without TensorFlow."""
    output = values[None].astype(np.float64)
    for layer in manifest.layers[manifest.layers.index(after) + 1 : -1]:
        output = recompute(layer, weights.get(layer.name, {}), output).values
    logits: list[float] = output[0].tolist()
    return logits


def test_the_answer_has_the_shape_that_the_documentation_says(looker: Looker, manifest: Manifest) -> None:
    for layer in manifest.layers[:-1]:
        answer = ablations_of(looker, layer=layer.name, channels="0")
        assert Ablations.model_validate(answer).model_dump(mode="json") == answer
        for row in [answer["before"], *answer["without"]]:
            assert list(row["logits"]) == list(row["probabilities"]) == list(manifest.labels)


def test_before_is_what_the_network_answers(looker: Looker, manifest: Manifest) -> None:
    logits, probabilities = (looker.tensor(layer.name) for layer in manifest.layers[-2:])
    for layer in manifest.layers[:-1]:
        before = ablations_of(looker, layer=layer.name, channels="0")["before"]
        np.testing.assert_allclose(logits_of(before), logits, atol=1e-4)
        np.testing.assert_allclose(list(before["probabilities"].values()), probabilities, atol=1e-4)


def test_without_anything_to_weigh_the_logits_are_the_biases(
    looker: Looker, manifest: Manifest, weights: Weights
) -> None:
    logits = manifest.layers[-2]
    (row,) = ablations_of(looker, layer=logits.input)["without"]
    assert row["channels"] == list(range(weights[logits.name]["kernel"].shape[0]))
    assert logits_of(row) == weights[logits.name]["bias"].tolist()


def test_each_unit_before_the_logits_takes_its_weight_times_its_value_with_it(
    looker: Looker, manifest: Manifest, weights: Weights
) -> None:
    logits = manifest.layers[-2]
    values, kernel = looker.tensor(logits.input), weights[logits.name]["kernel"]
    rows = ablations_of(looker, layer=logits.input, each="true")["without"]
    assert [row["channels"] for row in rows] == [[unit] for unit in range(len(values))]
    differences = [list(row["differences"].values()) for row in rows]
    np.testing.assert_allclose(differences, -values[:, None] * kernel, atol=1e-5)


def test_the_rest_of_the_network_is_what_plain_numpy_computes(
    looker: Looker, manifest: Manifest, weights: Weights
) -> None:
    convolution = [layer for layer in manifest.layers if layer.kind == "convolution"][-2]
    layer = manifest.layer(convolution.input)
    assert layer is not None
    values = looker.tensor(layer.name)
    strongest = np.argsort(-values.mean(axis=(0, 1)))[:3].tolist()
    answer = ablations_of(looker, layer=layer.name, channels=",".join(map(str, strongest)))
    (row,) = answer["without"]
    assert logits_of(answer["before"]) == pytest.approx(recomputed(manifest, weights, layer, values), abs=1e-4)
    values[..., strongest] = 0
    assert logits_of(row) == pytest.approx(recomputed(manifest, weights, layer, values), abs=1e-4)
    assert max(map(abs, row["differences"].values())) > 1e-3  # or nothing was switched off


def test_a_logit_that_is_switched_off_is_zero_and_the_others_stay(looker: Looker, manifest: Manifest) -> None:
    answer = ablations_of(looker, layer=manifest.layers[-2].name, channels="1")
    before, (row,) = answer["before"]["logits"], answer["without"]
    off = manifest.labels[1]
    assert row["logits"] == before | {off: 0}
    assert row["differences"] == dict.fromkeys(manifest.labels, 0) | {off: -before[off]}


def test_the_differences_are_exactly_those_of_the_logits(looker: Looker, after_relu: LayerRecord) -> None:
    answer = ablations_of(looker, layer=after_relu.name, each="true")
    before = answer["before"]["logits"]
    for row in answer["without"]:
        assert row["differences"] == {label: row["logits"][label] - before[label] for label in before}


def test_the_probabilities_are_the_softmax_of_the_logits(looker: Looker, manifest: Manifest) -> None:
    temperature = manifest.layers[-1].temperature
    assert temperature is not None
    answer = ablations_of(looker, layer=manifest.layers[-2].input, channels="0-9", each="true")
    for row in [answer["before"], *answer["without"]]:
        powers = np.exp(np.array(logits_of(row)) / temperature)
        np.testing.assert_allclose(list(row["probabilities"].values()), powers / powers.sum(), rtol=1e-5)


def test_channels_go_off_together_or_each_alone_in_the_order_of_the_query(
    looker: Looker, after_relu: LayerRecord
) -> None:
    together = ablations_of(looker, layer=after_relu.name, channels="5,0-2")
    each = ablations_of(looker, layer=after_relu.name, channels="5,0-2", each="true")
    assert [row["channels"] for row in together["without"]] == [[5, 0, 1, 2]]
    assert [row["channels"] for row in each["without"]] == [[5], [0], [1], [2]]
    (alone,) = ablations_of(looker, layer=after_relu.name, channels="5")["without"]
    assert alone["channels"] == [5]
    assert logits_of(alone) == pytest.approx(logits_of(each["without"][0]), abs=1e-5)
    assert logits_of(alone) != pytest.approx(logits_of(together["without"][0]), abs=1e-5)


def test_a_channel_that_is_zero_anyway_changes_nothing(looker: Looker, manifest: Manifest) -> None:
    for layer in manifest.layers[:-1]:
        silent = np.flatnonzero(~looker.tensor(layer.name).reshape(-1, layer.shape[-1]).any(axis=0))
        if len(silent):
            answer = ablations_of(looker, layer=layer.name, channels=str(silent[0]))
            assert logits_of(answer["without"][0]) == pytest.approx(logits_of(answer["before"]), abs=1e-5)


def test_the_probabilities_cannot_be_switched_off(looker: Looker, manifest: Manifest) -> None:
    problem = problem_of(ask(looker, layer=manifest.layers[-1].name), ParameterInvalid)
    assert problem["parameter"] == "layer"


def test_the_last_channel_can_be_switched_off_and_the_one_after_it_is_refused(
    looker: Looker, after_relu: LayerRecord
) -> None:
    channels = after_relu.shape[-1]
    assert ask(looker, layer=after_relu.name, channels=str(channels - 1)).status_code == 200
    problem = problem_of(ask(looker, layer=after_relu.name, channels=str(channels)), ParameterInvalid)
    assert problem["parameter"] == "channels"
    assert f"from 0 to {channels - 1}" in problem["detail"]


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({"channels": ""}, "channels"),
        ({"channels": "3-2"}, "channels"),
        ({"channels": "0," * 2048 + "0"}, "channels"),
        ({"each": "perhaps"}, "each"),
    ],
)
def test_what_cannot_be_is_refused_by_name(
    looker: Looker, after_relu: LayerRecord, query: dict[str, str], parameter: str
) -> None:
    assert problem_of(ask(looker, layer=after_relu.name, **query), ParameterInvalid)["parameter"] == parameter


def test_an_unknown_layer_or_photo_is_refused(looker: Looker, manifest: Manifest) -> None:
    problem = problem_of(ask(looker, layer="none such"), LayerUnknown)
    assert problem["layers"] == [layer.name for layer in manifest.layers]
    assert problem_of(ask(looker), ParameterInvalid)["parameter"] == "layer"
    problem_of(ask(Looker(looker.client, "0" * 32), layer=manifest.layers[0].name), ImageUnknown)
