import re
from pathlib import Path

import httpx
import numpy as np
import pytest

from app.errors import PathUnknown
from app.pictures.colours import COLORMAPS, table
from app.routes.page import FOLDER, HEADERS
from tests.app.conftest import problem_of

SOURCES = sorted(path for path in FOLDER.iterdir() if path.is_file())
LINKS = re.compile(
    r"""(?:from|import|import\()\s*["']\./([\w.]+)["']|(?:src|href)="/page/([\w.]+)"|module: "\./([\w.]+)\""""
)


def test_the_front_page_is_the_page(client: httpx.Client) -> None:
    response = client.get("/")
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.content == (FOLDER / "index.html").read_bytes()


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_every_file_is_served_as_what_it_is(client: httpx.Client, path: Path) -> None:
    response = client.get(f"/page/{path.name}")
    assert response.content == path.read_bytes()
    kinds = {".js": "text/javascript", ".css": "text/css", ".html": "text/html", ".svg": "image/svg+xml"}
    assert response.headers["content-type"].startswith(kinds[path.suffix])


@pytest.mark.parametrize("path", ["/", "/page/main.js", "/page/colormaps.json"])
def test_a_file_may_be_kept_as_long_as_it_is_the_same(client: httpx.Client, path: str) -> None:
    first = client.get(path)
    again = client.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200
    assert client.head(path).headers["etag"] == first.headers["etag"]


@pytest.mark.parametrize("path", ["/", "/page/main.js"])
def test_nothing_from_elsewhere_may_run(client: httpx.Client, path: str) -> None:
    headers = client.get(path).headers
    assert {name: headers[name] for name in HEADERS} == HEADERS
    policy = dict(part.strip().partition(" ")[::2] for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"


@pytest.mark.parametrize(
    "name", ["nothing.js", "..%2Fmain.py", "%2E%2E/main.py", "..\\main.py", "INDEX.HTML", "", "a" * 5000]
)
def test_there_is_nothing_else(client: httpx.Client, name: str) -> None:
    problem_of(client.get(f"/page/{name}"), PathUnknown)


def test_every_file_that_is_asked_for_is_there() -> None:
    names = {path.name for path in SOURCES}
    wanted = {name for path in SOURCES for found in LINKS.findall(path.read_text()) for name in found if name}
    assert len(wanted) > 10
    assert wanted <= names
    assert names - wanted <= {"index.html"}


def test_the_page_has_no_script_or_style_written_into_it() -> None:
    text = (FOLDER / "index.html").read_text()
    assert not re.findall(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", text)


def test_the_colours_are_those_of_the_pictures(client: httpx.Client) -> None:
    tables = client.get("/page/colormaps.json").json()["tables"]
    assert list(tables) == [each.name for each in COLORMAPS]
    for each in COLORMAPS:
        assert np.array_equal(np.reshape(tables[each.name]["colours"], (-1, 3)), table(each))
