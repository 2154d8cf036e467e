"""A real browser before a real server: the page as a visitor has it."""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from app.settings import Settings
from tests.app.conftest import chelsea, serving, wait_until_ready
from tests.app.loopback import PATIENCE
from tests.conftest import encoded, photo_of
from tests.page.visitor import Visitor

__all__ = ["chelsea"]
BROWSERS = "chromium", "chromium-headless-shell", "google-chrome"


@pytest.fixture(scope="package")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Asks the server that the visitors look at; it refuses photos of a mebibyte or of a million pixels.

    In float32, as all that looks inside, so that a photo that is looked up again has the very answer that it had.
    """
    store = tmp_path_factory.mktemp("page") / "photos.sqlite"
    settings = Settings(store=store, max_body_bytes=2**20, max_pixels=1_000_000, precision="float32")
    with serving(settings) as client:
        wait_until_all_answer(client)
        yield client


def wait_until_all_answer(client: httpx.Client) -> None:
    """The usual model is there as soon as the service is ready; the others come after it."""
    wait_until_ready(client)
    start = time.monotonic()
    while any(model["stable"] is None for model in client.get("/models").json()["models"]):
        assert time.monotonic() - start < PATIENCE, "a model did not become ready"
        time.sleep(0.1)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Of the package's tests only: while Playwright runs, no other event loop can."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None and os.environ.get("CI"):
        pytest.fail(f"CI looks at the page: expected a browser, one of {', '.join(BROWSERS)}; none is on the path")
    if found is None:
        pytest.skip(f"no browser: none of {', '.join(BROWSERS)} is on the path (Debian: apt install chromium)")
    with sync_playwright() as playwright:
        # Chromium's own sandbox does not run as root, as in most containers; all pages here are ours.
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, client: httpx.Client) -> Iterator[Page]:
    """An empty page that knows the server's address."""
    context = browser.new_context(base_url=str(client.base_url), viewport={"width": 1440, "height": 900})
    yield context.new_page()
    context.close()


@pytest.fixture
def visitor(browser: Browser, client: httpx.Client, photo_file: Path) -> Iterator[Visitor]:
    """Has come to the page, and has posted nothing yet."""
    with Visitor.of(browser, client, photo_file) as visitor:
        yield visitor


@pytest.fixture
def looking(visitor: Visitor) -> Visitor:
    """Has posted the photo of the cat and got an answer."""
    visitor.choose(visitor.file)
    return visitor


@pytest.fixture(scope="session")
def photo_file(tmp_path_factory: pytest.TempPathFactory, chelsea: bytes) -> Path:
    file = tmp_path_factory.mktemp("photos") / "cat.jpg"
    file.write_bytes(chelsea)
    return file


@pytest.fixture(scope="session")
def rocket_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("photos") / "rocket.png"
    file.write_bytes(encoded(photo_of("rocket"), "PNG"))
    return file
