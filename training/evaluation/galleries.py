"""Photos side by side: the worst mistakes, and those that nearly were."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from training.evaluation.measures import Measures
from training.evaluation.pictures import plain

GALLERY = (6, 10)  # rows and columns


def draw_mistakes(images: NDArray[np.uint8], measures: Measures, file: Path) -> None:
    """The photos whose true class got the least probability, the worst first."""
    true = measures.probabilities[np.arange(len(measures.labels)), measures.labels]
    wrong = np.flatnonzero(measures.answers != measures.labels)
    worst = wrong[np.argsort(true[wrong])][: GALLERY[0] * GALLERY[1]]
    titles = [
        f"{plain(measures.classes[measures.answers[photo]])} {measures.probabilities[photo].max():.2f}\n"
        f"is {plain(measures.classes[measures.labels[photo]])} {true[photo]:.2f}"
        for photo in worst
    ]
    draw_gallery(images[worst], titles, file)


def draw_border(images: NDArray[np.uint8], measures: Measures, label: int, threshold: float, file: Path) -> None:
    """The photos whose probability of a class is nearest the threshold, in the order of that probability."""
    scores = measures.scores_of(label)
    nearest = np.argsort(np.abs(scores - threshold), kind="stable")[: GALLERY[0] * GALLERY[1]]
    nearest = nearest[np.argsort(scores[nearest], kind="stable")]
    titles = []
    for photo in nearest:
        said = scores[photo] >= threshold
        mistake = " (wrong)" if said != (measures.labels[photo] == label) else ""
        answer = f"{'' if said else 'not '}{plain(measures.classes[label])} {scores[photo]:.3f}"
        titles.append(f"{answer}\nis {plain(measures.classes[measures.labels[photo]])}{mistake}")
    draw_gallery(images[nearest], titles, file)


def draw_gallery(images: NDArray[np.uint8], titles: Sequence[str], file: Path) -> None:
    """Photos, uint8 [photos, height, width, 3], each under its title, row by row; no more than there are places."""
    columns = GALLERY[1]
    rows = max(1, -(-len(images) // columns))
    figure = Figure(figsize=(columns * 1.4, rows * 1.65), layout="constrained")
    places = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in places:
        axes.axis("off")
    for axes, image, title in zip(places, images, titles, strict=False):
        axes.imshow(image)
        axes.set_title(title, size=7)
    figure.savefig(file, dpi=110)
