"""The model card: what the artifact is for, where it comes from, and how good it is, every figure with its command."""

from typing import Any

from training.evaluate import Evaluation
from training.measures import Measures

TEMPLATE = """\
# Model card: {name}, version {version}

Says which of {labels} a photo shows. {parameters:,} parameters, {multiply_adds:,} multiply-adds for one photo of
{height} x {width} pixels, float32. Digest `{digest}`.

**For** telling house cats from everything else in ordinary photos, and for learning how a convolutional network does
it.
**Not for** decisions about people or animals, medical use, or finding where in a photo a cat is.

## How good it is

On {photos:,} photos of the same sources that took no part in training or in any choice (`make evaluate`):

| | |
| --- | --: |
| accuracy, {classes} classes | {accuracy:.4f} |
| expected calibration error (15 bins) | {calibration_error:.4f} |
{one_against_rest}

True class by answer, in photos:

{confusion}

By source, the share of photos answered rightly:

{sources}

## Limits

- The photos above come from the sources that also trained it. On photos from elsewhere it does worse.
- Most cats that it saw fill a good part of the photo; small and half-hidden ones are missed more often.
- Lions, tigers and other big cats are `wildcat`, not `cat`. What is none of the classes is meant to be `other`, and
  `other` is only as wide as its training photos.

## Where it comes from

Trained {history}; finished on {date}. The probabilities were calibrated with the temperature {temperature}. The whole
configuration is in the artifact's `manifest.json`.

Photos by class: {trained}.

Photos by source: {trained_sources}.

Most of these sources allow research and training, not redistribution: none of the photos is part of this project.
"""


def model_card(evaluation: Evaluation) -> str:
    """The card's text, in Markdown."""
    manifest, measures = evaluation.artifact.manifest, evaluation.measures
    training = manifest.training
    assert training is not None, "an artifact with a run has a record of it"
    against = [
        f"| accuracy, {name} against the rest | {measures.accuracy_of(label):.4f} |\n"
        f"| ROC AUC, {name} against the rest | {measures.auc_of(label):.4f} |"
        for label, name in enumerate(measures.classes)
    ]
    return TEMPLATE.format(
        **manifest.model_dump(include={"name", "version", "digest", "height", "width"}),
        labels=", ".join(f"`{label}`" for label in manifest.labels),
        parameters=manifest.parameters,
        multiply_adds=manifest.multiply_adds,
        photos=len(measures.labels),
        classes=len(measures.classes),
        accuracy=measures.accuracy,
        calibration_error=measures.calibration_error,
        one_against_rest="\n".join(against),
        confusion=confusion_table(measures),
        sources=source_table(evaluation.by_source),
        date=training.date,
        history=history(training.config, training.epochs),
        temperature=manifest.layers[-1].temperature,
        trained=listed(training.photos),
        trained_sources=listed(training.sources),
    )


def history(config: dict[str, Any], epochs: int) -> str:
    """The runs that made the weights, the first one first."""
    start = config.get("start")
    before = f"{history(start, start['epochs'])}, then" if start else "from random weights:"
    return f"{before} {epochs} epochs of {config['epoch_photos']:,} random crops"


def confusion_table(measures: Measures) -> str:
    head = "| | " + " | ".join(measures.classes) + " |\n| --- |" + " --: |" * len(measures.classes)
    rows = [
        f"| {name} | " + " | ".join(map(str, counts)) + " |"
        for name, counts in zip(measures.classes, measures.confusion.tolist(), strict=True)
    ]
    return "\n".join([head, *rows])


def source_table(by_source: dict[str, Measures]) -> str:
    rows = [
        f"| {source or 'unknown'} | {len(part.labels)} | {part.accuracy:.3f} |" for source, part in by_source.items()
    ]
    return "\n".join(["| source | photos | accuracy |\n| --- | --: | --: |", *rows])


def listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{name or 'unknown'} {count:,}" for name, count in counts.items())
