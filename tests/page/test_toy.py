"""The toy, played with as a visitor does; what it shows is computed anew here, by other means."""

from collections.abc import Iterator

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from playwright.sync_api import Locator, Page, expect

Numbers = NDArray[np.float64]
TARGET = 24  # px, of what is touched (WCAG 2.2, 2.5.8)
SERIOUS = {"serious", "critical"}
ANSWER = "Answer: sums of products"


@pytest.fixture
def toy(page: Page) -> Iterator[Page]:
    """At the end nothing may have been said in the console."""
    noise: list[str] = []
    page.on("console", lambda message: noise.append(message.text))
    page.on("pageerror", lambda error: noise.append(str(error)))
    page.goto("/#/toy")
    expect(page.get_by_role("heading", name="Play with one filter")).to_be_visible()
    yield page
    assert not noise


def board(page: Page, name: str) -> Locator:
    return page.get_by_role("grid", name=name)


def numbers(page: Page, name: str) -> Numbers:
    """What stands in the cells of a board, as numbers."""
    rows = board(page, name).get_by_role("row").all()
    return np.array([[value_of(text) for text in row.get_by_role("gridcell").all_text_contents()] for row in rows])


def value_of(text: str) -> float:
    numerator, _, denominator = text.replace("−", "-").partition("/")
    return float(numerator) / float(denominator or 1)


def convolved(picture: Numbers, weights: Numbers, stride: int, padding: int) -> Numbers:
    windows = sliding_window_view(np.pad(picture, padding), weights.shape)
    result: Numbers = (windows[::stride, ::stride] * weights).sum(axis=(2, 3))
    return result


def pooled(values: Numbers, edges: bool) -> Numbers:
    """The largest of each 2 x 2 window; with the edges, of what is left of it, too."""
    whole = values if edges else values[: values.shape[0] // 2 * 2, : values.shape[1] // 2 * 2]
    odd = [(0, length % 2) for length in whole.shape]
    even = np.pad(whole, odd, constant_values=-np.inf)
    result: Numbers = even.reshape(even.shape[0] // 2, 2, even.shape[1] // 2, 2).max(axis=(1, 3))
    return result


def settings() -> Iterator[tuple[int, bool]]:
    for stride in (1, 2):
        for padding in (False, True):
            yield stride, padding


@pytest.mark.parametrize("filter_name", ["Upright edge", "Outline", "Blur"])
def test_every_board_shows_what_numpy_computes(toy: Page, filter_name: str) -> None:
    toy.get_by_role("group", name="Filter", exact=True).first.get_by_role("button", name=filter_name).click()
    for stride, padding in settings():
        toy.get_by_role("group", name="Stride").get_by_label(str(stride)).check()
        toy.get_by_role("switch", name="Padding").set_checked(padding)
        expected = convolved(numbers(toy, "Picture"), numbers(toy, "Filter"), stride, int(padding))
        np.testing.assert_allclose(numbers(toy, ANSWER), expected, atol=0.005)
        for relu in (False, True):
            toy.get_by_role("switch", name="ReLU").set_checked(relu)
            passed = np.maximum(expected, 0) if relu else expected
            np.testing.assert_allclose(numbers(toy, "After ReLU"), passed, atol=0.005)
            for edges in (False, True):
                toy.get_by_label("+ edges" if edges else "2 × 2", exact=True).check()
                np.testing.assert_allclose(numbers(toy, "After pooling"), pooled(passed, edges), atol=0.005)


def test_a_number_under_the_pointer_shows_where_it_comes_from(toy: Page) -> None:
    toy.get_by_role("button", name="Edge", exact=True).click()
    board(toy, ANSWER).get_by_role("gridcell").nth(5).hover()
    expect(toy.locator(".toy-picture .toy-seen")).to_have_count(9)
    seen = toy.locator(".toy-picture .toy-seen").evaluate_all(
        "cells => cells.map((cell) => Number(cell.dataset.index))"
    )
    assert seen == [7, 8, 9, 12, 13, 14, 17, 18, 19]  # rows 2 to 4, columns 3 to 5
    products = toy.get_by_role("list", name="The nine products").get_by_role("listitem").all_text_contents()
    assert products == ["0 × −1 = 0", "2 × 0 = 0", "2 × 1 = 2"] * 3
    expect(toy.locator(".toy-total")).to_contain_text("2 + 2 + 2 = 6")
    expect(toy.locator(".toy-where")).to_contain_text("Row 2, column 3 of the answer")
    winners = toy.locator(".toy-relu .winner").evaluate_all("cells => cells.map((cell) => Number(cell.dataset.index))")
    assert winners == [2 + 3 * row for row in (0, 1)]


def test_a_number_of_the_picture_shows_every_answer_it_goes_into(toy: Page) -> None:
    board(toy, "Picture").get_by_role("gridcell").nth(12).hover()
    expect(toy.locator(".toy-sums .toy-uses")).to_have_count(9)
    board(toy, "Picture").get_by_role("gridcell").nth(0).hover()
    expect(toy.locator(".toy-sums .toy-uses")).to_have_count(1)


def test_clicks_go_through_a_few_values(toy: Page) -> None:
    cell = board(toy, "Picture").get_by_role("gridcell").nth(12)
    shown = []
    for _ in range(4):
        cell.click()
        shown.append(cell.text_content())
    assert sorted(map(str, shown)) == ["0", "1", "2", "3"]
    weight = board(toy, "Filter").get_by_role("gridcell").nth(4)
    weight.click()
    expect(weight).to_have_text("1")
    expect(toy.locator(".toy-says")).to_contain_text("A filter of your own")


def test_the_keyboard_does_all_of_it(toy: Page) -> None:
    for name in ("Picture", "Filter", ANSWER, "After ReLU", "After pooling"):
        assert board(toy, name).locator('[tabindex="0"]').count() == 1, name
    board(toy, "Picture").locator('[tabindex="0"]').focus()
    for key in ("End", "ArrowDown", "7", "-"):
        toy.keyboard.press(key)
    assert numbers(toy, "Picture")[1, 4] == -7
    for key in ("Home", "PageUp", "ArrowDown", "Delete", "Control+End", "Enter"):
        toy.keyboard.press(key)
    after = numbers(toy, "Picture")
    assert (after[1, 0], after[2, 0], after[4, 4]) == (3, 0, 1)
    toy.keyboard.press("Tab")
    expect(toy.get_by_role("switch", name="Padding")).to_be_focused()
    toy.keyboard.press("Space")
    toy.keyboard.press("Tab")
    assert toy.evaluate("document.activeElement.closest('[role=grid]').getAttribute('aria-label')").startswith("Filter")
    assert numbers(toy, ANSWER).shape == (5, 5)


def test_focus_stays_when_the_answer_changes_its_size(toy: Page) -> None:
    board(toy, ANSWER).get_by_role("gridcell").nth(8).focus()
    toy.get_by_role("group", name="Stride").get_by_label("2").check()
    assert numbers(toy, ANSWER).shape == (2, 2)
    expect(board(toy, ANSWER).locator('[tabindex="0"]')).to_have_count(1)


def test_the_filter_walks_by_itself_and_can_be_stopped(toy: Page) -> None:
    toy.clock.install()
    toy.get_by_role("button", name="Play").click()
    unknown = toy.locator(".toy-sums .unknown")
    expect(unknown).to_have_count(8)
    toy.clock.run_for(950)
    expect(unknown).to_have_count(7)
    toy.get_by_role("button", name="Pause").click()
    toy.clock.run_for(5000)
    expect(unknown).to_have_count(7)
    toy.get_by_role("button", name="Next").click()
    expect(unknown).to_have_count(6)
    toy.get_by_role("button", name="Back").click()
    expect(unknown).to_have_count(7)
    toy.get_by_role("button", name="Play").click()
    toy.clock.run_for(20_000)
    expect(unknown).to_have_count(0)
    expect(toy.get_by_role("button", name="Play")).to_be_visible()


def test_nothing_moves_where_motion_is_not_wanted(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.goto("/#/toy")
    page.clock.install()
    page.get_by_role("button", name="One step").click()
    expect(page.locator(".toy-sums .unknown")).to_have_count(8)
    page.clock.run_for(5000)
    expect(page.locator(".toy-sums .unknown")).to_have_count(8)
    page.get_by_role("button", name="One step").click()
    expect(page.locator(".toy-sums .unknown")).to_have_count(7)


def test_the_tasks_are_seen_done(toy: Page) -> None:
    done = toy.locator(".toy-missions .done")
    expect(done).to_have_count(0)
    toy.get_by_role("button", name="Edge", exact=True).click()
    toy.get_by_role("button", name="Push the picture left").click()
    toy.get_by_role("switch", name="Padding").check()
    toy.get_by_role("switch", name="ReLU").check()
    toy.get_by_role("button", name="Copy").click()
    expect(done).to_have_count(5)
    toy.get_by_role("switch", name="Padding").uncheck()
    toy.get_by_role("group", name="Stride").get_by_label("2").check()
    toy.get_by_label("off", exact=True).check()
    expect(done).to_have_count(6)
    expect(toy.get_by_role("heading", name="Try this 6 of 6")).to_be_visible()


def test_pushing_the_picture_pushes_the_answer(toy: Page) -> None:
    toy.get_by_role("button", name="Dot").click()
    before = numbers(toy, ANSWER)
    toy.get_by_role("button", name="Push the picture right").click()
    np.testing.assert_array_equal(numbers(toy, ANSWER)[:, 1:], before[:, :-1])


def test_it_fits_and_can_be_touched(toy: Page) -> None:
    toy.get_by_role("switch", name="Padding").check()
    for width in (320, 390, 1440):
        toy.set_viewport_size({"width": width, "height": 800})
        assert toy.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, width
        cell = board(toy, "Picture").get_by_role("gridcell").first.bounding_box()
        assert cell is not None
        assert min(cell["width"], cell["height"]) >= TARGET, width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(toy: Page, scheme: str) -> None:
    toy.emulate_media(color_scheme="light" if scheme == "light" else "dark")
    toy.get_by_role("switch", name="ReLU").check()
    found = Axe().run(toy).response["violations"]
    assert [(each["id"], each["nodes"][0]["html"]) for each in found if each["impact"] in SERIOUS] == []
