"""Judges an exported artifact on the photos that its run never saw; prints, saves and draws what came out."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.artifact import Artifact
from training.cache import Cache
from training.config import Config
from training.measures import Measures, measure
from training.pictures import draw_confusion, draw_curves, draw_mistakes
from training.split import split
from training.train import inputs


@dataclass(frozen=True)
class Evaluation:
    """What an artifact made of a run's test photos."""

    artifact: Artifact
    images: NDArray[np.uint8]
    measures: Measures
    sources: NDArray[np.str_]  # where each photo came from

    @property
    def by_source(self) -> dict[str, Measures]:
        return {str(source): self.measures.part(self.sources == source) for source in np.unique(self.sources)}


def evaluate(run: Path, folder: Path) -> Evaluation:
    """Runs an artifact over its run's test photos and saves the results in the run's folder `evaluation/`.

    Args:
        run: the run's folder.
        folder: the artifact's, such as `model/saved/cat/1`.

    Raises:
        ArtifactError: if the artifact cannot be loaded.
        FileNotFoundError: if there is no such run.
        ValueError: if the artifact knows other classes, or the run has no test photos.
    """
    config, cache, artifact = Config.load(run), Cache.load(run / "cache"), Artifact.load(folder)
    if list(artifact.manifest.labels) != cache.classes:
        raise ValueError(
            f"Expected an artifact of the run's classes, {', '.join(cache.classes)}; "
            f"received: {', '.join(artifact.manifest.labels)}"
        )
    photos = split(cache, config.validation_share, config.test_share).test
    if not len(photos):
        raise ValueError(f"Expected test photos in {run / 'cache'}; received none of {len(cache)}")
    images = inputs(cache, photos, config)
    measures = measure(artifact, images, cache.labels[photos])
    evaluation = Evaluation(artifact, images, measures, np.array([cache.sources[photo] for photo in photos]))
    save(evaluation, run)
    return evaluation


def save(evaluation: Evaluation, run: Path) -> None:
    results = run / "evaluation"
    results.mkdir(exist_ok=True)
    measures = evaluation.measures
    numbers = {
        "all": measures.numbers(),
        "confusion": measures.confusion.tolist(),
        "by_source": {source: part.numbers() for source, part in evaluation.by_source.items()},
    }
    (results / "measures.json").write_text(json.dumps(numbers, indent=1) + "\n")
    draw_confusion(measures, results / "confusion.png")
    draw_mistakes(evaluation.images, measures, results / "mistakes.png")
    draw_curves(run / "log.csv", results / "curves.png")
