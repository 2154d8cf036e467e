"""How good a network is, in the field's usual numbers, from its answers to photos whose classes are known."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix, roc_auc_score

from model.artifact import Artifact

BATCH = 64
BINS = 15  # of the calibration error, as in arXiv 1706.04599


@dataclass(frozen=True)
class Measures:
    """Answers to photos, and what follows from them."""

    classes: tuple[str, ...]
    probabilities: NDArray[np.float32]  # [photos, classes]
    labels: NDArray[np.int32]  # [photos]

    @property
    def answers(self) -> NDArray[np.int64]:
        """The class with the largest probability, for each photo."""
        return np.asarray(self.probabilities.argmax(axis=1))

    @property
    def accuracy(self) -> float:
        """Share of photos whose class is the answer."""
        return float((self.answers == self.labels).mean())

    def accuracy_of(self, label: int) -> float:
        """Share of photos rightly called this class, or rightly called another: one class against the rest."""
        return float(((self.answers == label) == (self.labels == label)).mean())

    def auc_of(self, label: int) -> float:
        """Area under the ROC curve of one class's probability against the rest; NaN if all or none are of it."""
        of_it = self.labels == label
        if of_it.all() or not of_it.any():
            return float("nan")
        return float(roc_auc_score(of_it, self.probabilities[:, label]))

    @property
    def confusion(self) -> NDArray[np.int64]:
        """[true class, answered class]: counts."""
        return np.asarray(confusion_matrix(self.labels, self.answers, labels=range(len(self.classes))))

    @property
    def calibration_error(self) -> float:
        """Expected calibration error of the answer's probability, in 15 equal bins: arXiv 1706.04599, equation 3."""
        sure, right = self.probabilities.max(axis=1), self.answers == self.labels
        bins = np.minimum((sure * BINS).astype(int), BINS - 1)
        gaps = [abs(right[bins == b].mean() - sure[bins == b].mean()) * (bins == b).mean() for b in np.unique(bins)]
        return float(sum(gaps))

    def part(self, photos: NDArray[np.bool_]) -> "Measures":
        return Measures(self.classes, self.probabilities[photos], self.labels[photos])

    def numbers(self) -> dict[str, float]:
        """By name; what cannot be said of these photos is left out."""
        numbers = {
            "photos": float(len(self.labels)),
            "accuracy": self.accuracy,
            "calibration_error": self.calibration_error,
        }
        for label, name in enumerate(self.classes):
            numbers |= {f"{name}_accuracy": self.accuracy_of(label), f"{name}_auc": self.auc_of(label)}
        return {name: round(number, 5) for name, number in numbers.items() if np.isfinite(number)}


def measure(artifact: Artifact, images: NDArray[np.uint8], labels: NDArray[np.int32]) -> Measures:
    """Asks an artifact about images, uint8 [photos, height, width, 3], whose classes, int [photos], are known."""
    batches = [artifact.predict(images[at : at + BATCH]).probabilities for at in range(0, len(images), BATCH)]
    return Measures(artifact.manifest.labels, np.concatenate(batches), labels)
