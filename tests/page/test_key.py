"""The page of a server that answers only who has a key."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from app.keys import Keys, hash_of, new_key
from app.registry.registry import first_to_serve
from app.settings import Settings
from tests.app.conftest import serving, wait_until_ready
from tests.page.visitor import DONE, Theme, Visitor

KEY = new_key()


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Asks a server with a key, and shows it."""
    keys = Keys.parse(f"visitor:{hash_of(KEY).hex()}")
    store, models = tmp_path_factory.mktemp("keyed") / "photos.sqlite", first_to_serve(Settings()).folder
    with serving(Settings(store=store, models=models, api_keys=keys)) as client:
        client.headers["x-api-key"] = KEY
        wait_until_ready(client)
        yield client


@pytest.fixture(params=["light"])
def stranger(
    request: pytest.FixtureRequest, browser: Browser, keyed: httpx.Client, photo_file: Path
) -> Iterator[Visitor]:
    """Has come to the page and is asked for the key."""
    theme: Theme = request.param
    context = browser.new_context(base_url=str(keyed.base_url), color_scheme=theme, reduced_motion="reduce")
    visitor = Visitor(context.new_page(), keyed, photo_file)
    visitor.page.goto("/")
    visitor.page.get_by_role("dialog", name="A key, please").wait_for()
    yield visitor
    context.close()
    assert not visitor.noise


def give(visitor: Visitor, key: str) -> None:
    visitor.page.keyboard.type(key)  # the field has the keyboard already
    visitor.page.keyboard.press("Enter")


def test_it_asks_once_for_a_key_and_goes_on_with_what_was_asked(stranger: Visitor) -> None:
    give(stranger, KEY)
    stranger.page.wait_for_selector(f"{DONE} #choose", state="attached")
    stranger.choose(stranger.file)
    assert stranger.text(".verdict h1")
    stranger.page.reload()
    stranger.page.wait_for_selector(".verdict")
    assert stranger.page.locator("dialog").count() == 0
    kept = stranger.page.evaluate("[Object.values(sessionStorage), Object.values(localStorage), document.cookie]")
    assert kept == [[KEY], [], ""]
    assert not [url for url in stranger.asked if KEY in url]


def test_it_says_that_a_key_is_wrong_and_takes_another(stranger: Visitor) -> None:
    assert "This server answers only who has one." in stranger.text("dialog")
    for wrong in ("wrong", KEY[:-1]):
        give(stranger, wrong)
        stranger.page.get_by_text("The server does not know this key.").wait_for()
        assert stranger.focused("aria-invalid") == "true"
    give(stranger, KEY)
    stranger.page.wait_for_selector(f"{DONE} #choose", state="attached")
    assert stranger.page.locator("#trouble").inner_text() == ""


def test_who_gives_none_is_told_why_there_is_nothing_and_can_try_again(stranger: Visitor) -> None:
    stranger.press("Escape")
    assert "received: no key" in stranger.trouble("key_wrong")
    stranger.page.get_by_role("button", name="Try again").click()
    stranger.page.get_by_role("dialog").wait_for()
    give(stranger, KEY)
    stranger.page.wait_for_selector(f"{DONE} #choose", state="attached")


def test_what_is_taken_along_needs_the_key_and_does_not_show_it(stranger: Visitor) -> None:
    give(stranger, KEY)
    stranger.page.wait_for_selector(f"{DONE} #choose", state="attached")
    stranger.choose(stranger.file)
    stranger.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    for button, said, words in [
        ("Copy as curl", "A curl command copied.", """curl -H "X-Api-Key: $CATSCAN_KEY" 'http"""),
        ("Copy as Python", "A Python program copied.", """headers={"X-Api-Key": os.environ["CATSCAN_KEY"]})"""),
    ]:
        stranger.page.get_by_role("button", name=button).click()
        stranger.page.get_by_text(said).wait_for()
        copied = stranger.page.evaluate("navigator.clipboard.readText()")
        assert words in copied
        assert KEY not in copied
    with stranger.page.expect_download() as download:
        stranger.page.get_by_role("link", name="Download").click()
    assert download.value.path().read_bytes() == stranger.site.get("/layers").content
    assert download.value.suggested_filename == "layers.json"


@pytest.mark.parametrize("stranger", ["light", "dark"], indirect=True)
def test_axe_finds_nothing_serious(stranger: Visitor) -> None:
    give(stranger, "wrong")
    stranger.page.get_by_text("The server does not know this key.").wait_for()
    found = Axe().run(stranger.page).response["violations"]
    assert not [(each["id"], [node["html"] for node in each["nodes"]]) for each in found]
