import re

import numpy as np
import pytest

from app.registry.registry import first_to_serve
from app.settings import Settings
from model.manifest import LayerRecord, Manifest
from tests.page.visitor import Visitor, spoken


@pytest.fixture(scope="module")
def manifest() -> Manifest:
    return Manifest.load(first_to_serve(Settings()).folder)


@pytest.fixture(scope="module")
def signed(manifest: Manifest) -> LayerRecord:
    """The first layer with filters."""
    return next(layer for layer in manifest.layers if layer.kind == "convolution")


@pytest.fixture(scope="module")
def rectified(manifest: Manifest) -> LayerRecord:
    """The last layer with maps, some of them silent."""
    return [layer for layer in manifest.layers if layer.kind == "relu" and len(layer.shape) == 3][-1]


def channels(visitor: Visitor) -> list[int]:
    """Of the maps on the wall, in their order."""
    return [int(tile.get_attribute("data-channel") or "") for tile in visitor.page.locator(".tile").all()]


def test_all_maps_are_on_the_wall_with_the_filter_that_made_them(looking: Visitor, signed: LayerRecord) -> None:
    looking.go(f"#/layer/{signed.name}")
    assert channels(looking) == list(range(signed.shape[-1]))
    assert looking.page.locator(".tile .kernel canvas").count() == signed.shape[-1] * 3


def test_the_number_under_the_cursor_is_the_exact_one(looking: Visitor, signed: LayerRecord) -> None:
    height, width, _ = signed.shape
    values = looking.looker.tensor(signed.name)
    looking.go(f"#/layer/{signed.name}?channel=3")
    box = looking.page.locator(".lens .map").bounding_box()
    assert box is not None
    for y, x in (0, 0), (height // 2, width // 3), (height - 1, width - 1):
        looking.page.mouse.move(
            box["x"] + (x + 0.5) * box["width"] / width, box["y"] + (y + 0.5) * box["height"] / height
        )
        assert looking.text(".readout") == f"y {y}, x {x}: {spoken(values[y, x, 3])}"


def test_pointing_asks_the_server_for_nothing(looking: Visitor, signed: LayerRecord) -> None:
    looking.go(f"#/layer/{signed.name}")
    looking.page.wait_for_load_state("networkidle")
    asked = questions(looking)
    for tile in looking.page.locator(".tile").all()[:6]:
        tile.hover()
    looking.page.wait_for_function("() => document.querySelector('.lens h2').textContent === 'Channel 5'")
    assert questions(looking) == asked


def questions(visitor: Visitor) -> list[str]:
    """What the API was asked; the page's own files come when nothing else is to do."""
    return [url for url in visitor.asked if "/page/" not in url]


@pytest.mark.parametrize("order", ["variance", "effect"])
def test_the_maps_are_sorted_as_the_api_sorts_them(looking: Visitor, rectified: LayerRecord, order: str) -> None:
    looking.go(f"#/layer/{rectified.name}")
    looking.page.get_by_label("Sort by").select_option(order)
    looking.page.wait_for_function("order => location.hash.includes('sort=' + order)", arg=order)
    looking.page.wait_for_function("() => document.querySelector('.tile').dataset.channel !== '0'")
    found = looking.ask("/feature-maps/statistics", layer=rectified.name, sort=order)["channels"]
    assert channels(looking) == [each["channel"] for each in found]


def test_silent_maps_are_marked(looking: Visitor, rectified: LayerRecord) -> None:
    values = looking.looker.tensor(rectified.name)
    silent = np.flatnonzero(~values.any(axis=(0, 1))).tolist()
    looking.go(f"#/layer/{rectified.name}")
    marked = looking.page.locator('.tile:has(.badge:not([hidden]):text-is("silent"))')
    assert [int(tile.get_attribute("data-channel") or "") for tile in marked.all()] == silent
    assert silent


def test_the_scale_is_named_and_what_it_cuts_off_is_marked(looking: Visitor, signed: LayerRecord) -> None:
    values = looking.looker.tensor(signed.name)
    looking.go(f"#/layer/{signed.name}")
    assert f"{np.abs(values).max():.4g}" in looking.text(".legend")
    looking.page.get_by_label("each channel").check()
    assert "Each map has a scale of its own" in looking.text(".legend")
    looking.page.get_by_label("fixed", exact=True).check()
    looking.page.get_by_label("Lowest number").fill("-1")
    looking.page.get_by_label("Highest number").fill("1")
    looking.press("Tab")
    assert "Fixed scale, −1 to 1" in looking.text(".legend")
    share = np.mean(np.abs(values[..., 3]) > 1) * 100
    assert looking.text('.tile[data-channel="3"] .badge') == f"{share:.1f} % clipped"
    looking.page.get_by_label("Highest number").fill("-2")
    looking.press("Tab")
    assert looking.page.get_by_label("Highest number").get_attribute("aria-invalid") == "true"


def test_the_keyboard_does_all_that_the_mouse_does(looking: Visitor, signed: LayerRecord) -> None:
    values = looking.looker.tensor(signed.name)
    looking.go(f"#/layer/{signed.name}")
    looking.page.locator(".tile").first.focus()
    looking.press("ArrowRight", "ArrowRight")
    assert looking.focused("data-channel") == "2"
    columns = int(
        looking.page.evaluate("getComputedStyle(document.querySelector('.wall')).getPropertyValue('--columns')")
    )
    looking.press("ArrowDown")
    assert looking.focused("data-channel") == str(2 + columns)
    looking.press("Control+End", "Enter", "Control+Home", "ArrowRight", "ArrowDown")
    last = signed.shape[-1] - 1
    assert looking.text(".readout") == f"y 1, x 1: {spoken(values[1, 1, last])}"
    looking.press("Escape")
    assert looking.focused("data-channel") == str(last)
    looking.press("Enter", "Control+Home", "Enter")
    looking.page.wait_for_selector(".receipt")
    assert looking.place == f"#/number/{signed.name}/{last}/0/0"
    looking.press("Escape")
    looking.page.wait_for_selector(".wall")
    looking.press("Escape")
    looking.page.wait_for_selector(".strip")


def test_only_one_map_of_the_wall_is_a_stop_of_the_tab_key(looking: Visitor, signed: LayerRecord) -> None:
    looking.go(f"#/layer/{signed.name}")
    assert looking.page.locator('.tile[tabindex="0"]').count() == 1


def test_a_map_is_also_a_sentence_and_a_table(looking: Visitor, signed: LayerRecord) -> None:
    height, width, _ = signed.shape
    values = looking.looker.tensor(signed.name)[..., 4]
    looking.go(f"#/layer/{signed.name}?channel=4")
    sentence = looking.page.locator('.tile[data-channel="4"]').get_attribute("aria-label") or ""
    y, x = divmod(int(values.argmax()), width)
    assert f"{signed.name}, channel 4, {height} × {width}" in sentence
    assert sentence.endswith(f"at y {y}, x {x}.")
    looking.page.get_by_text("All its numbers").click()
    looking.page.wait_for_selector(".lens table")
    rows = looking.page.locator(".lens tbody tr")
    assert rows.count() == height
    cells = [float(re.sub("−", "-", text)) for text in rows.nth(2).locator("td").all_inner_texts()]
    np.testing.assert_allclose(cells, values[2], rtol=0.006, atol=1e-12)


def test_a_vector_is_shown_as_numbers(looking: Visitor, manifest: Manifest) -> None:
    layer = manifest.layers[-2]
    values = looking.looker.tensor(layer.name)
    looking.go(f"#/layer/{layer.name}")
    tiles = looking.page.locator(".tile")
    assert [tile.locator(".label").inner_text() for tile in tiles.all()] == list(manifest.labels)
    tiles.nth(1).hover()
    looking.page.wait_for_function(
        "name => document.querySelector('.lens h2').textContent === name", arg=manifest.labels[1]
    )
    assert looking.text(".readout") == spoken(values[1])
