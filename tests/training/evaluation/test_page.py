from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.conftest import encoded, photo_of
from training.evaluation.grids import Grid
from training.evaluation.page import Picture, Table, page

VOID = {"meta", "img", "br", "hr", "link", "input"}


class Elements(HTMLParser):
    """All elements of a page with their attributes; says which were not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.words += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


@pytest.fixture
def picture(tmp_path: Path) -> Picture:
    (tmp_path / "cat.png").write_bytes(encoded(photo_of("chelsea").resize((40, 30)), "PNG"))
    return Picture("A <cat>", tmp_path / "cat.png", 'a "cat" & no dog', "Look at its <ears>.")


def test_every_part_is_there_under_a_heading_that_is_linked(picture: Picture) -> None:
    grid = Grid(("class", "photos"), [("cat", "7"), ("dog", "8")])
    shown = Elements(page("The title", "What follows.", [Table("Counts", grid, "In photos."), picture]))
    assert shown.open == []
    assert [attributes["href"] for attributes in shown.all("a")] == ["#part1", "#part2"]
    assert [attributes["id"] for attributes in shown.all("h2")] == ["part1", "part2"]
    assert [attributes["aria-labelledby"] for attributes in shown.all("section")] == ["part1", "part2"]
    for words in ("The title", "What follows.", "Counts", "In photos.", "A <cat>", "Look at its <ears>."):
        assert words in shown.words
    assert [attributes["scope"] for attributes in shown.all("th")] == ["col", "col", "row", "row"]


def test_pictures_are_inside_and_are_told_to_those_who_do_not_see_them(picture: Picture) -> None:
    text = page("", "", [picture])
    (image,) = Elements(text).all("img")
    assert (image["src"] or "").startswith("data:image/png;base64,iVBOR")
    assert image["alt"] == picture.alt
    assert (image["width"], image["height"], image["style"]) == ("40", "30", "min-width: 23px")
    assert str(picture.file) not in text


def test_no_text_becomes_markup(picture: Picture) -> None:
    bad = "<b>bold</b>&amp;\"'"
    table = Table(bad, Grid((bad, bad), [(bad, bad)]), bad, words=True)
    shown = Elements(page(bad, bad, [table, Picture(bad, picture.file, bad, bad)]))
    assert not shown.all("b")
    assert shown.words.count(bad) == 3 + 2 + 6 + 2  # title, heading and lead; links; the table's; the picture's
    assert shown.all("img")[0]["alt"] == bad


def test_the_page_needs_nothing_else(picture: Picture) -> None:
    text = page("", "", [picture])
    assert "http:" not in text
    assert "https:" not in text
    assert "url(" not in text
    assert not {"link", "script", "iframe"} & {name for name, _ in Elements(text).found}
    assert "prefers-color-scheme: dark" in text
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in Elements(text).all("meta")
