"""What an operator does to a running service, with a key."""

import time
from collections.abc import Callable
from typing import Any

import httpx

from app.keys import Keys, hash_of, new_key
from tests.app.loopback import PATIENCE

KEY = new_key()
KEYS = Keys.parse(f"tests:{hash_of(KEY).hex()}")
HEADERS = {"authorization": f"Bearer {KEY}"}


def operate(client: httpx.Client, path: str, **query: object) -> httpx.Response:
    """POST /admin/models/path."""
    return client.post(
        f"/admin/models/{path}", params={name: str(each) for name, each in query.items()}, headers=HEADERS
    )


def operated(client: httpx.Client, path: str, **query: object) -> dict[str, Any]:
    """The same, and nothing may be wrong with it."""
    response = operate(client, path, **query)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def listed(client: httpx.Client, name: str) -> dict[str, Any]:
    """What GET /models says of a model."""
    models: list[dict[str, Any]] = client.get("/models").json()["models"]
    return next(model for model in models if model["name"] == name)


def states(client: httpx.Client, name: str) -> dict[int, str]:
    """The state of each version of a model."""
    return {version["version"]: version["state"] for version in listed(client, name)["versions"]}


def wait_until(true: Callable[[], bool]) -> None:
    start = time.monotonic()
    while not true():
        assert time.monotonic() - start < PATIENCE
        time.sleep(0.02)
