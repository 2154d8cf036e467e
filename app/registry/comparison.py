"""What changes for callers from one version to another: both answer the golden images, each at its own size."""

from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, Field

from app.registry.refusals import VersionDiffers
from model.golden import golden_images

if TYPE_CHECKING:
    from model.artifact import Artifact


class Probability(BaseModel):
    """The probability of one label for one image, by both versions."""

    image: str
    label: str
    before: float
    after: float


class Flip(BaseModel):
    """An image whose most probable label changes."""

    image: str
    before: str
    after: str


class Comparison(BaseModel):
    version: int = Field(description="what this one is compared with: the stable version")
    images: int = Field(description="how many both answered, in float32")
    largest_change: float = Field(description="of any probability, 0 to 1; a label that one does not know has none")
    largest: Probability = Field(description="where that is")
    flips: list[Flip] = Field(description="the images whose most probable label changes")
    same_labels: bool = Field(description="whether both have the same labels in the same order")

    def __str__(self) -> str:
        flips = f"{len(self.flips)} of {self.images} images"
        return f"beside version {self.version} probabilities change by {self.largest_change:.4g}, the label of {flips}"

    def check(self, max_change: float | None = None, max_flips: int | None = None) -> None:
        """Holds it against limits.

        Raises:
            VersionDiffers: if it is beyond one, with this comparison.
        """
        facts = {"comparison": self.model_dump()}
        if max_change is not None and not self.largest_change <= max_change:
            received = f"{self.largest_change:.6g}, of {self.largest.label!r} for {self.largest.image!r}"
            expected = f"Expected no probability to change by more than {max_change:g} from version {self.version}"
            raise VersionDiffers(f"{expected}; received: {received}", **facts)
        if max_flips is not None and len(self.flips) > max_flips:
            expected = f"Expected the most probable label of at most {max_flips} images to change"
            raise VersionDiffers(f"{expected} from version {self.version}; received: {len(self.flips)}", **facts)


def compare(before: "Artifact", after: "Artifact") -> Comparison:
    """What changes if `after` answers instead of `before`; it computes in this thread."""
    old, new = probabilities(before), probabilities(after)
    labels = list(dict.fromkeys([*before.manifest.labels, *after.manifest.labels]))
    pairs = [
        Probability(image=image, label=label, before=old[image].get(label, 0.0), after=new[image].get(label, 0.0))
        for image in old
        for label in labels
    ]
    largest = max(pairs, key=lambda pair: np.nan_to_num(abs(pair.after - pair.before), nan=np.inf))
    best = [(image, most_probable(old[image]), most_probable(new[image])) for image in old]
    return Comparison(
        version=before.manifest.version,
        images=len(old),
        largest_change=abs(largest.after - largest.before),
        largest=largest,
        flips=[Flip(image=image, before=was, after=now) for image, was, now in best if was != now],
        same_labels=before.manifest.labels == after.manifest.labels,
    )


def most_probable(scores: dict[str, float]) -> str:
    return max(scores, key=scores.__getitem__)


def probabilities(artifact: "Artifact") -> dict[str, dict[str, float]]:
    """Of each label for each golden image, at the size that the network takes."""
    manifest = artifact.manifest
    images = golden_images(manifest.height, manifest.width)
    rows = artifact.predict(np.stack(list(images.values()))).probabilities.tolist()
    return {image: dict(zip(manifest.labels, row, strict=True)) for image, row in zip(images, rows, strict=True)}
