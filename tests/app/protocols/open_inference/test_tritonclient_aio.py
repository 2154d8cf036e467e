"""The same client for asyncio."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import numpy as np
import pytest
from tritonclient.http.aio import InferenceServerClient, InferRequestedOutput
from tritonclient.utils import InferenceServerException

from model.manifest import Manifest
from tests.app.conftest import Looker, answer_of
from tests.app.loopback import PATIENCE
from tests.app.protocols.open_inference.test_tritonclient import address, image, images
from tests.conftest import encoded, photo_of


def asking(client: httpx.Client, ask: Callable[[Any], Awaitable[Any]]) -> Any:
    """What comes of asking with a client."""

    async def ask_and_close() -> Any:
        async with InferenceServerClient(address(client), conn_timeout=PATIENCE) as triton:
            return await ask(triton)

    return asyncio.run(ask_and_close())


def test_it_finds_the_server_and_its_models(client: httpx.Client, manifest: Manifest) -> None:
    async def ask(triton: Any) -> list[Any]:
        assert await triton.is_server_live()
        assert await triton.is_server_ready()
        assert await triton.is_model_ready("cat-tensor", str(manifest.version))
        assert not await triton.is_model_ready("lion")
        return [
            await triton.get_server_metadata(),
            await triton.get_model_metadata("cat"),
            await triton.get_model_config("cat"),
            await triton.get_inference_statistics("cat"),
            await triton.get_model_repository_index(),
        ]

    server, metadata, config, statistics, index = asking(client, ask)
    assert server["name"] == "catscan"
    assert metadata["name"] == config["name"] == statistics["model_stats"][0]["name"] == "cat"
    assert {"cat", "cat-tensor", "cat-features"} <= {each["name"] for each in index}


@pytest.mark.parametrize("coding", [None, "gzip", "deflate"])
def test_photos_pixels_classes_and_layers(
    client: httpx.Client, chelsea: bytes, looker: Looker, manifest: Manifest, coding: str | None
) -> None:
    pixels = looker.tensor("images")[None].astype(np.uint8)
    options = {"request_compression_algorithm": coding, "response_compression_algorithm": coding}

    async def ask(triton: Any) -> list[Any]:
        classes = [InferRequestedOutput("probabilities", class_count=1)]
        return [
            await triton.infer("cat", image([chelsea]), **options),
            await triton.infer("cat", image([chelsea], binary=False), **options),
            await triton.infer("cat-tensor", images(pixels), **options),
            await triton.infer("cat", image([chelsea]), outputs=classes, **options),
            await triton.infer("cat-features", image([chelsea]), outputs=[InferRequestedOutput("conv2")], **options),
        ]

    *answers, classes, maps = asking(client, ask)
    scores = {each["label"]: each["score"] for each in answer_of(client, chelsea)["predictions"]}
    for answer in answers:
        assert answer.as_numpy("probabilities").tolist() == [[scores[label] for label in manifest.labels]]
    assert classes.as_numpy("probabilities")[0, 0].endswith(b":cat")
    np.testing.assert_array_equal(maps.as_numpy("conv2"), looker.tensor("conv2")[None])


def test_many_at_once_get_each_their_own_answer(client: httpx.Client, chelsea: bytes) -> None:
    photos = [chelsea, encoded(photo_of("coffee"), "JPEG")] * 8

    async def ask(triton: Any) -> list[Any]:
        alone = [await triton.infer("cat", image([photo])) for photo in photos[:2]]
        return alone + await asyncio.gather(*(triton.infer("cat", image([photo])) for photo in photos))

    cat, cup, *together = (result.as_numpy("probabilities") for result in asking(client, ask))
    assert abs(cat - cup).max() > 0.1
    for at, found in enumerate(together):
        np.testing.assert_allclose(found, (cat, cup)[at % 2], atol=0.05)


def test_a_refusal_is_its_exception_in_our_words(client: httpx.Client) -> None:
    with pytest.raises(InferenceServerException, match=r"photo 0: Expected an image, .*; received 5 bytes") as raised:
        asking(client, lambda triton: triton.infer("cat", image([b"a cat"])))
    assert raised.value.status() == "400"
