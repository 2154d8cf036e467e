"""The model card's section on explanations: how each method did on this network, and what the figures mean."""

from collections.abc import Mapping

from model.explanations.record import MOST_LIKE_OTHER_LABEL, MOST_LIKE_RANDOMISED, objections
from training.evaluation.markdown import table

SECTION = """\
## How far its explanations can be trusted

A map that looks right proves nothing. At the export each method of the service's explanations, as it runs where
nothing else is asked for, was tried on {photos:.0f} validation photos, for their most probable label:

{table}

*Weights by chance*, *another label*: how alike the map is to that of a network with random weights, and of another
label (rank correlation, arXiv 1810.03292 and 1912.09818); at most {randomised} and {other} may be. *Over chance*:
parts of the photo are taken away and given back in the order that the map says; insertion less deletion (arXiv
1806.07421), by how much it is more than that of a random order, with its standard error; the same over the order of
the photo's sharpest edges, and of nearness to its centre. *In a mosaic*: the share of the map that lies on the photo
in question among four; who does not look has 0.25 (arXiv 2109.15035). *Completeness*: the mean error in logits, of a
method that shares out the logit.

A method is offered if it differs from both, is better than chance by more than two standard errors, and finds its
photo in the mosaic so. {verdict}
"""


def explanation_section(records: Mapping[str, Mapping[str, float]]) -> str:
    """Markdown; nothing if no method has a record."""
    if not records:
        return ""
    head = [
        "method", "weights by chance", "another label", "deletion", "insertion", "over chance", "over edges",
        "over centre", "in a mosaic", "completeness",
    ]  # fmt: skip
    failed = {method: found for method, record in records.items() if (found := objections(record))}
    reasons = "; ".join(f"`{method}` is not offered: {', and '.join(found)}" for method, found in failed.items())
    return SECTION.format(
        photos=next(iter(records.values()))["photos"],
        table=table(head, [row(method, record) for method, record in records.items()]),
        randomised=MOST_LIKE_RANDOMISED,
        other=MOST_LIKE_OTHER_LABEL,
        verdict=f"{reasons}." if failed else "All do.",
    )


def row(method: str, record: Mapping[str, float]) -> list[str]:
    def number(name: str) -> str:
        value, error = record.get(name), record.get(f"{name}_error")
        if value is None:
            return ""
        return f"{value:.2f}" if error is None else f"{value:.2f} ± {error:.2f}"

    names = [
        "randomised_similarity", "other_label_similarity", "deletion", "insertion", "better_than_random",
        "better_than_edges", "better_than_centre", "focus",
    ]  # fmt: skip
    completeness = record.get("completeness_error")
    return [f"`{method}`", *map(number, names), "" if completeness is None else f"{completeness:.3f}"]
