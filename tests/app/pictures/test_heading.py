import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.pictures.colours import INK, MUTED
from app.pictures.heading import MOST_LETTERS, Heading
from app.pictures.layout import HEADER, MARGIN
from app.pictures.lettering import TEXT_PX, TITLE_PX, text_width

WIDTH = 1200


def drawn(heading: Heading, width: int = WIDTH) -> NDArray[np.uint8]:
    picture = np.zeros((HEADER, width), np.uint8)
    heading.draw(picture)
    return picture


def test_the_title_the_kind_and_the_words_stand_apart() -> None:
    alone = drawn(Heading("conv1", "", ""))
    kind, words = drawn(Heading("conv1", "convolution", "")) - alone, drawn(Heading("conv1", "", "some words")) - alone
    _, title_columns = np.nonzero(alone)
    kind_rows, kind_columns = np.nonzero(kind)
    words_rows, words_columns = np.nonzero(words)
    assert MARGIN <= title_columns.min() <= title_columns.max() < MARGIN + text_width("conv1", TITLE_PX)
    assert kind_columns.min() > title_columns.max()
    assert words_rows.min() > kind_rows.max()
    assert words_columns.max() < MARGIN + text_width("some words", TEXT_PX)
    assert (alone.max(), kind.max(), words.max()) == (INK, MUTED, MUTED)


@pytest.mark.parametrize("part", ["title", "kind"])
def test_so_many_letters_have_room_and_more_are_shortened(part: str) -> None:
    usual = {"title": "a", "kind": "b", "words": ""}
    most, more, same = ("m" * MOST_LETTERS, "m" * (MOST_LETTERS + 1), "m" * (MOST_LETTERS - 1) + "…")
    pictures = [drawn(Heading(**usual | {part: text})) for text in (most, more, same)]
    assert not np.array_equal(pictures[0], pictures[1])
    assert np.array_equal(pictures[1], pictures[2])


@given(st.text(), st.text(), st.text(), st.integers(MARGIN + 1, WIDTH))
@example("ライオン", "Löwe\n", "a" * 500, 300)
def test_any_words_are_drawn_within_the_header(title: str, kind: str, words: str, width: int) -> None:
    assert drawn(Heading(title, kind, words), width).max() <= INK
