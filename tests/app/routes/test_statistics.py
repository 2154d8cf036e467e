import io
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from app.errors import ImageUnknown, LayerUnknown, ParameterInvalid
from app.routes.statistics import Statistics
from model.manifest import LayerRecord, Manifest
from tests.app.conftest import Looker, Weights, problem_of

Answer = dict[str, Any]


def ask(looker: Looker, **query: str) -> httpx.Response:
    return looker.client.get("/feature-maps/statistics", params={"image_id": looker.image_id, **query})


def statistics_of(looker: Looker, **query: str) -> Answer:
    response = ask(looker, **query)
    assert response.status_code == 200, response.text
    answer: Answer = response.json()
    return answer


def test_the_answer_has_the_shape_that_the_documentation_says(looker: Looker, manifest: Manifest) -> None:
    for layer in manifest.layers:
        answer = statistics_of(looker, layer=layer.name)
        assert Statistics.model_validate(answer).model_dump(mode="json") == answer
        assert (answer["layer"], answer["kind"], answer["shape"]) == (layer.name, layer.kind, list(layer.shape))
        assert answer["model"] == looker.client.get("/health/ready").json()["model"]


def test_every_channels_numbers_are_those_of_its_map(looker: Looker, manifest: Manifest) -> None:
    for layer in manifest.layers:
        values = looker.tensor(layer.name)
        maps = values.reshape(-1, layer.shape[-1])
        found = statistics_of(looker, layer=layer.name)["channels"]
        assert [channel["channel"] for channel in found] == list(range(layer.shape[-1]))
        assert [channel["minimum"] for channel in found] == maps.min(axis=0).tolist()
        assert [channel["maximum"] for channel in found] == maps.max(axis=0).tolist()
        exact = maps.astype(np.float64)
        np.testing.assert_allclose([channel["mean"] for channel in found], exact.mean(axis=0), rtol=1e-9, atol=1e-12)
        spread = exact.std(axis=0)
        np.testing.assert_allclose([channel["deviation"] for channel in found], spread, rtol=1e-9, atol=1e-12)
        assert [channel["zero_share"] for channel in found] == pytest.approx((maps == 0).mean(axis=0).tolist())
        assert [channel["silent"] for channel in found] == (maps == 0).all(axis=0).tolist()


def test_the_strongest_place_of_a_map_is_where_its_maximum_first_is(looker: Looker, manifest: Manifest) -> None:
    for layer in manifest.layers:
        values = looker.tensor(layer.name)
        for channel in statistics_of(looker, layer=layer.name)["channels"]:
            strongest, number = channel["strongest"], channel["channel"]
            assert strongest["value"] == channel["maximum"]
            if values.ndim == 3:
                places = np.argwhere(values[..., number] == strongest["value"])
                assert [strongest["y"], strongest["x"]] == places[0].tolist()
            else:
                assert (strongest["y"], strongest["x"]) == (None, None)


def test_before_the_logits_a_units_effect_is_its_weight_times_its_value(
    looker: Looker, manifest: Manifest, weights: Weights
) -> None:
    logits = manifest.layers[-2]
    values, kernel = looker.tensor(logits.input), weights[logits.name]["kernel"]
    for number, label in enumerate(manifest.labels):
        answer = statistics_of(looker, layer=logits.input, label=label)
        assert answer["label"] == label
        effects = [channel["effect"] for channel in answer["channels"]]
        np.testing.assert_allclose(effects, values * kernel[:, number], rtol=1e-5, atol=1e-7)


def test_of_the_maps_that_are_averaged_for_the_logits_the_effect_is_the_averages(
    looker: Looker, manifest: Manifest
) -> None:
    average = next(layer for layer in manifest.layers if layer.kind == "global_average_pooling")
    maps, means = (statistics_of(looker, layer=layer)["channels"] for layer in (average.input, average.name))
    np.testing.assert_allclose(
        [channel["effect"] for channel in maps], [channel["effect"] for channel in means], rtol=1e-4, atol=1e-6
    )


def test_of_the_logits_only_the_labels_own_has_an_effect_which_is_all_of_it(looker: Looker, manifest: Manifest) -> None:
    name, label = manifest.layers[-2].name, manifest.labels[1]
    channels = statistics_of(looker, layer=name, label=label)["channels"]
    logits = looker.tensor(name).tolist()
    assert [channel["effect"] for channel in channels] == [
        logits[number] if one == label else 0 for number, one in enumerate(manifest.labels)
    ]


def test_after_the_logits_there_is_no_effect(looker: Looker, manifest: Manifest) -> None:
    name = manifest.layers[-1].name
    assert {channel["effect"] for channel in statistics_of(looker, layer=name)["channels"]} == {None}
    problem = problem_of(ask(looker, layer=name, sort="effect"), ParameterInvalid)
    assert problem["parameter"] == "sort"
    assert statistics_of(looker, layer=name, sort="variance")["sort"] == "variance"


def test_without_a_label_the_effects_are_on_the_most_probable_one(looker: Looker, manifest: Manifest) -> None:
    likeliest = manifest.labels[int(looker.tensor(manifest.layers[-1].name).argmax())]
    name = manifest.layers[-2].input
    answer = statistics_of(looker, layer=name)
    assert answer["label"] == likeliest
    assert answer == statistics_of(looker, layer=name, label=likeliest)


@pytest.mark.parametrize("sort", ["variance", "effect"])
def test_sorting_changes_the_order_and_nothing_else(looker: Looker, after_relu: LayerRecord, sort: str) -> None:
    by_index = statistics_of(looker, layer=after_relu.name)
    answer = statistics_of(looker, layer=after_relu.name, sort=sort)
    key = {"variance": "deviation", "effect": "effect"}[sort]
    assert answer["sort"] == sort
    assert answer["channels"] == sorted(by_index["channels"], key=lambda channel: -channel[key])


def test_the_link_leads_to_the_maps_in_the_same_order(looker: Looker, after_relu: LayerRecord) -> None:
    answer = statistics_of(looker, layer=after_relu.name, sort="effect")
    order = [channel["channel"] for channel in answer["channels"]]
    response = looker.client.get(answer["feature_maps"])
    assert response.headers["content-type"] == "image/png"
    drawn = Image.open(io.BytesIO(response.content)).info["Channels"]
    numbers: list[int] = []
    for part in drawn.split(","):
        first, _, last = part.partition("-")
        numbers += range(int(first), int(last or first) + 1)
    assert numbers == order


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({}, "layer"),
        ({"sort": "size"}, "sort"),
        ({"sort": ""}, "sort"),
        ({"label": "unicorn"}, "label"),
        ({"label": ""}, "label"),
        ({"image_id": "0" * 65}, "image_id"),
    ],
)
def test_what_cannot_be_is_refused_by_name(
    looker: Looker, after_relu: LayerRecord, query: dict[str, str], parameter: str
) -> None:
    known = {} if parameter == "layer" else {"layer": after_relu.name}
    response = looker.client.get("/feature-maps/statistics", params={"image_id": looker.image_id, **known, **query})
    assert problem_of(response, ParameterInvalid)["parameter"] == parameter


def test_an_unknown_label_is_refused_with_all_that_there_are(looker: Looker, manifest: Manifest) -> None:
    detail = problem_of(ask(looker, layer=manifest.layers[0].name, label="unicorn"), ParameterInvalid)["detail"]
    assert ", ".join(manifest.labels) in detail


def test_an_unknown_layer_or_photo_is_refused(looker: Looker, manifest: Manifest) -> None:
    problem = problem_of(ask(looker, layer="none such"), LayerUnknown)
    assert problem["layers"] == [layer.name for layer in manifest.layers]
    problem_of(ask(Looker(looker.client, "0" * 32), layer=manifest.layers[0].name), ImageUnknown)
