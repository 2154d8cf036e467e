import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Route

from tests.page.visitor import Visitor


def test_what_is_no_photo_is_refused_with_a_reason_and_nothing_is_lost(looking: Visitor, tmp_path: Path) -> None:
    before = looking.text(".verdict h1")
    file = tmp_path / "cat.jpg"
    file.write_text("I am a cat")
    looking.page.set_input_files("#another", file)
    said = looking.trouble("not_an_image")
    assert "received 10 bytes of another kind" in said
    assert "JPEG" in said
    assert looking.text(".verdict h1") == before
    looking.page.get_by_role("button", name="Close").click()
    assert looking.page.locator("#trouble").inner_text() == ""


def test_a_photo_that_is_too_large_is_refused_with_a_reason(visitor: Visitor, tmp_path: Path) -> None:
    file = tmp_path / "large.bin"
    file.write_bytes(b"\xff" * (3 * 2**20))
    visitor.page.set_input_files("#choose", file)
    visitor.page.wait_for_selector('[data-code="body_too_large"]')
    Image.fromarray(np.zeros((1100, 1000), np.uint8)).save(tmp_path / "wide.png")
    visitor.page.set_input_files("#choose", tmp_path / "wide.png")
    visitor.page.wait_for_selector('[data-code="too_many_pixels"]')
    assert "Scale the photo down" in visitor.trouble("too_many_pixels")


def test_a_link_to_a_forgotten_photo_says_so_and_asks_for_another(visitor: Visitor) -> None:
    layer = visitor.site.get("/layers").json()["layers"][0]["name"]
    visitor.page.goto(f"/#/layer/{layer}?photo={'0' * 32}")
    visitor.page.wait_for_selector('[data-code="image_unknown"]')
    visitor.page.set_input_files("#choose", visitor.file)
    visitor.page.wait_for_selector(".wall")
    assert visitor.page.locator("#trouble").inner_text() == ""


def test_a_forgotten_photo_that_the_browser_still_has_is_posted_again(looking: Visitor) -> None:
    layer = looking.site.get("/layers").json()["layers"][1]["name"]
    forgotten: list[str] = []

    def forget(route: Route) -> None:
        if forgotten:
            route.fallback()
            return
        forgotten.append(route.request.url)
        problem = {"code": "image_unknown", "title": "Forgotten", "detail": "", "status": 404}
        route.fulfill(status=404, body=json.dumps(problem), content_type="application/problem+json")

    looking.page.route("**/receipts?*", forget)
    posts = sum("/predict" in url for url in looking.asked)
    looking.go(f"#/number/{layer}/0/1/1")
    looking.page.wait_for_selector(".receipt")
    assert forgotten
    assert sum("/predict" in url for url in looking.asked) == posts + 1


def test_a_server_that_is_gone_is_said_and_can_be_tried_again(looking: Visitor) -> None:
    looking.page.context.set_offline(True)
    looking.page.evaluate("() => { location.hash = location.hash.replace('#/', '#/look') }")
    looking.page.wait_for_selector('[data-code="server_gone"]')
    looking.page.context.set_offline(False)
    looking.page.get_by_role("button", name="Try again").click()
    looking.page.wait_for_selector(".look-view")
    assert looking.page.locator("#trouble").inner_text() == ""


@pytest.mark.parametrize("code", ["overloaded", "rate_exceeded"])
def test_a_server_that_wants_to_be_asked_later_is_asked_again(visitor: Visitor, code: str) -> None:
    refused: list[str] = []

    def refuse_once(route: Route) -> None:
        if refused:
            route.fallback()
            return
        refused.append(route.request.url)
        body = json.dumps({"code": code, "title": "Too many photos", "detail": "", "status": 429})
        route.fulfill(status=429, body=body, content_type="application/problem+json", headers={"Retry-After": "1"})

    visitor.page.route("**/predict", refuse_once)
    visitor.choose(visitor.file)
    assert refused


@pytest.mark.parametrize(
    ("path", "code", "words"),
    [
        ("layer/nothing", "layer_unknown", "Expected one of"),
        ("number/{layer}/0", "parameter_invalid", "Expected a channel, y and x"),
        ("number/{layer}/0/0/9999", "parameter_invalid", "received: 9999"),
    ],
)
def test_a_link_to_what_is_not_there_says_what_there_is(looking: Visitor, path: str, code: str, words: str) -> None:
    layer = looking.site.get("/layers").json()["layers"][1]["name"]
    looking.go("#/" + path.format(layer=layer))
    looking.page.wait_for_selector(f'[data-code="{code}"]')
    assert words in looking.trouble(code)


def test_a_network_that_was_switched_before_there_was_a_photo_is_asked_for_anew(visitor: Visitor) -> None:
    refused: list[str] = []

    def refuse_once(route: Route) -> None:
        if refused:
            route.fallback()
            return
        refused.append(route.request.url)
        problem = {"code": "version_unknown", "title": "The model has no such version", "detail": "", "status": 404}
        route.fulfill(status=404, body=json.dumps(problem), content_type="application/problem+json")

    visitor.page.route("**/layers/*/kernels?*", refuse_once)
    visitor.page.goto("/#/experiments")
    visitor.page.wait_for_selector('[data-code="version_unknown"]')
    visitor.page.get_by_role("option", name="Filter 0").wait_for()
    assert len([url for url in visitor.asked if url.endswith("/layers")]) == 2
