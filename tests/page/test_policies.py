"""What a browser makes of the headers: our pages work under their policies, and pages from elsewhere get no more."""

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from app.settings import Settings
from tests.app.conftest import answer_of, serving
from tests.app.loopback import on_loopback
from tests.page.conftest import wait_until_all_answer

ASK = """async address => {
    try {
        const answer = await fetch(address);
        return [answer.status, answer.headers.get("x-request-id") !== null, (await answer.json()).models.length > 0];
    } catch (error) {
        return [error.name];
    }
}"""
PICTURE = """async ([address, cors]) => {
    const picture = new Image();
    if (cors) picture.crossOrigin = "anonymous";
    picture.src = address;
    return picture.decode().then(() => picture.naturalWidth > 0, error => error.name);
}"""


async def blank(_: Request) -> HTMLResponse:
    return HTMLResponse("<!doctype html><title>elsewhere</title>")


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[str]:
    """The origin of another site."""
    with on_loopback(Starlette(routes=[Route("/", blank)])) as client:
        yield f"http://localhost:{client.base_url.port}"


@pytest.fixture(scope="module")
def shared(elsewhere: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Asks a service that lets the other site's pages ask."""
    settings = {"store": tmp_path_factory.mktemp("shared") / "photos.sqlite", "cors_origins": elsewhere}
    with serving(Settings.model_validate(settings)) as client:
        wait_until_all_answer(client)
        yield client


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """What the browser complains of, in the page."""
    found = list[str]()
    page.on("console", lambda message: found.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


def picture_of(client: httpx.Client, photo: bytes) -> str:
    asked = httpx.QueryParams(image_id=answer_of(client, photo)["image_id"], layer="images", format="png")
    return str(client.base_url.join(f"/feature-maps?{asked}"))


def test_the_documents_page_works_and_breaks_no_policy(page: Page, complaints: list[str]) -> None:
    page.goto("/docs")
    page.locator("#operations-default-predict_predict_post, .opblock-post").first.locator("button").first.click()
    page.get_by_role("button", name="Try it out").first.wait_for()
    assert complaints == []


def test_a_picture_can_be_looked_at_by_itself(
    page: Page, client: httpx.Client, chelsea: bytes, complaints: list[str]
) -> None:
    page.goto(picture_of(client, chelsea))
    assert page.evaluate("document.images[0].naturalWidth") > 0
    assert complaints == []


def test_a_page_from_elsewhere_can_neither_ask_nor_show_a_picture(
    browser: Browser, client: httpx.Client, elsewhere: str, chelsea: bytes
) -> None:
    page = browser.new_page()
    page.goto(elsewhere)
    assert page.evaluate(ASK, str(client.base_url.join("/models"))) == ["TypeError"]
    assert page.evaluate(PICTURE, [picture_of(client, chelsea), False]) == "EncodingError"
    assert page.evaluate(PICTURE, [picture_of(client, chelsea), True]) == "EncodingError"
    page.close()


def test_one_that_the_settings_name_can_do_both_where_it_says_so(
    browser: Browser, shared: httpx.Client, elsewhere: str, chelsea: bytes
) -> None:
    page = browser.new_page()
    page.goto(elsewhere)
    assert page.evaluate(ASK, str(shared.base_url.join("/models"))) == [200, True, True]
    assert page.evaluate(PICTURE, [picture_of(shared, chelsea), True]) is True
    assert page.evaluate(PICTURE, [picture_of(shared, chelsea), False]) == "EncodingError"  # without `crossorigin`
    page.close()


def test_no_page_can_frame_ours(browser: Browser, client: httpx.Client, elsewhere: str) -> None:
    page = browser.new_page()
    page.goto(elsewhere)
    for path in ("/", "/docs", "/layers"):
        with page.expect_console_message(lambda message: "frame-ancestors" in message.text):
            page.evaluate(
                "address => document.body.append(Object.assign(document.createElement('iframe'), {src: address}))",
                str(client.base_url.join(path)),
            )
    page.close()
