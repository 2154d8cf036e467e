"""What each method asks over HTTP, word for word."""

from collections.abc import Callable
from typing import Any

import pytest

from catscan import CatscanError, Client
from tests.catscan.conftest import Script, said

QUESTIONS: list[tuple[Callable[[Client], object], str, dict[str, str]]] = [
    (lambda client: client.layers(), "/layers", {}),
    (lambda client: client.models(), "/models", {}),
    (lambda client: client.layers(model="dense", version=3), "/layers", {"model": "dense", "version": "3"}),
    (
        lambda client: client.kernels("conv1", model="dense", version="stable"),
        "/layers/conv1/kernels",
        {"model": "dense", "version": "stable", "format": "npy"},
    ),
    (lambda client: client.statistics("5f"), "/feature-maps", {"image_id": "5f"}),
    (
        lambda client: client.feature_maps("5f", "conv1", [0, 1, 2]),
        "/feature-maps",
        {"image_id": "5f", "layer": "conv1", "channels": "0-2", "format": "npy"},
    ),
    (
        lambda client: client.receipt("5f", "conv1", channel=0, y=0, x=12),
        "/receipts",
        {"image_id": "5f", "layer": "conv1", "channel": "0", "y": "0", "x": "12"},
    ),
    (
        lambda client: client.receipt("5f", "logits", unit=0),
        "/receipts",
        {"image_id": "5f", "layer": "logits", "unit": "0"},
    ),
    (
        lambda client: client.explain("5f", "occlusion", "big cat", window=32, noise=0.25, layer=None, effective=True),
        "/explanations",
        {
            "image_id": "5f", "method": "occlusion", "label": "big cat", "window": "32", "noise": "0.25",
            "effective": "true", "format": "json",
        },
    ),
    (
        lambda client: client.kernels("conv/1 &", 3, range(2), epoch=0),
        "/layers/conv%2F1%20%26/kernels",
        {"channels": "3", "inputs": "0-1", "epoch": "0", "format": "npy"},
    ),
    (
        lambda client: client.ablate("5f", "conv1", "0,5-9"),
        "/ablations",
        {"image_id": "5f", "layer": "conv1", "channels": "0,5-9"},
    ),
    (
        lambda client: client.ablate("5f", "conv1", 0, each=True),
        "/ablations",
        {"image_id": "5f", "layer": "conv1", "channels": "0", "each": "true"},
    ),
    (
        lambda client: client.picture("5f", "conv1", channels=7, scale="-1,1"),
        "/feature-maps",
        {"image_id": "5f", "layer": "conv1", "channels": "7", "scale": "-1,1", "format": "png"},
    ),
    (
        lambda client: client.picture("5f", "conv1", "grad-cam", label="cat"),
        "/explanations",
        {"image_id": "5f", "layer": "conv1", "method": "grad-cam", "label": "cat", "format": "png"},
    ),
    (
        lambda client: client.picture(layer="conv1", epoch=4, colormap="gray"),
        "/layers/conv1/kernels",
        {"epoch": "4", "colormap": "gray", "format": "png"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("ask", "path", "query"), QUESTIONS, ids=[path for _, path, _ in QUESTIONS])
def test_a_method_asks_one_question(
    script: Script, ask: Callable[[Client], object], path: str, query: dict[str, Any]
) -> None:
    with (
        script(said("nothing that answers it")) as service,
        Client(service.url) as client,
        pytest.raises(CatscanError, match="cannot be read"),
    ):
        ask(client)
    (heard,) = service.heard
    assert (heard.method, heard.path, heard.query, heard.body) == ("GET", path, query, b"")


def test_several_photos_are_posted_as_parts_of_a_form_in_their_order(script: Script) -> None:
    with script(said({"results": []})) as service, Client(service.url) as client:
        assert client.predict_many([b"one", b"two"], model="dense", version=3) == []
    (heard,) = service.heard
    assert (heard.method, heard.path, heard.query) == ("POST", "/predict/batch", {"model": "dense", "version": "3"})
    assert heard.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert heard.body.count(b'name="file"') == 2
    assert heard.body.index(b"one") < heard.body.index(b"two")


def test_a_photo_may_be_for_another_network(script: Script) -> None:
    with script(said({})) as service, Client(service.url) as client, pytest.raises(CatscanError):
        client.predict(b"\xff\xd8\xff", model="dense", version="canary")
    (heard,) = service.heard
    assert heard.query == {"model": "dense", "version": "canary"}


def test_a_photo_is_posted_as_it_is(script: Script) -> None:
    with script(said({})) as service, Client(service.url) as client, pytest.raises(CatscanError):
        client.predict(b"\xff\xd8\xff")
    (heard,) = service.heard
    assert (heard.method, heard.path, heard.query, heard.body) == ("POST", "/predict", {}, b"\xff\xd8\xff")
