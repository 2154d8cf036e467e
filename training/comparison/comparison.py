"""What networks bear: the same photos, undamaged, damaged, and those that trained them, put to each of them."""

from collections.abc import Mapping
from dataclasses import dataclass

import keras
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model.artifact import Artifact
from model.preprocessing import preprocess
from training.comparison.damage import DAMAGES, SEVERITIES
from training.evaluation.measures import Measures, measure


@dataclass(frozen=True)
class Rates:
    """How good answers to some photos are, as shares."""

    against_rest: float  # photos in which the focus is rightly told from everything else
    classes: float  # photos put into the right one of all classes
    score: float  # the mean probability of the focus in photos of it: the article's "score for the cat"


@dataclass(frozen=True)
class Endurance:
    """What one network made of the photos."""

    height: int  # of its input, in pixels
    width: int
    parameters: int
    multiply_adds: int
    training: Rates  # on undamaged photos that trained it
    test: Rates  # on undamaged photos that did not
    damaged: dict[str, tuple[Rates, ...]]  # by damage: on the same test photos, at each severity

    @property
    def gap(self) -> float:
        """By how much it is better on photos that it has seen: what it learnt by heart."""
        return self.training.against_rest - self.test.against_rest


@dataclass(frozen=True)
class Comparison:
    """What networks made of the same photos."""

    focus: str  # the class that is told from the rest
    classes: tuple[str, ...]
    photos: int  # for testing
    training_photos: int
    majority: float  # rate against the rest of always giving the answer that is right more often
    networks: dict[str, Endurance]


def compare(
    artifacts: Mapping[str, Artifact],
    images: NDArray[np.uint8],
    labels: NDArray[np.int32],
    training_images: NDArray[np.uint8],
    training_labels: NDArray[np.int32],
    *,
    focus: str = "cat",
) -> Comparison:
    """Puts photos to networks, as they are and damaged; each sees them at the size of its input.

    Args:
        artifacts: the networks by name, all with the same labels.
        images: that trained none of them, uint8 [n, height, width, 3]; what damages them comes before their resizing.
        labels: theirs, int [n].
        training_images: some that trained them all, uint8 [m, height, width, 3].
        training_labels: theirs, int [m].
        focus: the class that is told from the rest; the first one where there is no such class.

    Raises:
        ValueError: if there are no artifacts, if they differ in their labels, or if no photo is of the focus.
    """
    known = classes_of(artifacts)
    one = known.index(focus) if focus in known else 0
    sizes = {name: (artifact.manifest.height, artifact.manifest.width) for name, artifact in artifacts.items()}
    for kind, photos in (("test", labels), ("training", training_labels)):
        if one not in photos:
            raise ValueError(f"Expected {kind} photos of {known[one]}; received: {len(photos)} photos, none of it")

    def rates(images: NDArray[np.uint8], labels: NDArray[np.int32]) -> dict[str, Rates]:
        seen = {size: resized(images, *size) for size in set(sizes.values())}
        return {
            name: rates_of(measure(artifact, seen[sizes[name]], labels), one) for name, artifact in artifacts.items()
        }

    training, test = rates(training_images, training_labels), rates(images, labels)
    progress = keras.utils.Progbar(len(DAMAGES) * len(SEVERITIES), unit_name="damage")
    damaged: dict[str, list[dict[str, Rates]]] = {kind: [] for kind in DAMAGES}
    for kind, damage in DAMAGES.items():
        for severity in SEVERITIES:
            damaged[kind].append(rates(np.stack([damage(image, severity) for image in images]), labels))
            progress.add(1)

    share = float((labels == one).mean())
    return Comparison(
        focus=known[one],
        classes=known,
        photos=len(labels),
        training_photos=len(training_labels),
        majority=max(share, 1 - share),
        networks={
            name: Endurance(
                *sizes[name],
                artifact.manifest.parameters,
                artifact.manifest.multiply_adds,
                training[name],
                test[name],
                {kind: tuple(at[name] for at in severities) for kind, severities in damaged.items()},
            )
            for name, artifact in artifacts.items()
        },
    )


def classes_of(artifacts: Mapping[str, Artifact]) -> tuple[str, ...]:
    """The classes that all the networks know.

    Raises:
        ValueError: if there are no networks, or they differ in their labels.
    """
    if not artifacts:
        raise ValueError("Expected networks to compare; received none")
    (first, expected), *others = ((name, artifact.manifest.labels) for name, artifact in artifacts.items())
    for name, received in others:
        if received != expected:
            raise ValueError(
                f"Expected networks of the same labels: {first} has {expected}; received: {name} with {received}"
            )
    return expected


def resized(images: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    """Photos, uint8 [n, any height, any width, 3], as a network with this input would be served them."""
    return np.stack([preprocess(Image.fromarray(image), height, width).pixels for image in images])


def rates_of(measures: Measures, label: int) -> Rates:
    score = float(measures.probabilities[measures.labels == label, label].mean())
    return Rates(measures.accuracy_of(label), measures.accuracy, score)
