"""An evaluation as one page: the figures, the pictures, and what the network was trained with."""

import json
from collections.abc import Mapping, Sequence

from training.evaluation.against_rest import Row
from training.evaluation.evaluation import Evaluation
from training.evaluation.grids import (
    BORROWED,
    Grid,
    all_classes,
    by_source,
    confusion,
    cross_fitted_average,
    each_class,
    listed,
    worst_source,
)
from training.evaluation.page import Picture, Table, page


def report(evaluation: Evaluation, pictures: Sequence[Picture]) -> str:
    """The page's text, HTML that refers to no other file; it shows photos, so it is not for publishing.

    Args:
        evaluation: whose figures stand in the tables.
        pictures: what comes after the tables, in this order; add your own.
    """
    manifest = evaluation.artifact.manifest
    title = f"{manifest.name}, version {manifest.version}: evaluation"
    lead = (
        f"How well the artifact answers {len(evaluation.measures.labels):,} photos that took no part in its training "
        "or in any choice."
    )
    return page(title, lead, [*tables(evaluation), *pictures, configuration(evaluation)])


def tables(evaluation: Evaluation) -> list[Table]:
    measures, left_out, focus = evaluation.measures, evaluation.left_out, evaluation.focus
    recorded = evaluation.artifact.manifest.elsewhere
    parts = {"test photos": measures} | ({"sources left out": left_out.measures} if left_out else {})
    found = [
        facts(evaluation),
        Table("All classes", all_classes(parts), "The answer is the class with the largest probability."),
        Table(
            "Each class against the rest",
            each_class(measures, evaluation.thresholds),
            "On the test photos. Recall: photos of the class whose probability is at least the threshold; specificity: "
            "the other photos below it; balanced accuracy: their mean; accuracy: the class, or rightly another, is the "
            "answer.",
        ),
        Table("Answers in photos", confusion(measures), "Test photos by true class, down, and answer, across."),
    ]
    if left_out:
        caption = "Photos of sources that took no part in training."
        found.append(source_table("Sources left out", focus, evaluation.elsewhere, caption))
    if recorded:
        caption = "As the manifest records it: a network of the same recipe that was trained without these sources."
        found.append(source_table("Sources that a like network never saw", focus, recorded, caption))
    caption = "The test photos. Other photos of the same sources trained the network."
    return [*found, source_table("Sources that trained it", focus, evaluation.rows, caption)]


def source_table(title: str, focus: str, rows: Mapping[str, Row], caption: str) -> Table:
    sentences = [caption, worst_source(rows), cross_fitted_average(rows), BORROWED]
    return Table(f"{title}: {focus} against the rest", by_source(focus, rows), " ".join(filter(None, sentences)))


def facts(evaluation: Evaluation) -> Table:
    """What was judged."""
    manifest = evaluation.artifact.manifest
    rows = {
        "name": manifest.name,
        "version": f"{manifest.version}",
        "digest": manifest.digest,
        "classes": ", ".join(manifest.labels),
        "input": f"{manifest.height} x {manifest.width} pixels",
        "parameters": f"{manifest.parameters:,}",
        "multiply-adds for one photo": f"{manifest.multiply_adds:,}",
        f"threshold of {evaluation.focus}": f"{evaluation.threshold:.4f}, {evaluation.threshold_origin}",
        "temperature": f"{manifest.layers[-1].temperature}",
    }
    if manifest.training:
        rows |= {
            "photos by class": listed(manifest.training.photos),
            "photos by source": listed(manifest.training.sources),
        }
        rows |= {"finished": f"{manifest.training.date}, after {manifest.training.epochs} epochs"}
    return Table("The artifact", Grid(("what", "value"), list(rows.items())), words=True)


def configuration(evaluation: Evaluation) -> Table:
    training = evaluation.artifact.manifest.training
    known = training.config if training else {}
    rows = [(name, value if isinstance(value, str) else json.dumps(value)) for name, value in known.items()]
    return Table("How it was trained", Grid(("setting", "value"), rows), "The run's whole configuration.", words=True)
