"""The network is switched while somebody looks at it: no view shows two of them."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect

from app.keys import hash_of, new_key
from app.settings import Settings
from tests.app.conftest import serving
from tests.model.artifacts import MAPS, SIZE, VECTORS, random_network, write_artifact
from tests.page.conftest import wait_until_all_answer
from tests.page.visitor import Visitor

Switch = Callable[..., None]
KEY = new_key()
OTHER_SIZE = (24, 20)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two models with two versions each: other layers, another size and other classes in the second."""
    models = tmp_path_factory.mktemp("versions")
    for name in ("other", "small"):
        for version, table, size, labels in ((1, MAPS, SIZE, 3), (2, VECTORS, OTHER_SIZE, 4)):
            folder = models / name / str(version)
            folder.mkdir(parents=True)
            network = random_network(table, labels, *size, seed=len(name))
            write_artifact(folder, network, table, {"name": name, "version": version})
    return models


@pytest.fixture
def versions(written: Path, tmp_path: Path) -> Iterator[httpx.Client]:
    """Asks a server that has seen only the first versions so far; the others are in its folder now."""
    models = tmp_path / "models"
    for name in ("other", "small"):
        shutil.copytree(written / name / "1", models / name / "1")
    settings = Settings(
        models=models, model="small", store=tmp_path / "photos.sqlite", admin_keys=f"tests:{hash_of(KEY).hex()}"
    )
    with serving(settings) as client:
        wait_until_all_answer(client)
        for name in ("other", "small"):
            shutil.copytree(written / name / "2", models / name / "2")
        yield client


@pytest.fixture
def visitor(browser: Browser, versions: httpx.Client, photo_file: Path) -> Iterator[Visitor]:
    with Visitor.of(browser, versions, photo_file) as visitor:
        yield visitor


def admin(visitor: Visitor, path: str, **query: str | int) -> None:
    """Does what the owner of the service does."""
    response = visitor.site.post(f"/admin/models/{path}", params=query, headers={"Authorization": f"Bearer {KEY}"})
    assert response.status_code == 200, response.text


def layers_of(visitor: Visitor, version: int) -> list[str]:
    network = visitor.site.get("/layers", params={"version": version}).json()
    return [network["layers"][0]["input"], *(layer["name"] for layer in network["layers"])]


def cards(visitor: Visitor) -> list[str | None]:
    return [card.get_attribute("data-layer") for card in visitor.page.locator(".layer-card").all()]


@pytest.mark.parametrize("serve", [{"serve": "stable"}, {"serve": "canary", "percent": 100}], ids=["stable", "canary"])
def test_what_is_looked_at_stays_what_answered_the_photo(
    looking: Visitor, rocket_file: Path, serve: dict[str, str | int]
) -> None:
    before = looking.page.url
    admin(looking, "small/2/load", **serve)
    looking.go("#/layer/conv1")
    assert looking.page.locator(".tile .kernel canvas").count() == 5 * 3
    looking.page.reload()
    looking.page.wait_for_selector(".wall")
    looking.settle()
    assert looking.page.locator(".tile").count() == 5
    assert "version 1" in looking.text("#facts")
    kernels = [url for url in looking.asked if "/kernels?" in url]
    assert len(kernels) == 2
    assert all("model=small&version=1" in url for url in kernels)
    looking.page.goto(before)
    looking.settle()
    assert cards(looking) == layers_of(looking, 1)
    looking.page.set_input_files("#another", rocket_file)
    looking.page.get_by_text("The network small, version 2, says").wait_for()
    looking.settle()
    assert cards(looking) == layers_of(looking, 2)
    assert "version 2" in looking.text("#facts")
    looking.page.goto(before)
    looking.page.get_by_text("The network small, version 1, says").wait_for()
    assert cards(looking) == layers_of(looking, 1)


def test_a_switch_between_loading_the_page_and_posting_the_photo_is_noticed(visitor: Visitor) -> None:
    assert "19 × 26 pixels" in visitor.text("#view")
    admin(visitor, "small/2/load")
    visitor.choose(visitor.file)
    assert visitor.text(".verdict p") == "The network small, version 2, says"
    assert cards(visitor) == layers_of(visitor, 2)


def unload_the_first(visitor: Visitor, model: str = "small") -> None:
    admin(visitor, f"{model}/2/load")
    admin(visitor, f"{model}/1/unload")


def test_a_version_that_is_gone_is_said_and_the_photo_can_be_posted_again(looking: Visitor) -> None:
    unload_the_first(looking)
    looking.page.evaluate("() => { location.hash = location.hash.replace('#/', '#/layer/conv1') }")
    looking.page.wait_for_selector('[data-code="version_unknown"]')
    said = looking.trouble("version_unknown")
    assert "small, version 1, answers here no longer" in said
    assert "Now small, version 2, answers." in said
    looking.page.get_by_role("button", name="Post the photo again").click()
    looking.page.get_by_text("The network small, version 2, says").wait_for()
    looking.settle()
    assert looking.place == "#/"
    assert cards(looking) == layers_of(looking, 2)
    assert looking.page.locator("#trouble").inner_text() == ""


def test_whoever_has_no_photo_to_post_again_is_asked_for_one(looking: Visitor) -> None:
    looking.page.reload()
    looking.page.wait_for_selector(".verdict")
    looking.settle()
    unload_the_first(looking)
    looking.page.evaluate("() => { location.hash = location.hash.replace('#/', '#/layer/conv2') }")
    looking.page.wait_for_selector('[data-code="version_unknown"]')
    assert "Now small, version 2, answers." in looking.trouble("version_unknown")
    assert "24 × 20 pixels" in looking.text("#view")
    looking.choose(looking.file)
    assert looking.text(".verdict p") == "The network small, version 2, says"


def test_a_slider_never_gets_answers_of_two_versions(looking: Visitor) -> None:
    looking.go("#/experiments")
    side = looking.page.locator(".experiment-side").first
    admin(looking, "small/2/load")
    looking.page.get_by_role("slider", name="Slide sideways").fill("3")
    expect(side.locator(".experiment-moved")).to_contain_text("Moved")
    assert len(side.locator(".name").all()) == 3
    admin(looking, "small/1/unload")
    looking.page.get_by_role("slider", name="Slide sideways").fill("-3")
    looking.page.get_by_role("button", name="Post the photo again").click()
    expect(side.locator(".experiment-head")).to_contain_text("small v2")
    expect(side.locator(".name")).to_have_count(4)
    assert looking.place == "#/experiments"


def test_the_network_beside_is_replaced_by_its_next_version(looking: Visitor) -> None:
    looking.go("#/experiments")
    sides = looking.page.locator(".experiment-side")
    expect(sides.nth(1).locator(".experiment-head")).to_contain_text("other v1")
    unload_the_first(looking, "other")
    looking.page.get_by_role("slider", name="Slide sideways").fill("3")
    expect(sides.nth(1).locator(".experiment-head")).to_contain_text("other v2")
    expect(looking.page.get_by_text("other v1 answers no longer; now other v2 does.")).to_be_visible()
    expect(sides.nth(1).locator(".experiment-moved")).to_contain_text("Moved")
    expect(sides.nth(0).locator(".experiment-moved")).to_contain_text("Moved")
    expect(looking.page.get_by_role("table", name="small v1 and other v2, counted")).to_be_visible()
