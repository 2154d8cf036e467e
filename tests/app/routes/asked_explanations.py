"""Explanations as the service gives them."""

import io
from typing import Any

import httpx
import numpy as np
from numpy.typing import NDArray

from tests.app.conftest import Looker

Answer = dict[str, Any]


def ask(looker: Looker, accept: str = "*/*", **query: str) -> httpx.Response:
    params = {"image_id": looker.image_id, **query}
    return looker.client.get("/explanations", params=params, headers={"accept": accept})


def answered(looker: Looker, **query: str) -> httpx.Response:
    response = ask(looker, **query)
    assert response.status_code == 200, response.text
    return response


def explained(looker: Looker, **query: str) -> Answer:
    answer: Answer = answered(looker, format="json", **query).json()
    return answer


def values_of(answer: Answer) -> NDArray[np.float32]:
    """[rows, columns]."""
    return np.array(answer["data"], np.float32).reshape(answer["shape"])


def tensor(looker: Looker, **query: str) -> NDArray[np.float32]:
    found: NDArray[np.float32] = np.load(io.BytesIO(answered(looker, format="npy", **query).content))
    assert found.dtype == np.float32
    return found
