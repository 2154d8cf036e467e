"""A page that opens without a network: plain HTML with its style and its pictures inside."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from training.evaluation.grids import Grid

# Of a picture's own width: its words can just be read, and a chart of 600 pixels fits on a phone.
SMALLEST = 0.58

STYLE = """\
:root { color-scheme: light dark; --text: #1b1f24; --ground: #fff; --quiet: #57606a; --line: #d0d7de; --head: #f3f5f7 }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6edf3; --ground: #12161b; --quiet: #9aa6b2; --line: #37404a; --head: #1d242c }
}
* { box-sizing: border-box }
body { margin: 0 auto; padding: 1rem; max-width: 72rem; background: var(--ground); color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif }
h1 { font-size: 1.7rem; line-height: 1.2; margin: .5rem 0 }
h2 { font-size: 1.25rem; margin: 2.5rem 0 .5rem; padding-top: .5rem; border-top: 1px solid var(--line) }
p, figcaption { max-width: 46rem }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1rem; padding: 0; list-style: none }
a { color: inherit }
.scroll { overflow-x: auto }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: .5rem 0 1rem }
th, td { padding: .25rem .6rem; border-bottom: 1px solid var(--line); text-align: right; vertical-align: top }
th:first-child, .words th, .words td { text-align: left }
thead th { background: var(--head); vertical-align: bottom }
.words td { overflow-wrap: anywhere; min-width: 10rem }
figure { margin: 0 0 1rem }
img { display: block; max-width: 100%; height: auto; background: #fff; border: 1px solid var(--line) }
figcaption, .note { color: var(--quiet); margin: .4rem 0 }
"""

TEMPLATE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<header>
<h1>{title}</h1>
<p>{lead}</p>
<nav aria-label="Sections"><ul>
{contents}
</ul></nav>
</header>
<main>
{sections}
</main>
</body>
</html>
"""


@dataclass(frozen=True)
class Picture:
    """A PNG file and what is said about it."""

    title: str
    file: Path
    alt: str  # what it shows, for those who do not see it
    caption: str  # how to read it


@dataclass(frozen=True)
class Table:
    """Words or numbers and what is said about them."""

    title: str
    grid: Grid
    caption: str = ""
    words: bool = False  # whether the cells are texts rather than numbers


def page(title: str, lead: str, parts: Sequence[Table | Picture]) -> str:
    """The page's text: a heading, links to its parts, and the parts; every text is escaped here."""
    links = [f'<li><a href="#part{number}">{escape(part.title)}</a></li>' for number, part in enumerate(parts, 1)]
    sections = [
        f'<section aria-labelledby="part{number}">\n<h2 id="part{number}">{escape(part.title)}</h2>\n'
        f"{table(part) if isinstance(part, Table) else figure(part)}\n</section>"
        for number, part in enumerate(parts, 1)
    ]
    return TEMPLATE.format(
        title=escape(title),
        lead=escape(lead),
        style=STYLE,
        contents="\n".join(links),
        sections="\n".join(sections),
    )


def table(shown: Table) -> str:
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in shown.grid.head)
    rows = "\n".join(
        f'<tr><th scope="row">{escape(first)}</th>' + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"
        for first, *cells in shown.grid.rows
    )
    note = f'<p class="note">{escape(shown.caption)}</p>\n' if shown.caption else ""
    kind = ' class="words"' if shown.words else ""
    return (  # wide tables scroll by themselves, with the keyboard too
        f'{note}<div class="scroll" role="region" tabindex="0" aria-label="{escape(shown.title)}">\n<table{kind}>\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table>\n</div>"
    )


def figure(picture: Picture) -> str:
    data = picture.file.read_bytes()
    width, height = (int.from_bytes(data[at : at + 4], "big") for at in (16, 20))  # where every PNG has them
    return (
        f'<figure>\n<div class="scroll" role="region" tabindex="0" aria-label="{escape(picture.title)}">\n'
        f'<img src="data:image/png;base64,{base64.b64encode(data).decode()}" alt="{escape(picture.alt)}" '
        f'width="{width}" height="{height}" style="min-width: {round(width * SMALLEST)}px">\n</div>\n'
        f"<figcaption>{escape(picture.caption)}</figcaption>\n</figure>"
    )
