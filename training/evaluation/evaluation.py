"""What an artifact made of photos that took no part in its training, whole and source by source."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.artifact import Artifact
from training.evaluation.against_rest import AVERAGE, CROSS_FITTED, Row, average, cross_fitted, sources_against_rest
from training.evaluation.measures import Measures


@dataclass(frozen=True)
class Evaluation:
    """An artifact's answers to photos; make one with `evaluate`."""

    artifact: Artifact
    images: NDArray[np.uint8]  # [photos, height, width, 3], as the network saw them
    measures: Measures
    sources: NDArray[np.str_]  # where each photo came from
    focus: str  # the class that is judged against the rest
    left_out: "Evaluation | None" = None  # the same for the sources that took no part at all

    @property
    def label(self) -> int:
        """The focus' place among the classes."""
        return self.measures.classes.index(self.focus)

    @property
    def threshold(self) -> float:
        """The probability from which on the artifact says that a photo shows the focus."""
        return self.artifact.manifest.threshold(self.focus)

    @property
    def thresholds(self) -> dict[str, float]:
        """The same of every class."""
        return {name: self.artifact.manifest.threshold(name) for name in self.measures.classes}

    @property
    def by_source(self) -> dict[str, Measures]:
        return {str(source): self.measures.part(self.sources == source) for source in np.unique(self.sources)}

    @property
    def rows(self) -> dict[str, Row]:
        """The focus against the rest by source: see `sources_against_rest`."""
        return sources_against_rest(self.measures, self.sources, self.label, self.threshold)

    @property
    def elsewhere(self) -> dict[str, Row]:
        """The rows of the sources left out and their average, as a manifest records them; nothing without any.

        The average has the calibration error of all these photos too.
        """
        if self.left_out is None:
            return {}
        rows, fitted = self.left_out.rows, cross_fitted(self.left_out.measures, self.left_out.sources, self.label)
        for source, balanced in fitted.items():
            rows[source][CROSS_FITTED] = balanced
        error = round(self.left_out.measures.calibration_error, 5)
        return rows | {AVERAGE: average(rows) | {"calibration_error": error}}

    @property
    def threshold_origin(self) -> str:
        """Where the artifact's threshold comes from, as `export` chooses it."""
        manifest = self.artifact.manifest
        if self.focus not in manifest.thresholds:
            return "no other was chosen"
        if manifest.elsewhere:
            return "chosen on the photos of sources that a like network never saw"
        if manifest.training and manifest.training.config.get("left_out"):
            return "chosen on the photos of the sources left out"
        return "chosen on the validation photos"
