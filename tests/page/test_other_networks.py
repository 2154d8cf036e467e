from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser

from app.settings import Settings
from tests.app.conftest import serving, wait_until_ready
from tests.model.artifacts import MAPS, SIZE, VECTORS, random_network, write_artifact
from tests.page.visitor import Visitor, spoken

LABELS = 3


@pytest.fixture(scope="module", params=[MAPS, VECTORS], ids=["maps", "vectors"])
def other(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Asks a server of a network with other layers, another size and other classes."""
    folder = tmp_path_factory.mktemp("other")
    (folder / "1").mkdir()
    write_artifact(folder / "1", random_network(request.param, LABELS, *SIZE), request.param)
    with serving(Settings(models=folder, store=folder / "photos.sqlite")) as client:
        wait_until_ready(client)
        yield client


def test_the_page_shows_any_network(browser: Browser, other: httpx.Client, photo_file: Path) -> None:
    with Visitor.of(browser, other, photo_file) as visitor:
        visitor.choose(photo_file)
        assert visitor.page.locator(".verdict .bars li").count() == LABELS
        layers = other.get("/layers").json()["layers"]
        assert visitor.page.locator(".layer-card").count() == len(layers) + 1
        for layer in layers:
            visitor.go(f"#/layer/{layer['name']}")
            assert visitor.page.locator(".tile").count() == layer["shape"][-1]
            place = [0] * len(layer["shape"])
            visitor.go(f"#/number/{layer['name']}/{'/'.join(map(str, place))}")
            unit = dict(zip(("channel", "y", "x"), place, strict=False))
            receipt = visitor.ask("/receipts", layer=layer["name"], **unit)
            assert visitor.text("h1").startswith(spoken(receipt["output"])), layer["name"]
        visitor.go("#/look")
        visitor.page.wait_for_selector(".certificate, .facts")
        visitor.go("#/switch-off")
        assert visitor.page.locator("#trouble").inner_text() == ""
