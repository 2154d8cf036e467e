from hypothesis import given
from hypothesis import strategies as st

from training.evaluation.markdown import table, wrapped


def test_a_table_has_its_numbers_to_the_right() -> None:
    assert table(("", "photos"), [("a|b", "1"), ("c", "2")]) == (
        "|  | photos |\n| --- | --: |\n| a\\|b | 1 |\n| c | 2 |"
    )
    assert table(("source", "licence", "photos"), [], words=2).splitlines()[1] == "| --- | --- | --: |"


def test_paragraphs_and_items_are_wrapped_and_tables_and_headings_are_not() -> None:
    long, row = "word " * 40, "| " + "cell | " * 40
    text = wrapped(f"# {long}\n\n{long}\n{long}\n\n{row}\n{row}\n\n\n\n- one\n- {long}\n")
    heading, paragraph, cells, items = text.rstrip("\n").split("\n\n")
    assert heading == f"# {long}"
    assert paragraph.split() == ["word"] * 80
    assert cells == f"{row}\n{row}"
    assert items.splitlines()[0] == "- one"
    assert [line[:2] for line in items.splitlines()[1:]] == ["- ", "  "]


@given(st.lists(st.text("ab-.`", min_size=1, max_size=30), min_size=1, max_size=60))
def test_wrapping_keeps_every_word_and_no_line_is_too_long(words: list[str]) -> None:
    text = wrapped(" ".join(["So", *words]))
    assert text.split() == ["So", *words]
    assert max(map(len, text.splitlines())) <= 120
