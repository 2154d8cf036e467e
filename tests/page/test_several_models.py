"""Several networks of different sizes and classes at one server: which is walked through, and which cannot answer."""

import io
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from app.settings import Settings
from model.manifest import MANIFEST_FILE
from tests.app.conftest import serving, wait_until_ready
from tests.app.loopback import PATIENCE
from tests.model.artifacts import MAPS, SIZE, VECTORS, random_network, write_artifact
from tests.page.visitor import Visitor, percent

SIZES = {"first": SIZE, "second": (24, 20)}
LABELS = {"first": 3, "second": 4}


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Asks a server of two networks, and of a third whose manifest was changed by somebody."""
    models = tmp_path_factory.mktemp("several")
    for name, table in (("first", MAPS), ("second", VECTORS), ("broken", MAPS)):
        (models / name / "1").mkdir(parents=True)
        size = SIZES.get(name, SIZE)
        write_artifact(models / name / "1", random_network(table, LABELS.get(name, 3), *size), table, {"name": name})
    manifest = models / "broken" / "1" / MANIFEST_FILE
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"metrics": {"accuracy": 1.0}}))
    settings = Settings(models=models, model="first", store=models / "photos.sqlite", precision="float32")
    with serving(settings) as client:
        wait_until_ready(client)
        start = time.monotonic()
        while any(each["versions"][0]["state"] not in ("available", "failed") for each in listed(client)):
            assert time.monotonic() - start < PATIENCE
            time.sleep(0.1)
        yield client


def listed(client: httpx.Client) -> list[dict[str, Any]]:
    models: list[dict[str, Any]] = client.get("/models").json()["models"]
    return models


@pytest.fixture
def visitor(browser: Browser, several: httpx.Client, photo_file: Path) -> Iterator[Visitor]:
    with Visitor.of(browser, several, photo_file) as visitor:
        yield visitor


def change(visitor: Visitor, name: str) -> None:
    """Chooses another network, and waits until the page shows it."""
    visitor.page.locator("#model").select_option(name)
    model = None if name == "first" else name
    visitor.page.wait_for_function(
        "model => new URLSearchParams(location.hash.split('?')[1]).get('model') === model", arg=model
    )
    visitor.settle()


def shown_answer(visitor: Visitor) -> dict[str, str]:
    rows = visitor.page.locator(".verdict .bars li").all()
    return {row.locator(".name").inner_text(): row.locator(".value").inner_text() for row in rows}


def answer_of(client: httpx.Client, model: str, photo: bytes) -> dict[str, str]:
    response = client.post("/predict", params={"model": model}, content=photo, headers={"Cache-Control": "no-store"})
    return {one["label"]: percent(one["score"]) for one in response.json()["predictions"]}


def test_another_network_can_be_chosen_for_the_whole_walk(looking: Visitor) -> None:
    assert looking.text(".verdict p") == "The network first, version 1, says"
    change(looking, "second")
    assert looking.text(".verdict p") == "The network second, version 1, says"
    assert shown_answer(looking) == answer_of(looking.site, "second", looking.file.read_bytes())
    layers = looking.site.get("/layers", params={"model": "second"}).json()["layers"]
    assert looking.page.locator(".layer-card").count() == len(layers) + 1
    for layer in layers:
        looking.go(f"#/layer/{layer['name']}")
        assert looking.page.locator(".tile").count() == layer["shape"][-1]
    assert "second, version 1" in looking.text("#facts")
    kernels = [url for url in looking.asked if "/kernels?" in url]
    assert kernels
    assert all("model=second&version=1" in url for url in kernels)


def test_a_link_shows_the_network_that_answered(looking: Visitor) -> None:
    change(looking, "second")
    shown = shown_answer(looking)
    other = looking.page.context.new_page()
    other.goto(looking.page.url)
    other.wait_for_selector(".verdict")
    assert other.locator(".verdict p").first.inner_text() == "The network second, version 1, says"
    assert other.locator("#model").input_value() == "second"
    assert other.locator(".verdict .bars .value").all_inner_texts() == list(shown.values())


def test_the_way_back_leads_to_the_network_before_and_the_photo_is_still_there(looking: Visitor) -> None:
    before = shown_answer(looking)
    change(looking, "second")
    looking.page.go_back()
    looking.page.wait_for_function("() => document.querySelector('.verdict p').textContent.includes('first')")
    looking.settle()
    assert shown_answer(looking) == before
    assert looking.page.locator("#model").input_value() == "first"
    assert looking.page.locator(".framed img").count() == 1


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("#/layer/conv1?channel=1", "#/"),
        ("#/number/conv1/1/2/3", "#/"),
        ("#/switch-off/conv1?off=1", "#/switch-off"),
        ("#/look?method=occlusion", "#/look"),
        ("#/experiments?alter=blur", "#/experiments"),
    ],
)
def test_another_network_is_looked_at_in_the_same_place_if_it_has_that(
    looking: Visitor, before: str, after: str
) -> None:
    looking.go(before)
    change(looking, "second")
    assert looking.place == after
    assert looking.page.locator("#trouble").inner_text() == ""
    assert "off=" not in looking.page.url
    assert ("method=occlusion" in looking.page.url) == (after == "#/look")
    assert ("alter=blur" in looking.page.url) == (after == "#/experiments")


def test_where_the_browser_has_no_photo_the_other_network_gets_the_same_input(looking: Visitor) -> None:
    looking.page.reload()
    looking.page.wait_for_selector(".verdict")
    looking.settle()
    pixels = looking.looker.tensor("images").astype(np.uint8)
    change(looking, "second")
    assert "second got the input of the network before" in looking.text("#trouble")
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    assert shown_answer(looking) == answer_of(looking.site, "second", file.getvalue())


def test_a_network_can_be_chosen_before_there_is_a_photo(visitor: Visitor) -> None:
    assert "19 × 26 pixels" in visitor.text("#view")
    change(visitor, "second")
    assert "24 × 20 pixels" in visitor.text("#view")
    visitor.choose(visitor.file)
    assert visitor.text(".verdict p") == "The network second, version 1, says"
    posts = [url for url in visitor.asked if "/predict" in url]
    assert [url.partition("/predict")[2] for url in posts] == ["?model=second"]


def test_the_choice_keeps_the_focus(looking: Visitor) -> None:
    looking.page.locator("#model").focus()
    looking.press("ArrowDown")
    looking.page.wait_for_function("() => location.hash.includes('model=')")
    looking.settle()
    assert looking.focused("id") == "model"


def test_what_cannot_answer_is_not_offered(visitor: Visitor) -> None:
    options = visitor.page.locator("#model option").all()
    assert [(each.inner_text(), each.is_disabled()) for each in options] == [
        ("first", False), ("broken: cannot answer", True), ("second", False)
    ]  # fmt: skip


def test_a_link_to_a_network_that_is_not_there_says_so_and_the_usual_one_answers(visitor: Visitor) -> None:
    visitor.page.goto("/#/?model=nobody")
    visitor.page.wait_for_selector('[data-code="model_unknown"]')
    assert "'nobody'" in visitor.trouble("model_unknown")
    assert "19 × 26 pixels" in visitor.text("#view")
    assert "model=" not in visitor.page.url
    visitor.choose(visitor.file)
    assert visitor.text(".verdict p") == "The network first, version 1, says"


def test_a_link_to_a_network_that_cannot_answer_says_why(visitor: Visitor) -> None:
    visitor.page.goto("/#/?model=broken")
    visitor.page.reload()
    visitor.page.wait_for_selector('[data-code="not_ready"]')
    assert "No version of broken is loaded" in visitor.trouble("not_ready")
    visitor.page.get_by_role("link", name="Back to the network").click()
    visitor.page.wait_for_selector("#choose", state="attached")
    assert visitor.page.locator("#trouble").inner_text() == ""


def test_each_network_answers_with_its_own_classes(looking: Visitor) -> None:
    looking.go("#/experiments")
    sides = looking.page.locator(".experiment-side")
    expect(sides).to_have_count(2)
    assert sides.nth(0).locator(".name").all_inner_texts() == [f"label {number}" for number in range(3)]
    assert sides.nth(1).locator(".name").all_inner_texts() == [f"label {number}" for number in range(4)]
    looking.page.get_by_label("Shown of each network").select_option("the probability of label 3")
    expect(looking.page.locator(".experiment-curve .plot-name")).to_have_text(["second v1"])


def test_who_cannot_answer_beside_the_other_is_said_with_its_reason(looking: Visitor) -> None:
    looking.go("#/experiments?beside=broken")
    note = looking.page.locator(".experiment-beside [role=status]")
    expect(note).to_contain_text("broken: The service is not ready yet; it is asked again.")
    reason = next(each for each in listed(looking.site) if each["name"] == "broken")["versions"][0]["reason"]
    expect(note).to_contain_text(reason)
    expect(looking.page.locator(".experiment-bars")).to_have_count(1)
    expect(looking.page.locator(".experiment-bars")).to_have_attribute("aria-busy", "false")
    looking.page.get_by_label("Beside first v1 answers").select_option("second")
    expect(looking.page.locator(".experiment-bars")).to_have_count(2)
    expect(note).to_have_text("")


def test_a_link_to_nobody_beside_it_says_so(looking: Visitor) -> None:
    looking.go("#/experiments?beside=nobody")
    expect(looking.page.get_by_text("There is no network called nobody here.")).to_be_visible()
    expect(looking.page.locator(".experiment-bars")).to_have_count(2)
