"""The model card: what the artifact is for, where it comes from, and how good it is, every figure with its command."""

from collections.abc import Mapping, Sequence
from typing import Any

from training.evaluation.against_rest import AVERAGE, Row
from training.evaluation.data_sources import data_sources
from training.evaluation.evaluation import Evaluation
from training.evaluation.explanation_records import explanation_section
from training.evaluation.grids import (
    BORROWED,
    all_classes,
    by_source,
    confusion,
    cross_fitted_average,
    each_class,
    listed,
    worst_source,
)
from training.evaluation.markdown import table, wrapped

BEFORE = """\
# Model card: {name}, version {version}

Says which of {labels} a photo shows. {parameters:,} parameters, {multiply_adds:,} multiply-adds for one photo of
{height} x {width} pixels, float32. Digest `{digest}`.

It says `{focus}` from a probability of {threshold:.4f} on, {threshold_origin}.

**For** telling `{focus}` from everything else in ordinary photos, and for learning how a convolutional network does it.

**Not for** decisions about people or animals, medical use, or finding where in a photo something is.

## How good it is

On {photos:,} photos of the same sources that took no part in training or in any choice (`make evaluate`):

{whole}

Each class against the rest. Recall is the share of its photos whose probability is at least the threshold, specificity
the share of the others below it, balanced accuracy their mean; accuracy asks whether the class, or rightly another, is
the largest.

{classes}

True class by answer, in photos:

{confusion}

`{focus}` against the rest by source:

{sources}

{borrowed} {worst}

{elsewhere}

## Limits

- The test photos come from sources that also trained it. On photos from elsewhere it does worse{how_much}.
- It never says that it does not know: what is none of the classes gets the name of one.
- A probability below the threshold means that no `{focus}` was found, not that there is none.
"""

AFTER = """\
## Where it comes from

Trained {history}; exported on {date}. The probabilities were calibrated with the temperature {temperature}. The whole
configuration is in the artifact's `manifest.json`.

Photos by class: {trained}.

{trained_sources}
"""

ELSEWHERE = """\
## How good it is elsewhere

`{focus}` against the rest on photos of sources that took no part in training{which}:

{table}

Every source counts alike in the average. {worst} {cross_fitted} {calibration}
"""

LIKE = (
    ", measured with a network of the same recipe that was trained without all of them (`python -m training evaluate` "
    "of its run; the figures are in this artifact's manifest)"
)


def model_card(evaluation: Evaluation, sections: Sequence[str] = ()) -> str:
    """The card's text, in Markdown.

    Args:
        evaluation: of the artifact.
        sections: more Markdown, each with its heading, to stand before the card's last section.
    """
    manifest, measures, focus = evaluation.artifact.manifest, evaluation.measures, evaluation.focus
    training = manifest.training
    assert training is not None, "an artifact with a run has a record of it"
    outside = elsewhere(evaluation)
    before = BEFORE.format(
        **manifest.model_dump(include={"name", "version", "digest", "height", "width"}),
        labels=", ".join(f"`{label}`" for label in manifest.labels),
        parameters=manifest.parameters,
        multiply_adds=manifest.multiply_adds,
        threshold=evaluation.threshold,
        threshold_origin=evaluation.threshold_origin,
        focus=focus,
        photos=len(measures.labels),
        whole=table(*all_classes({"test photos": measures})),
        classes=table(*each_class(measures, evaluation.thresholds)),
        confusion=table(*confusion(measures)),
        sources=table(*by_source(focus, evaluation.rows)),
        borrowed=BORROWED,
        worst=worst_source(evaluation.rows),
        elsewhere=outside,
        how_much=": the section before this one says by how much" if outside else "",
    )
    after = AFTER.format(
        date=training.date,
        history=history(training.config, training.epochs),
        temperature=manifest.layers[-1].temperature,
        trained=listed(training.photos),
        trained_sources=data_sources(training.sources),
    )
    explained = explanation_section(manifest.explanations)
    middle = [wrapped(explained)] if explained else []
    middle += [section.strip() + "\n" for section in sections]
    return "\n".join([wrapped(before), *middle, wrapped(after)])


def elsewhere(evaluation: Evaluation) -> str:
    """The section on sources left out, of this run or of the one in the manifest; nothing where there is neither."""
    recorded = evaluation.artifact.manifest.elsewhere
    rows = recorded or evaluation.elsewhere
    if not rows:
        return ""
    return ELSEWHERE.format(
        focus=evaluation.focus,
        which=LIKE if recorded else " (`make evaluate`)",
        table=table(*by_source(evaluation.focus, rows)),
        worst=worst_source(rows),
        cross_fitted=cross_fitted_average(rows),
        calibration=calibration(rows),
    )


def calibration(rows: Mapping[str, Row]) -> str:
    """What the probabilities were worth there, if it was measured."""
    error = rows.get(AVERAGE, {}).get("calibration_error")
    return "" if error is None else f"The expected calibration error over all of these photos is {error:.4f}."


def history(config: dict[str, Any], epochs: int) -> str:
    """The runs that made the weights, the first one first."""
    start = config.get("start")
    before = f"{history(start, start['epochs'])}, then" if start else "from random weights:"
    return f"{before} {epochs} epochs of {config['epoch_photos']:,} random crops"
