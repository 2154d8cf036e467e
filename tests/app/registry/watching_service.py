"""A service that looks for newer versions of small models."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from app.settings import Settings
from tests.app.conftest import serving, wait_until_ready
from tests.app.registry.operating import KEYS, listed, wait_until
from tests.app.registry.versions_on_disk import small_version

NAMES = (f"model-{number}" for number in itertools.count())


@contextmanager
def watching_service(models: Path, watch_s: float) -> Iterator[httpx.Client]:
    """Asks a service that serves this new folder; `first` is its usual model."""
    small_version(models, "first", 1, [0.0, 1.0])
    store = models.with_name("photos.sqlite")
    with serving(Settings(models=models, model="first", store=store, watch_s=watch_s, admin_keys=KEYS)) as client:
        wait_until_ready(client)
        yield client


def brought_in(client: httpx.Client, models: Path) -> str:
    """A further model of that service, whose first version has just come."""
    name = next(NAMES)
    small_version(models, name, 1, [0.0, 1.0])
    wait_until(lambda: stable(client, name) == 1)
    return name


def stable(client: httpx.Client, name: str) -> int | None:
    """The version that answers; None for a model that is not there."""
    names = [model["name"] for model in client.get("/models").json()["models"]]
    return listed(client, name)["stable"] if name in names else None
