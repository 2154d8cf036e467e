"""The photos by source as the model card tells them, with what they show and their licences where that is known."""

from collections.abc import Mapping
from pathlib import Path

from training.evaluation.grids import listed
from training.evaluation.markdown import table

DESCRIBED = Path(__file__).with_name("sources.md")  # the photos of the shipped network


def data_sources(counts: Mapping[str, int], described: Path = DESCRIBED) -> str:
    """Markdown on the sources of a network's photos.

    Args:
        counts: of each source's photos.
        described: Markdown that describes sources: a table whose first column names them, and after it whatever else
            is to be said of them. It counts only if it names all sources; else they are only listed.
    """
    lines = described.read_text("utf-8").splitlines() if described.exists() else []
    cells = [line.removeprefix("| ").removesuffix(" |").split(" | ") for line in lines if line.startswith("|")]
    known = {source: about for source, *about in cells}
    if not counts.keys() <= known.keys():
        return f"Photos by source: {listed(counts)}."
    rows = [(source, *known[source], f"{count:,}") for source, count in counts.items()]
    rest = "\n".join(line for line in lines if not line.startswith("|"))
    return f"{table((*cells[0], 'photos'), rows, words=len(cells[0]))}\n\n{rest.strip()}"
