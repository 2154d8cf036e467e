"""Real servers on the loopback with the real artifact, and the shape that every refusal has."""

import contextlib
import io
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray

from app.errors import InternalError, NotReady, ServiceError
from app.main import create_app
from app.registry.registry import first_to_serve
from app.settings import Settings
from model.manifest import LayerRecord, Manifest
from tests.app.loopback import PATIENCE, on_loopback
from tests.conftest import encoded, photo_of

Weights = dict[str, dict[str, NDArray[np.float32]]]  # kernel and bias, by the layer's name

STRICT_BYTES, STRICT_PIXELS, STRICT_PHOTOS = 65_536, 140_000, 2


@contextlib.contextmanager
def serving(settings: Settings) -> Iterator[httpx.Client]:
    """A server with these settings, from before it is ready."""
    app = create_app(settings)

    def told_to_stop(number: int, _: FrameType | None) -> None:
        """A server that cannot serve stops its process: here, that is the tests' own."""
        signal.signal(number, before)
        if app.state.failed:
            raise RuntimeError("a server of the tests could not serve: see its log")
        signal.raise_signal(number)

    before = signal.signal(signal.SIGTERM, told_to_stop)
    try:
        with on_loopback(app) as client:
            yield client
    finally:
        signal.signal(signal.SIGTERM, before)


def wait_until_ready(client: httpx.Client) -> None:
    start = time.monotonic()
    while client.get("/health/ready").status_code != 200:
        assert time.monotonic() - start < PATIENCE, "the service did not become ready"
        time.sleep(0.1)


@pytest.fixture(scope="session")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Asks a service with the default settings, but for room for the photos of all tests: they are one client."""
    store = tmp_path_factory.mktemp("default") / "photos.sqlite"
    with serving(Settings(store=store, store_photos=10_000)) as client:
        wait_until_ready(client)
        yield client


@pytest.fixture(scope="session")
def strict_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("strict") / "photos.sqlite"


@pytest.fixture(scope="session")
def strict(strict_store: Path) -> Iterator[httpx.Client]:
    """Asks a service with small limits."""
    settings = Settings(
        store=strict_store, store_photos=STRICT_PHOTOS, max_body_bytes=STRICT_BYTES, max_pixels=STRICT_PIXELS
    )
    with serving(settings) as client:
        wait_until_ready(client)
        yield client


@pytest.fixture(scope="session")
def manifest_folder() -> Path:
    """That of the version that the servers serve."""
    return first_to_serve(Settings()).folder


@pytest.fixture(scope="session")
def manifest(manifest_folder: Path) -> Manifest:
    """Of the network that the servers serve."""
    return Manifest.load(manifest_folder)


@pytest.fixture(scope="session")
def weights(manifest: Manifest) -> Weights:
    """Of each layer that has some, as TensorFlow's own reader finds them in the SavedModel's files."""
    import tensorflow as tf

    variables = first_to_serve(Settings()).folder / "variables" / "variables"
    reader = tf.train.load_checkpoint(str(variables))
    names = [(layer.name, name) for layer in manifest.layers for name in layer.weights]
    found: Weights = {layer: {} for layer, _ in names}
    for number, (layer, name) in enumerate(names):
        found[layer][name] = reader.get_tensor(f"weights/{number}/.ATTRIBUTES/VARIABLE_VALUE")
    return found


@pytest.fixture(scope="session")
def chelsea() -> bytes:
    """A cat, 451 x 300 pixels, as JPEG."""
    return encoded(photo_of("chelsea"), "JPEG", quality=90)


def answer_of(client: httpx.Client, photo: bytes) -> dict[str, Any]:
    """What /predict says of a photo."""
    response = client.post("/predict", content=photo)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def problem_of(response: httpx.Response, expected: type[ServiceError]) -> dict[str, Any]:
    """The problem document of a refused request, held to the shape that all have (RFC 9457)."""
    document: dict[str, Any] = response.json()
    assert document["code"] == expected.code, document
    assert response.headers["content-type"] == "application/problem+json"
    assert response.status_code == document["status"] == expected.status
    assert document["title"] == expected.title
    assert document["type"] == "about:blank"
    if expected not in (NotReady, InternalError):  # nothing wrong came in
        assert any(word in document["detail"].lower() for word in ("expected", "should", "required")), document
        assert any(word in document["detail"] for word in ("received", "said")), document
    assert all(response.headers[name] == value for name, value in expected.headers.items())
    return document


class Looker:
    """Looks at the feature maps of one photo that was posted before."""

    def __init__(self, client: httpx.Client, image_id: str) -> None:
        self.client, self.image_id = client, image_id

    def ask(self, accept: str = "*/*", **query: str) -> httpx.Response:
        headers = {"accept": accept}
        return self.client.get("/feature-maps", params={"image_id": self.image_id, **query}, headers=headers)

    def look(self, accept: str = "*/*", **query: str) -> httpx.Response:
        """The same, and nothing may be wrong with it."""
        response = self.ask(accept, **query)
        assert response.status_code == 200, response.text
        return response

    def tensor(self, layer: str, **query: str) -> NDArray[np.float32]:
        """A layer's output as npy gives it."""
        values: NDArray[np.float32] = np.load(io.BytesIO(self.look(layer=layer, format="npy", **query).content))
        assert values.dtype == np.float32
        return values


@pytest.fixture(scope="session")
def looker(client: httpx.Client, chelsea: bytes) -> Looker:
    return Looker(client, answer_of(client, chelsea)["image_id"])


@pytest.fixture(scope="session")
def before_relu(manifest: Manifest) -> LayerRecord:
    """A layer with maps whose values may be negative."""
    return next(layer for layer in manifest.layers if layer.kind == "convolution")


@pytest.fixture(scope="session")
def after_relu(manifest: Manifest) -> LayerRecord:
    return next(layer for layer in manifest.layers if layer.kind == "relu")


@pytest.fixture(scope="session")
def weighing(manifest: Manifest) -> list[LayerRecord]:
    """The layers that have kernels."""
    return [layer for layer in manifest.layers if layer.weights]
