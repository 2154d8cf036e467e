"""OpenVINO's client of TensorFlow Serving's REST API, as its users call it."""

from collections.abc import Callable
from typing import Any

import httpx
import numpy as np
import ovmsclient
import pytest
from ovmsclient.tfs_compat.base.errors import InvalidInputError, ModelNotFoundError

from model.manifest import Manifest
from tests.app.conftest import STRICT_BYTES
from tests.app.loopback import PATIENCE
from tests.app.protocols.test_tensorflow_serving import ROUNDING, numbers
from tests.conftest import encoded, photo_of


def asking(client: httpx.Client) -> Any:
    """A client of the same service."""
    asked = ovmsclient.make_http_client(f"{client.base_url.host}:{client.base_url.port}")
    asked.session.trust_env = False  # no proxy leads to this machine
    return asked


def test_photos_are_answered_in_an_array(client: httpx.Client, chelsea: bytes, manifest: Manifest) -> None:
    photos = [chelsea, encoded(photo_of("coffee"), "JPEG")]
    found = asking(client).predict({"image": photos}, "cat", timeout=PATIENCE)
    assert found.shape == (2, len(manifest.labels))
    for row, photo in zip(found, photos, strict=True):
        assert row == pytest.approx(numbers(client, photo, manifest), abs=ROUNDING)
    assert np.allclose(asking(client).predict({"image": photos}, "cat", manifest.version, PATIENCE), found)


def test_so_are_pixels(client: httpx.Client, manifest: Manifest) -> None:
    blank = np.zeros((2, manifest.height, manifest.width, 3), np.uint8)
    found = asking(client).predict({"images": blank}, "cat", timeout=PATIENCE)
    assert found.shape == (2, len(manifest.labels))
    assert found.sum(axis=1) == pytest.approx(1, abs=1e-6)


def test_the_status_is_read(client: httpx.Client, manifest: Manifest) -> None:
    available = {"state": "AVAILABLE", "error_code": 0, "error_message": ""}
    assert asking(client).get_model_status("cat") == {manifest.version: available}


def test_the_metadata_are_read(client: httpx.Client, manifest: Manifest) -> None:
    assert asking(client).get_model_metadata("cat") == {
        "inputs": {"image": {"dtype": "DT_STRING", "shape": [-1]}},
        "outputs": {"probabilities": {"dtype": "DT_FLOAT", "shape": [-1, len(manifest.labels)]}},
        "model_version": manifest.version,
    }


WRONG: list[tuple[Callable[[Any], object], type[Exception], str]] = [
    (lambda asked: asked.predict({"image": [b"x"]}, "lion"), ModelNotFoundError, "received: 'lion'"),
    (lambda asked: asked.get_model_status("lion"), ModelNotFoundError, "received: 'lion'"),
    (lambda asked: asked.get_model_metadata("cat", 999), ModelNotFoundError, "received: 999"),
    (lambda asked: asked.predict({"image": [b"a cat"]}, "cat"), InvalidInputError, "photo 0: Expected an image"),
    (
        lambda asked: asked.predict({"photo": [b"a cat"]}, "cat"),
        InvalidInputError,
        "image or images; received: 'photo'",
    ),
    (lambda asked: asked.predict({"image": [b"x" * STRICT_BYTES]}, "cat"), ConnectionError, "at most 65536 bytes"),
]


@pytest.mark.parametrize(("ask", "expected", "sentence"), WRONG, ids=[sentence for _, _, sentence in WRONG])
def test_a_refusal_is_an_error_of_its_own_kind_in_our_words(
    strict: httpx.Client, ask: Callable[[Any], object], expected: type[Exception], sentence: str
) -> None:
    with pytest.raises(expected, match=sentence):
        ask(asking(strict))
