"""How good a network is, in the field's usual numbers, from its answers to photos whose classes are known."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix, roc_auc_score, roc_curve

from model.artifact import Artifact

BATCH = 64
BINS = 15  # of the calibration error, as in arXiv 1706.04599


@dataclass(frozen=True)
class Reliability:
    """Photos in equal bins of the answer's probability, from 0 to 1 (arXiv 1706.04599): all arrays are [bins]."""

    photos: NDArray[np.int64]
    sure: NDArray[np.float64]  # the answers' mean probability; NaN in a bin without photos
    right: NDArray[np.float64]  # the share of right answers; likewise

    @property
    def error(self) -> float:
        """Expected calibration error: the mean gap between the two over all photos (equation 3)."""
        return float(np.nansum(np.abs(self.right - self.sure) * self.photos) / self.photos.sum())


@dataclass(frozen=True)
class Measures:
    """Answers to photos, and what follows from them.

    Those that end in `_of` judge one class against the rest, by its probability alone.
    """

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
        """Share of photos rightly answered with this class, or rightly with another."""
        return float(((self.answers == label) == (self.labels == label)).mean())

    def scores_of(self, label: int) -> NDArray[np.float64]:
        """Each photo's probability of this class, in the precision in which it is compared with a threshold."""
        return self.probabilities[:, label].astype(np.float64)

    def recall_of(self, label: int, threshold: float) -> float:
        """Share of this class' photos whose probability is at least the threshold; NaN without such photos."""
        found = self.scores_of(label)[self.labels == label] >= threshold
        return float(found.mean()) if len(found) else float("nan")

    def specificity_of(self, label: int, threshold: float) -> float:
        """Share of the other classes' photos whose probability is below the threshold; NaN without such photos."""
        passed = self.scores_of(label)[self.labels != label] < threshold
        return float(passed.mean()) if len(passed) else float("nan")

    def balanced_accuracy_of(self, label: int, threshold: float) -> float:
        """Mean of recall and specificity: guessing gives 0.5, however rare the class is; NaN if either is NaN."""
        return (self.recall_of(label, threshold) + self.specificity_of(label, threshold)) / 2

    def auc_of(self, label: int) -> float:
        """Area under the ROC curve; NaN if all or none are of the class."""
        of_it = self.labels == label
        if of_it.all() or not of_it.any():
            return float("nan")
        return float(roc_auc_score(of_it, self.probabilities[:, label]))

    def roc_of(self, label: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The ROC curve's corners, from the strictest threshold to none: shares of false alarms, and recalls.

        Raises:
            ValueError: if all or none are of the class.
        """
        of_it = self.labels == label
        if of_it.all() or not of_it.any():
            raise ValueError(
                f"Expected photos of {self.classes[label]} and others; received {of_it.sum()} of {len(of_it)}"
            )
        false_alarms, recalls, _ = roc_curve(of_it, self.probabilities[:, label])
        return false_alarms, recalls

    @property
    def confusion(self) -> NDArray[np.int64]:
        """[true class, answered class]: counts."""
        return np.asarray(confusion_matrix(self.labels, self.answers, labels=range(len(self.classes))))

    @property
    def reliability(self) -> Reliability:
        """How often the answer is right, by its probability."""
        sure, right = self.probabilities.max(axis=1).astype(np.float64), self.answers == self.labels
        bins = np.minimum((sure * BINS).astype(int), BINS - 1)
        photos, sures, rights = (np.bincount(bins, weights, BINS) for weights in (None, sure, right))
        photos_or_nan = np.where(photos, photos, np.nan)
        return Reliability(photos, sures / photos_or_nan, rights / photos_or_nan)

    @property
    def calibration_error(self) -> float:
        """Expected calibration error of the answer's probability."""
        return self.reliability.error

    def part(self, photos: NDArray[np.bool_]) -> "Measures":
        return Measures(self.classes, self.probabilities[photos], self.labels[photos])

    def numbers(self, thresholds: Mapping[str, float] | None = None) -> dict[str, float]:
        """By name, and with thresholds also what depends on them; what cannot be said of these photos is left out."""
        numbers = {
            "photos": float(len(self.labels)),
            "accuracy": self.accuracy,
            "calibration_error": self.calibration_error,
        }
        for label, name in enumerate(self.classes):
            numbers |= {f"{name}_accuracy": self.accuracy_of(label), f"{name}_auc": self.auc_of(label)}
        for name, threshold in (thresholds or {}).items():
            label = self.classes.index(name)
            numbers |= {
                f"{name}_threshold": threshold,
                f"{name}_recall": self.recall_of(label, threshold),
                f"{name}_specificity": self.specificity_of(label, threshold),
                f"{name}_balanced_accuracy": self.balanced_accuracy_of(label, threshold),
            }
        return {name: round(number, 5) for name, number in numbers.items() if np.isfinite(number)}


def measure(artifact: Artifact, images: NDArray[np.uint8], labels: NDArray[np.int32]) -> Measures:
    """Asks an artifact about images, uint8 [photos, height, width, 3], whose classes, int [photos], are known."""
    batches = [artifact.predict(images[at : at + BATCH]).probabilities for at in range(0, len(images), BATCH)]
    return Measures(artifact.manifest.labels, np.concatenate(batches), labels)
