"""Judges an exported artifact on the photos that its run never saw; saves, draws and reports what came out."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.artifact import Artifact
from training.cache import Cache
from training.config import Config
from training.evaluation.against_rest import average, worst
from training.evaluation.evaluation import Evaluation
from training.evaluation.illustrations import illustrate
from training.evaluation.measures import measure
from training.evaluation.report import report
from training.split import split
from training.train import inputs


def evaluate(run: Path, folder: Path, focus: str | None = None) -> Evaluation:
    """Runs an artifact over its run's test photos and saves the results in the run's folder `evaluation/`.

    Where the run leaves sources out, all their photos are judged too, apart: they show how good the network is on
    photos from elsewhere. A source of theirs with photos of one side only, of the focus or of the rest, takes the
    other side from all left-out sources together (see `sources_against_rest`).

    Args:
        run: the run's folder.
        folder: the artifact's, such as `model/saved/cat/1`.
        focus: the class that is judged against the rest; "cat" if there is such a class, else the first.

    Raises:
        ArtifactError: if the artifact cannot be loaded.
        FileNotFoundError: if there is no such run.
        ValueError: if the artifact knows other classes or trained on a source that is left out, if the focus is no
            class, or if the run has no test photos.
    """
    config, cache, artifact = Config.load(run), Cache.load(run / "cache"), Artifact.load(folder)
    if list(artifact.manifest.labels) != cache.classes:
        raise ValueError(
            f"Expected an artifact of the run's classes, {', '.join(cache.classes)}; "
            f"received: {', '.join(artifact.manifest.labels)}"
        )
    focus = focus_of(cache.classes, focus)
    check_left_out(config, artifact)
    parts = split(cache, config)
    if not len(parts.test):
        raise ValueError(f"Expected test photos in {run / 'cache'}; received none of {len(cache)}")

    def judged(photos: NDArray[np.int64], left_out: Evaluation | None = None) -> Evaluation:
        images = inputs(cache, photos, config)
        sources = np.array([cache.sources[photo] for photo in photos])
        return Evaluation(artifact, images, measure(artifact, images, cache.labels[photos]), sources, focus, left_out)

    evaluation = judged(parts.test, judged(parts.left_out) if len(parts.left_out) else None)
    save(evaluation, run)
    return evaluation


def focus_of(classes: Sequence[str], focus: str | None) -> str:
    """The class to judge against the rest.

    Raises:
        ValueError: if there is no such class.
    """
    if focus is None:
        return "cat" if "cat" in classes else classes[0]
    if focus not in classes:
        raise ValueError(f"Expected a focus among {', '.join(classes)}; received: {focus!r}")
    return focus


def check_left_out(config: Config, artifact: Artifact) -> None:
    """Refuses an artifact of another run, that trained on the photos by which this one would judge it.

    Raises:
        ValueError: naming the sources.
    """
    training = artifact.manifest.training
    if seen := sorted(set(config.left_out) & set(training.sources if training else ())):
        raise ValueError(
            f"Expected an artifact that was trained without the sources left out; it saw {', '.join(seen)}"
        )


def save(evaluation: Evaluation, run: Path) -> None:
    """Writes the numbers, the pictures and the report."""
    results = run / "evaluation"
    results.mkdir(exist_ok=True)
    (results / "measures.json").write_text(json.dumps(numbers(evaluation), indent=1) + "\n")
    pictures = illustrate(evaluation, run / "log.csv", results)
    (results / "report.html").write_text(report(evaluation, pictures), "utf-8")


def numbers(evaluation: Evaluation) -> dict[str, object]:
    """All that was measured, by name, ready for JSON."""
    return {
        "focus": evaluation.focus,
        "thresholds": evaluation.artifact.manifest.thresholds,
        **part_numbers(evaluation),
        "left_out": part_numbers(evaluation.left_out) if evaluation.left_out else None,
        "elsewhere": evaluation.elsewhere,
    }


def part_numbers(evaluation: Evaluation) -> dict[str, object]:
    """The same for the test photos, or for those left out."""
    measures, rows = evaluation.measures, evaluation.rows
    by_source = {
        source: part.numbers() | {"against_rest": rows[source]} for source, part in evaluation.by_source.items()
    }
    return {
        "all": measures.numbers(evaluation.thresholds),
        "confusion": measures.confusion.tolist(),
        "by_source": by_source,
        "average": average(rows),
        "worst": worst(rows),
    }
