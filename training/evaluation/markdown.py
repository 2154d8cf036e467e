"""Markdown, as the model card needs it: tables, and lines that a person can read."""

import re
import textwrap
from collections.abc import Iterable, Sequence

WIDTH = 120


def table(head: Sequence[str], rows: Iterable[Sequence[str]], words: int = 1) -> str:
    """A table; all but its first columns, as many as `words`, are numbers and stand to the right."""
    lines = ["---"] * words + ["--:"] * (len(head) - words)
    return "\n".join(
        "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |" for cells in [head, lines, *rows]
    )


def wrapped(text: str) -> str:
    """The text with its paragraphs and the items of its lists at 120 characters a line; tables stay as they are."""
    return "\n\n".join(wrapped_block(block) for block in re.split(r"\n\n+", text.strip())) + "\n"


def wrapped_block(block: str) -> str:
    if block.startswith(("|", "#")):
        return block
    items = re.split(r"\n(?=- )", block)
    return "\n".join(
        textwrap.fill(
            " ".join(item.split()),
            WIDTH,
            subsequent_indent="  " if item.startswith("- ") else "",
            break_long_words=False,
            break_on_hyphens=False,
        )
        for item in items
    )
