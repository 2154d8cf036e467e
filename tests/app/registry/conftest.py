"""A service whose models are small and come and go: each test has its own."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.settings import Settings
from tests.app.conftest import serving, wait_until_ready
from tests.app.registry.operating import KEYS
from tests.app.registry.versions_on_disk import small_version

NAMES = (f"model-{number}" for number in itertools.count())


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of that service; `first` is its usual model."""
    folder = tmp_path_factory.mktemp("models")
    small_version(folder, "first", 1, [0.0, 1.0])
    return folder


@pytest.fixture(scope="session")
def changing(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Asks the service."""
    store = tmp_path_factory.mktemp("changing") / "photos.sqlite"
    with serving(Settings(models=models, model="first", store=store, admin_keys=KEYS)) as client:
        wait_until_ready(client)
        yield client


@pytest.fixture
def name(models: Path) -> str:
    """A model of the test's own, with versions 1 and 2 that disagree about every photo, and nothing loaded."""
    name = next(NAMES)
    small_version(models, name, 1, [0.0, 1.0])
    small_version(models, name, 2, [2.0, 1.0])
    return name
