"""Both clients at a real service: what they are told is what the network says, and both are told the same."""

import asyncio
import inspect
import io
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from catscan import Answer, AsyncClient, Client, NotFound, PhotoRefused
from model.manifest import LayerRecord, Manifest
from tests.catscan.conftest import DAY_S, Script, problem, said


def test_an_answer_is_the_service_s(client: Client, url: str, chelsea: bytes) -> None:
    answer = client.predict(chelsea)
    document = httpx.post(f"{url}/predict", content=chelsea, trust_env=False, timeout=DAY_S).json()
    assert (answer.label, answer.present) == ("cat", ("cat",))
    assert len(answer.image_id) == len(document["image_id"])
    assert answer.probability == pytest.approx(document["probability"], abs=1e-5)
    assert [prediction.label for prediction in answer.predictions] == [row["label"] for row in document["predictions"]]
    assert list(answer.preprocessing) == document["preprocessing"]
    assert document.keys() <= answer.facts.keys()


def test_a_photo_may_be_a_path_bytes_or_an_open_file(client: Client, cat: Path) -> None:
    with cat.open("rb") as opened:
        answers = [client.predict(photo) for photo in (cat, str(cat), cat.read_bytes(), opened)]
    assert all(answer.preprocessing == answers[0].preprocessing for answer in answers)
    assert len({answer.image_id for answer in answers}) == 4


def test_several_photos_are_answered_in_their_order_and_bad_ones_refused_in_their_places(
    client: Client, url: str, cat: Path, answer: Answer
) -> None:
    photos = [cat, b"a cat", cat.read_bytes()] * 12  # more than one request takes
    for outcomes in both(url, lambda asked: asked.predict_many(photos)):
        assert len(outcomes) == len(photos)
        for photo, outcome in zip(photos, outcomes, strict=True):
            if photo == b"a cat":
                assert isinstance(outcome, PhotoRefused)
                assert (outcome.code, outcome.status) == ("not_an_image", 422)
                assert outcome.detail.startswith("Expected an image")
            else:
                assert (outcome.preprocessing, outcome.label) == (answer.preprocessing, answer.label)
                assert outcome.probability == pytest.approx(answer.probability, abs=1e-5)
    assert client.predict_many([]) == []


def test_photos_that_are_too_many_together_are_asked_about_alone(script: Script, answer: Answer) -> None:
    too_many, one = problem(413, "too_many_photos", max_photos=1), said({"results": [answer.facts]})
    with script(*[too_many, one, problem(413, "body_too_large"), one] * 2) as service:
        for first, second, third in both(service.url, lambda asked: asked.predict_many([b"1", b"2", b"3"])):
            assert (first.label, third.label) == ("cat", "cat")
            assert isinstance(second, PhotoRefused)
            assert second.code == "body_too_large"
    assert [heard.body.count(b'name="file"') for heard in service.heard] == [3, 1, 1, 1] * 2


def test_the_networks_are_listed_and_may_be_asked_by_name(client: Client, chelsea: bytes, manifest: Manifest) -> None:
    usual = client.models()[0]
    assert (usual.name, usual.usual, usual.stable) == (manifest.name, True, manifest.version)
    assert manifest.version in [version["version"] for version in usual.versions]
    for version in (manifest.version, str(manifest.version), "stable", None):
        assert client.predict(chelsea, model=usual.name, version=version).model.version == manifest.version
        assert client.layers(model=usual.name, version=version).model.digest == manifest.digest
    with pytest.raises(NotFound, match="received: 'lion'"):
        client.predict(chelsea, model="lion")
    with pytest.raises(NotFound, match="received: 999"):
        client.predict_many([chelsea], version=999)


def test_threads_may_share_a_client(client: Client, chelsea: bytes, answer: Answer) -> None:
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: client.predict(chelsea), range(24)))
    assert {answer.label for answer in answers} == {answer.label}
    assert len({answer.image_id for answer in answers}) == 24


def test_the_layers_are_the_manifest_s(client: Client, manifest: Manifest) -> None:
    network = client.layers()
    assert (network.model.name, network.model.digest) == (manifest.name, manifest.digest)
    assert (network.height, network.width, network.labels) == (manifest.height, manifest.width, manifest.labels)
    assert (network.parameters, network.multiply_adds) == (manifest.parameters, manifest.multiply_adds)
    for layer, record in zip(network.layers, manifest.layers, strict=True):
        assert (layer.name, layer.kind, layer.input) == (record.name, record.kind, record.input)
        assert (layer.shape, layer.kernel, layer.stride) == (record.shape, record.kernel, record.stride)
        assert (layer.parameters, layer.signed) == (record.parameters, record.signed)


def test_feature_maps_are_the_exact_numbers_that_the_statistics_are_of(
    client: Client, answer: Answer, manifest: Manifest
) -> None:
    statistics = client.statistics(answer.image_id)
    assert [(row.layer, row.shape) for row in statistics] == [(layer.name, layer.shape) for layer in manifest.layers]
    for row in statistics:
        maps = client.feature_maps(answer.image_id, row.layer)
        assert maps.dtype == np.float32
        assert maps.shape == row.shape
        assert (float(maps.min()), float(maps.max())) == (row.minimum, row.maximum)


def test_some_channels_come_in_the_order_that_they_are_named_in(
    client: Client, answer: Answer, convolution: LayerRecord
) -> None:
    last = convolution.shape[-1] - 1
    maps = client.feature_maps(answer.image_id, convolution.name)
    some = client.feature_maps(answer.image_id, convolution.name, [last, 0, 1])
    assert np.array_equal(some, maps[..., [last, 0, 1]])
    assert np.array_equal(client.feature_maps(answer.image_id, convolution.name, last), maps[..., [last]])


def test_a_picture_of_maps_is_drawn_as_it_is_asked_for(
    client: Client, answer: Answer, convolution: LayerRecord
) -> None:
    picture = client.picture(answer.image_id, convolution.name, channels="0-3", scale="channel", colormap="gray")
    with Image.open(io.BytesIO(picture)) as image:
        image.load()
        assert image.format == "PNG"
        assert "gray" in str(image.info).lower()
    assert picture != client.picture(answer.image_id, convolution.name, channels="0-3")


def test_a_picture_of_nothing_is_a_mistake(client: Client, answer: Answer) -> None:
    wrong: list[dict[str, Any]] = [{}, {"image_id": answer.image_id}, {"method": "grad-cam"}, {"channels": 1}]
    for nothing in wrong:
        with pytest.raises(ValueError, match="received less"):
            client.picture(**nothing)
    with pytest.raises(ValueError, match="received less"):
        client.picture(layer="conv1", method="grad-cam")


def both(url: str, ask: Callable[[Any], Any]) -> tuple[Any, Any]:
    """What the client says, and what the other one does."""

    async def waited_for() -> Any:
        async with AsyncClient(url, timeout_s=DAY_S) as client:
            answer: Awaitable[Any] = ask(client)
            return await answer

    with Client(url, timeout_s=DAY_S) as client:
        return ask(client), asyncio.run(waited_for())


def test_the_asynchronous_client_says_the_same(url: str, cat: Path, answer: Answer, convolution: LayerRecord) -> None:
    one, other = both(url, lambda client: client.predict(cat))
    assert (one.preprocessing, one.label, one.model) == (other.preprocessing, other.label, other.model)
    name, image_id = convolution.name, answer.image_id
    questions: list[Callable[[Any], Any]] = [
        lambda client: client.layers(),
        lambda client: client.statistics(image_id),
        lambda client: client.picture(image_id, name, channels=0),
    ]
    for ask in questions:
        one, other = both(url, ask)
        assert one == other
    one, other = both(url, lambda client: client.feature_maps(image_id, name, [1, 0]))
    assert np.array_equal(one, other)


def test_many_photos_can_be_under_way_at_once(url: str, chelsea: bytes, answer: Answer) -> None:
    async def ask_many() -> list[Answer]:
        async with AsyncClient(url, timeout_s=DAY_S) as client:
            return await asyncio.gather(*(client.predict(chelsea) for _ in range(24)))

    answers = asyncio.run(ask_many())
    assert {answer.label for answer in answers} == {answer.label}
    assert len({answer.image_id for answer in answers}) == 24


def test_an_asynchronous_client_closes_the_connections_that_it_opened_and_no_others(url: str) -> None:
    async def close_both() -> tuple[bool, bool]:
        async with httpx.AsyncClient(trust_env=False) as theirs:
            async with AsyncClient(url, timeout_s=DAY_S, http=theirs) as client:
                await client.layers()
            async with AsyncClient(url, timeout_s=DAY_S) as client:
                await client.layers()
            try:
                await client.layers()
            except RuntimeError:  # httpx's, of a client that is closed
                return theirs.is_closed, True
            return theirs.is_closed, False

    assert asyncio.run(close_both()) == (False, True)


def methods(kind: type) -> dict[str, inspect.Signature]:
    found = inspect.getmembers(kind, inspect.isfunction)
    return {name: inspect.signature(method) for name, method in found if not name.startswith("_")}


def test_both_clients_have_the_same_methods_with_the_same_types() -> None:
    assert methods(Client) == methods(AsyncClient)
    assert inspect.signature(Client).parameters.keys() == inspect.signature(AsyncClient).parameters.keys()
    assert all(
        method.__doc__ for _, method in inspect.getmembers(Client, inspect.isfunction) if method.__name__[0] != "_"
    )
