"""A real server, asked as a cluster would ask it."""

from collections.abc import Iterator

import httpx
import pytest

from app.settings import Settings
from tests.app.conftest import chelsea, serving, wait_until_ready

__all__ = ["chelsea"]


@pytest.fixture(scope="package")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Asks a service with the default settings."""
    with serving(Settings(store=tmp_path_factory.mktemp("deployed") / "photos.sqlite")) as client:
        wait_until_ready(client)
        yield client
