from pathlib import Path

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.page.visitor import Theme, Visitor

WIDTHS = 320, 390, 720, 1440, 2560  # 720 is 1440 at 200 %
TARGET = 24  # px, of what is touched (WCAG 2.2, 2.5.8)
# In a line of text, and in a table of numbers, they may be as high as the line; radio buttons have their label.
SMALL = """least => [...document.querySelectorAll("button, select, main a, main input, header a, summary")]
  .filter((one) => one.offsetParent && !one.closest(".away, table, p, .crumbs"))
  .filter((one) => !one.matches("[type=radio], [type=checkbox]"))
  .map((one) => [one.outerHTML.slice(0, 80), one.getBoundingClientRect()])
  .filter(([, { width, height }]) => Math.min(width, height) < least).map(([text]) => text)"""
WIDER = """() => document.documentElement.scrollWidth - document.documentElement.clientWidth"""


def views(network: dict[str, list[dict[str, str]]]) -> list[str]:
    """One of each kind."""
    layers = network["layers"]
    convolution = next(layer["name"] for layer in layers if layer["kind"] == "convolution")
    vector = layers[-2]["name"]
    return [
        "#/", f"#/layer/{convolution}?channel=1", f"#/layer/{vector}", f"#/number/{convolution}/1/2/3",
        f"#/number/{vector}/0", "#/look", f"#/switch-off/{convolution}?off=1",
    ]  # fmt: skip


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_view_has_a_serious_barrier(browser: Browser, client: httpx.Client, photo_file: Path, theme: Theme) -> None:
    with Visitor.of(browser, client, photo_file, theme=theme) as visitor:
        assert_no_barrier(visitor, "the first screen")
        visitor.choose(photo_file)
        for view in views(client.get("/layers").json()):
            visitor.go(view)
            assert_no_barrier(visitor, view)


def assert_no_barrier(visitor: Visitor, view: str) -> None:
    found = Axe().run(visitor.page).response["violations"]
    assert not [(each["id"], [node["html"] for node in each["nodes"]]) for each in found], view


@pytest.mark.parametrize("width", WIDTHS)
def test_every_view_fits_every_width_with_targets_large_enough(
    browser: Browser, client: httpx.Client, photo_file: Path, width: int
) -> None:
    with Visitor.of(browser, client, photo_file, width=width) as visitor:
        visitor.choose(photo_file)
        for view in views(client.get("/layers").json()):
            visitor.go(view)
            assert visitor.page.evaluate(WIDER) <= 0, view
            assert visitor.page.evaluate(SMALL, TARGET) == [], view


def test_text_of_twice_the_size_still_fits(looking: Visitor) -> None:
    for view in views(looking.site.get("/layers").json()):
        looking.go(view)
        looking.page.evaluate("document.documentElement.style.setProperty('font-size', '200%')")
        assert looking.page.evaluate(WIDER) <= 0, view


def test_the_theme_can_be_chosen_and_stays(visitor: Visitor) -> None:
    paper = "getComputedStyle(document.body).backgroundColor"
    light = visitor.page.evaluate(paper)
    visitor.page.get_by_role("button", name="Change to the dark theme").click()
    dark = visitor.page.evaluate(paper)
    assert dark != light
    visitor.page.reload()
    assert visitor.page.evaluate(paper) == dark


def test_all_of_it_can_be_done_without_a_mouse(visitor: Visitor) -> None:
    visitor.press("Tab")
    assert visitor.focused("id") == "skip"
    visitor.page.bring_to_front()
    visitor.page.locator("#choose").focus()
    with visitor.page.expect_file_chooser() as chooser:
        visitor.press("Space")
    chooser.value.set_files(visitor.file)
    visitor.page.wait_for_selector(".verdict")
    visitor.settle()
    for _ in range(40):
        visitor.press("Tab")
        if visitor.focused("data-layer"):
            break
    assert visitor.focused("data-layer")
    visitor.press("ArrowRight", "Enter")
    visitor.page.wait_for_selector(".wall")
    assert visitor.page.evaluate("document.activeElement.tagName") == "H1"


def test_nothing_moves_for_those_who_asked_for_stillness(
    browser: Browser, client: httpx.Client, photo_file: Path
) -> None:
    layer = next(each["name"] for each in client.get("/layers").json()["layers"] if each["kind"] == "convolution")
    for still in True, False:
        with Visitor.of(browser, client, photo_file, still=still) as visitor:
            visitor.choose(photo_file)
            visitor.go(f"#/number/{layer}/0/0/0")
            assert visitor.page.get_by_role("button", name="Play").count() == (not still)
            if not still:
                visitor.page.get_by_role("button", name="Play").click()
                visitor.page.wait_for_function("() => Number(location.hash.split('?')[0].split('/').at(-1)) >= 2")
                visitor.page.get_by_role("button", name="Pause").click()


def test_nothing_jumps_while_maps_come_in(looking: Visitor) -> None:
    place = "() => [...document.querySelectorAll('.layer-card')].map((card) => card.offsetTop + card.offsetHeight)"
    looking.page.reload()
    looking.page.wait_for_selector(".layer-card")
    before = looking.page.evaluate(place)
    looking.page.wait_for_selector(".layer-card.drawn")
    looking.page.wait_for_timeout(300)
    assert looking.page.evaluate(place) == before
