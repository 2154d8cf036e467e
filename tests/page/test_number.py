import re
from typing import Any

import pytest

from tests.page.visitor import Visitor, spoken

START = re.compile(r"-?\d+(\.\d+)?(e-?\d+)?")


def number(text: str) -> float:
    """What the page wrote as a number."""
    found = START.search(text.replace("−", "-").replace("+", ""))
    assert found, text
    return float(found[0])


def some_unit(layer: dict[str, Any]) -> str:
    """The address of a number in the middle of a layer."""
    shape = layer["shape"]
    middle = [shape[-1] // 2, *(length // 2 for length in shape[:-1])]
    return "/".join(map(str, [layer["name"], *middle]))


def query(unit: str) -> dict[str, str]:
    layer, channel, *place = unit.split("/")
    return {"layer": layer, "channel": channel, **dict(zip("yx", place, strict=False))}


def kinds(visitor: Visitor) -> dict[str, dict[str, Any]]:
    """The last layer of each kind."""
    return {layer["kind"]: layer for layer in visitor.site.get("/layers").json()["layers"]}


def test_every_kind_of_number_has_a_receipt_that_the_api_agrees_with(looking: Visitor) -> None:
    for layer in kinds(looking).values():
        unit = some_unit(layer)
        looking.go(f"#/number/{unit}")
        receipt = looking.ask("/receipts", **query(unit))
        assert looking.text("h1").startswith(spoken(receipt["output"])), unit
        assert looking.text(".lead") == receipt["sentence"]
        assert looking.text(".result dd") == spoken(receipt["output"])
        assert "✓" in looking.text(".certificate")


@pytest.fixture
def convolved(looking: Visitor) -> dict[str, Any]:
    """A receipt of the last convolution, which the visitor looks at."""
    unit = some_unit(kinds(looking)["convolution"])
    looking.go(f"#/number/{unit}")
    receipt: dict[str, Any] = looking.ask("/receipts", **query(unit))
    return receipt


def test_the_window_the_filter_and_the_products_are_those_of_the_receipt(
    looking: Visitor, convolved: dict[str, Any]
) -> None:
    best = max(convolved["subtotals"], key=lambda each: abs(each["sum"]))
    terms = [term for term in convolved["terms"] if term["channel"] == best["channel"]]
    for part, grid in zip(("value", "weight", "product"), looking.page.locator(".cells").all(), strict=True):
        shown = [number(text) for text in grid.locator(".cell").all_inner_texts()]
        assert shown == pytest.approx([term[part] for term in terms], rel=0.006)
    assert number(looking.page.locator(".equation > .sign .number").inner_text()) == pytest.approx(
        best["sum"], rel=1e-3
    )


def test_all_maps_before_are_listed_with_what_they_add(looking: Visitor, convolved: dict[str, Any]) -> None:
    rows = looking.page.locator(".subtotal")
    wanted = sorted(convolved["subtotals"], key=lambda each: -abs(each["sum"]))
    assert [int(row.get_attribute("data-channel") or "") for row in rows.all()] == [each["channel"] for each in wanted]
    rows.nth(3).click()
    assert f"channel {wanted[3]['channel']}" in looking.text(".grid-of figcaption")


@pytest.mark.usefixtures("convolved")
def test_pointing_at_a_cell_shows_all_three_and_the_place_on_the_map(looking: Visitor) -> None:
    first = looking.page.locator(".cells").first.locator(".cell")
    count = first.count()
    first.nth(count - 1).hover()
    assert looking.page.locator(".looked").count() == 3
    for grid in looking.page.locator(".cells").all():
        assert "looked" in (grid.locator(".cell").nth(count - 1).get_attribute("class") or "")
    assert looking.page.locator(".plate .dot:not([hidden])").count() == 1
    assert "×" in looking.text(".readout")


def test_the_walk_goes_back_to_the_pixels_by_keyboard_alone(looking: Visitor) -> None:
    network = looking.site.get("/layers").json()
    looking.go(f"#/number/{some_unit(network['layers'][1])}")
    for layer in [network["layers"][0]["name"], network["layers"][0]["input"]]:
        looking.page.locator('.receipt [role="gridcell"][tabindex="0"], .receipt a').first.focus()
        looking.press("Enter")
        looking.page.wait_for_function("name => location.hash.startsWith(`#/number/${name}/`)", arg=layer)
        looking.settle()
    assert "Here the walk ends" in looking.text(".receipt")
    looking.page.go_back()
    looking.page.wait_for_function(
        "name => location.hash.startsWith(`#/number/${name}/`)", arg=network["layers"][0]["name"]
    )


def test_the_walk_goes_forward_to_the_answer(looking: Visitor) -> None:
    layers = looking.site.get("/layers").json()["layers"]
    looking.go(f"#/number/{some_unit(layers[-4])}")
    for layer in layers[-3:]:
        looking.page.locator(".uses a").first.click()
        looking.page.wait_for_function("name => location.hash.startsWith(`#/number/${name}/`)", arg=layer["name"])
        looking.settle()
    assert "This is the answer" in looking.text("#view")


def test_the_window_is_slid_over_the_map_by_hand(looking: Visitor, convolved: dict[str, Any]) -> None:
    looking.page.get_by_role("button", name="One step right").click()
    looking.page.wait_for_function("x => location.hash.split('?')[0].endsWith(`/${x}`)", arg=convolved["x"] + 1)
    unit = {**query(looking.place.removeprefix("#/number/"))}
    assert unit["y"] == str(convolved["y"])
    receipt = looking.ask("/receipts", **unit)
    looking.page.wait_for_function(
        "text => document.querySelector('h1').textContent.startsWith(text)", arg=spoken(receipt["output"])
    )
    looking.page.locator(".plate[tabindex]").focus()
    looking.press("ArrowUp")
    looking.page.wait_for_function("y => location.hash.split('?')[0].split('/')[4] === `${y}`", arg=convolved["y"] - 1)


@pytest.mark.usefixtures("convolved")
def test_what_a_number_sees_is_drawn_on_the_photo(looking: Visitor) -> None:
    seen = looking.ask("/receptive-fields", **query(looking.place.removeprefix("#/number/")))["receptive_field"]
    for place, box in zip(looking.page.locator(".shaded .edge").all(), (seen["clipped"], seen["photo"]), strict=True):
        drawn = {name: float(place.get_attribute(name) or "") for name in ("x", "y", "width", "height")}
        assert (drawn["x"], drawn["y"]) == (box["left"], box["top"])
        assert drawn["width"] == pytest.approx(box["right"] - box["left"])


@pytest.mark.usefixtures("convolved")
def test_how_much_each_pixel_matters_is_drawn_on_request(looking: Visitor) -> None:
    unit = query(looking.place.removeprefix("#/number/"))
    assert looking.page.locator(".matters").is_hidden()
    looking.page.get_by_label("Show how much each pixel matters").check()
    canvas = looking.page.locator(".matters:not([hidden])")
    canvas.wait_for()
    data = looking.ask("/receptive-fields", **unit, effective=True, format="json")["effective"]["data"]
    drawn = canvas.evaluate("one => [...one.getContext('2d').getImageData(0, 0, one.width, one.height).data]")[3::4]
    assert drawn.index(255) == data.index(max(data))
    assert [value > 0 for value in drawn].count(True) <= [value > 0 for value in data].count(True)
