"""Somebody who looks at the page."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, Self

import httpx
import numpy as np
from playwright.sync_api import Browser, Page

from tests.app.conftest import Looker

Theme = Literal["light", "dark"]
PATIENCE_MS = 30_000
DONE = "#view:not([aria-busy])"


class Visitor:
    """A page in a browser, what the server says beside it, and what went wrong in between."""

    def __init__(self, page: Page, site: httpx.Client, file: Path) -> None:
        self.page, self.site, self.file = page, site, file
        self.noise: list[str] = []
        self.asked: list[str] = []
        page.on("console", lambda message: self.hear(message.text))
        page.on("pageerror", lambda error: self.noise.append(str(error)))
        page.on("request", lambda request: self.asked.append(request.url))
        page.set_default_timeout(PATIENCE_MS)

    @classmethod
    @contextlib.contextmanager
    def of(
        cls, browser: Browser, site: httpx.Client, file: Path, width: int = 1440, theme: Theme = "light",
        still: bool = True,
    ) -> Iterator[Self]:  # fmt: skip
        """Opens the page; at the end nothing may have been said in the console, nor asked of another host."""
        context = browser.new_context(
            base_url=str(site.base_url),
            viewport={"width": width, "height": 900},
            color_scheme=theme,
            reduced_motion="reduce" if still else "no-preference",
        )
        visitor = cls(context.new_page(), site, file)
        visitor.page.goto("/")
        visitor.page.wait_for_selector(f"{DONE} #choose", state="attached")
        yield visitor
        context.close()
        home = str(site.base_url)
        elsewhere = [url for url in visitor.asked if not url.startswith((home, "blob:" + home))]
        assert not elsewhere
        assert not visitor.noise

    def hear(self, text: str) -> None:
        """Notes what the page says to itself; that a request was refused is the browser's own line."""
        if not text.startswith("Failed to load resource"):
            self.noise.append(text)

    def choose(self, file: Path) -> None:
        """Gives the page a photo, and waits for the answer."""
        self.page.set_input_files("#another", file)
        self.page.wait_for_selector(".verdict")
        self.page.wait_for_selector(DONE)

    @property
    def photo(self) -> str:
        """The id of the photo that is looked at."""
        found: str = self.page.evaluate("new URLSearchParams(location.hash.split('?')[1]).get('photo')")
        return found

    @property
    def place(self) -> str:
        """The address within the page, without the query."""
        place: str = self.page.evaluate("location.hash.split('?')[0]")
        return place

    def go(self, path: str) -> None:
        """To another view of the same photo."""
        query = f"{'&' if '?' in path else '?'}photo={self.photo}"
        self.page.evaluate("hash => { location.hash = hash }", path + query)
        self.page.wait_for_function("path => location.hash.startsWith(path)", arg=path.split("?")[0])
        self.settle()

    def settle(self) -> None:
        """Until the view is whole."""
        self.page.wait_for_timeout(50)
        self.page.wait_for_selector(DONE)

    def text(self, selector: str) -> str:
        return self.page.locator(selector).first.inner_text()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def trouble(self, code: str) -> str:
        """What the page says is wrong."""
        return self.text(f'#trouble [data-code="{code}"]')

    def focused(self, attribute: str) -> str | None:
        found: str | None = self.page.evaluate("name => document.activeElement.getAttribute(name)", attribute)
        return found

    def ask(self, path: str, **query: Any) -> Any:
        """What the API says of the same photo."""
        response = self.site.get(path, params={"image_id": self.photo, **query})
        assert response.status_code == 200, response.text
        return response.json()

    @property
    def looker(self) -> Looker:
        return Looker(self.site, self.photo)


def spoken(value: float) -> str:
    """A number as the page writes it to the last digit: the shortest that is this very float32."""
    text = np.format_float_positional(np.float32(value), unique=True, trim="-")
    return text.replace("-", "\u2212")


def percent(share: float) -> str:
    """A probability as the page writes it."""
    text = f"{share * 100:.1f}"
    return "over 99.9 %" if text == "100.0" else "under 0.1 %" if text == "0.0" else f"{text} %"
