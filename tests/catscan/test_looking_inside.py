"""What the client tells of the network's inside, at a real service, held against other ways to the same numbers."""

import asyncio
import io
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from app.registry.registry import first_to_serve
from app.settings import Settings
from catscan import Answer, AsyncClient, CatscanError, Client
from model.artifact import Artifact
from model.manifest import LayerRecord
from tests.catscan.conftest import DAY_S

METHODS = ["grad-cam", "occlusion", "integrated-gradients", "gradient", "smooth-gradient"]
QUICK: dict[str, dict[str, Any]] = {"integrated-gradients": {"steps": 4}, "smooth-gradient": {"samples": 2}}


def png(picture: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(picture))
    image.load()
    assert image.format == "PNG"
    return image


def test_a_receipt_of_a_map_adds_up(client: Client, answer: Answer, convolution: LayerRecord) -> None:
    receipt = client.receipt(answer.image_id, convolution.name, channel=1, y=0, x=3)
    maps = client.feature_maps(answer.image_id, convolution.name)
    assert (receipt.layer, receipt.kind, receipt.channel, receipt.y, receipt.x) == (
        convolution.name, "convolution", 1, 0, 3,
    )  # fmt: skip
    assert receipt.output == float(maps[0, 3, 1])
    assert receipt.bias is not None
    assert receipt.recomputed is not None
    assert receipt.bound is not None
    assert math.fsum([receipt.bias, *(term.product for term in receipt.terms)]) == pytest.approx(receipt.recomputed)
    assert abs(receipt.output - receipt.recomputed) <= receipt.bound
    assert all(term.value * term.weight == pytest.approx(term.product) for term in receipt.terms)
    assert {term.layer for term in receipt.terms} == {convolution.input}


def test_a_receipt_of_a_vector_is_asked_for_by_its_unit(client: Client, answer: Answer, dense: LayerRecord) -> None:
    receipt = client.receipt(answer.image_id, dense.name, unit=2)
    assert (receipt.unit, receipt.y, receipt.x) == (2, None, None)
    assert receipt.output == float(client.feature_maps(answer.image_id, dense.name)[2])
    assert all(term.y is None for term in receipt.terms) or len(receipt.terms) > 1


def test_a_receipt_of_a_pixel_is_where_everything_begins(client: Client, answer: Answer) -> None:
    receipt = client.receipt(answer.image_id, "images", channel=2, y=5, x=6)
    assert receipt.terms == ()
    assert receipt.output == int(receipt.output)
    assert 0 <= receipt.output <= 255


def test_a_receipt_says_which_place_is_missing(client: Client, answer: Answer, convolution: LayerRecord) -> None:
    with pytest.raises(CatscanError) as caught:
        client.receipt(answer.image_id, convolution.name, channel=0, y=0)
    assert (caught.value.code, caught.value.facts) == ("parameter_invalid", {"parameter": "x"})


@pytest.mark.parametrize("method", METHODS)
def test_every_method_explains_the_most_probable_label(client: Client, answer: Answer, method: str) -> None:
    explanation = client.explain(answer.image_id, method, **QUICK.get(method, {}))
    assert (explanation.method, explanation.label) == (method, answer.label)
    assert explanation.logit == pytest.approx(answer.predictions[0].logit, abs=0.1)  # which may be bfloat16's
    assert explanation.values.dtype == np.float32
    assert explanation.values.ndim == 2
    assert np.isfinite(explanation.values).all()
    assert np.abs(explanation.values).max() > 0
    assert {"image_id", "model"} <= explanation.facts.keys()


def test_an_explanation_is_of_the_label_that_is_asked_for(client: Client, answer: Answer) -> None:
    least = answer.predictions[-1]
    explanation = client.explain(answer.image_id, "grad-cam", least.label)
    assert explanation.label == least.label
    assert explanation.logit == pytest.approx(least.logit, abs=0.1)


def test_a_method_that_is_none_is_said_to_be_so(client: Client, answer: Answer) -> None:
    with pytest.raises(CatscanError) as caught:
        client.explain(answer.image_id, "tea-leaves")
    assert (caught.value.code, caught.value.facts) == ("parameter_invalid", {"parameter": "method"})


def test_kernels_are_the_artifact_s_weights(client: Client, convolution: LayerRecord) -> None:
    kernels = client.kernels(convolution.name)
    assert kernels.dtype == np.float32
    assert kernels.shape == convolution.weights["kernel"]
    artifact = Artifact.load(first_to_serve(Settings()).folder)
    assert np.array_equal(kernels, artifact.weights(convolution.name)["kernel"])
    some = client.kernels(convolution.name, channels=[3, 0], inputs=1)
    assert np.array_equal(some, kernels[:, :, [1]][..., [3, 0]])


def test_an_ablation_has_the_scores_of_every_label(client: Client, answer: Answer, convolution: LayerRecord) -> None:
    together = client.ablate(answer.image_id, convolution.name, [0, 1, 2])
    assert together.layer == convolution.name
    assert together.before.logits[answer.label] == pytest.approx(answer.predictions[0].logit, abs=0.1)
    (without,) = together.without
    assert without.channels == (0, 1, 2)
    assert sum(without.probabilities.values()) == pytest.approx(1)
    for label, difference in without.differences.items():
        assert difference == pytest.approx(without.logits[label] - together.before.logits[label], abs=1e-5)


def test_each_channel_may_be_switched_off_alone(client: Client, answer: Answer, convolution: LayerRecord) -> None:
    alone = client.ablate(answer.image_id, convolution.name, "0-2", each=True)
    assert [without.channels for without in alone.without] == [(0,), (1,), (2,)]


def test_explanations_and_kernels_are_drawn(client: Client, answer: Answer, convolution: LayerRecord) -> None:
    assert png(client.picture(answer.image_id, method="grad-cam")).width > 100
    assert png(client.picture(answer.image_id, method="grad-cam", label="dog", layer=convolution.name)).width > 100
    assert png(client.picture(layer=convolution.name, channels="0-3")).width > 100


def test_the_asynchronous_client_tells_the_same(url: str, client: Client, cat: Path, convolution: LayerRecord) -> None:
    image_id, layer = client.predict(cat).image_id, convolution.name

    async def ask() -> tuple[Any, ...]:
        async with AsyncClient(url, timeout_s=DAY_S) as other:
            return await asyncio.gather(
                other.receipt(image_id, layer, channel=0, y=1, x=2),
                other.ablate(image_id, layer, 0),
                other.explain(image_id, "grad-cam", "cat"),
                other.kernels(layer),
            )

    receipt, ablation, explanation, kernels = asyncio.run(ask())
    assert receipt == client.receipt(image_id, convolution.name, channel=0, y=1, x=2)
    assert ablation == client.ablate(image_id, convolution.name, 0)
    same = client.explain(image_id, "grad-cam", "cat")
    assert explanation.facts == same.facts
    assert np.array_equal(explanation.values, same.values)
    assert np.array_equal(kernels, client.kernels(convolution.name))
