import pytest
from hypothesis import given
from hypothesis import strategies as st

from catscan.commands.text import short, size, table


def test_words_stand_at_the_left_of_their_column_and_numbers_at_the_right() -> None:
    rows = [["layer", "count", "note"], ["conv1", "7", ""], ["c", "12345678", "x"]]
    assert table(rows, [1]) == "layer     count  note\nconv1         7\nc      12345678  x\n"


CELL = st.text(st.characters(exclude_categories=["C", "Z"]), max_size=9)


@given(st.integers(1, 5).flatmap(lambda width: st.lists(st.lists(CELL, min_size=width, max_size=width), min_size=1)))
def test_every_cell_is_in_its_line(rows: list[list[str]]) -> None:
    lines = table(rows, [0]).split("\n")
    assert lines.pop() == ""
    for line, row in zip(lines, rows, strict=True):
        assert line.split() == [cell for cell in row if cell]


@pytest.mark.parametrize(
    ("number", "text"), [(1.0, "1"), (-0.000123456, "-0.0001235"), (123456.0, "1.235e+05"), (None, "")]
)
def test_numbers_have_four_digits(number: float | None, text: str) -> None:
    assert short(number) == text


def test_shapes_are_short() -> None:
    assert (size((64, 64, 32)), size((4,)), size(None)) == ("64x64x32", "4", "")
