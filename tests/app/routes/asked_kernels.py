"""Kernels as the service gives them."""

import io

import httpx
import numpy as np
from numpy.typing import NDArray
from PIL import Image


def ask(client: httpx.Client, layer: str, **query: str) -> httpx.Response:
    return client.get(f"/layers/{layer}/kernels", params=query)


def answered(client: httpx.Client, layer: str, **query: str) -> httpx.Response:
    response = ask(client, layer, **query)
    assert response.status_code == 200, response.text
    return response


def tensor(client: httpx.Client, layer: str, **query: str) -> NDArray[np.float32]:
    found: NDArray[np.float32] = np.load(io.BytesIO(answered(client, layer, format="npy", **query).content))
    assert found.dtype == np.float32
    return found


def chunks(response: httpx.Response) -> dict[str, str]:
    return {str(name): str(text) for name, text in Image.open(io.BytesIO(response.content)).info.items()}
