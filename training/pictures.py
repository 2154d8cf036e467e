"""Pictures of a run: the confusion matrix, the worst mistakes, the curves."""

import csv
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from training.measures import Measures

GALLERY = (6, 10)  # rows and columns of mistakes


def draw_confusion(measures: Measures, file: Path) -> None:
    """Counts of true class by answer, shaded by the share of the true class."""
    counts = measures.confusion
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure = Figure(figsize=(5, 4.4), layout="constrained")
    axes = figure.subplots()
    picture = axes.imshow(shares, "Blues", vmin=0, vmax=1)
    figure.colorbar(picture, label="share of the true class")
    names = measures.classes
    axes.set(xlabel="answer", ylabel="true class", xticks=range(len(names)), yticks=range(len(names)))
    axes.set_xticklabels(names)
    axes.set_yticklabels(names)
    for (row, column), count in np.ndenumerate(counts):
        colour = "white" if shares[row, column] > 0.5 else "black"
        axes.text(column, row, f"{count}", ha="center", va="center", color=colour)
    figure.savefig(file, dpi=120)


def draw_mistakes(images: NDArray[np.uint8], measures: Measures, file: Path) -> None:
    """The photos whose true class got the least probability, the worst first."""
    true = measures.probabilities[np.arange(len(measures.labels)), measures.labels]
    wrong = np.flatnonzero(measures.answers != measures.labels)
    worst = wrong[np.argsort(true[wrong])][: GALLERY[0] * GALLERY[1]]
    figure = Figure(figsize=(GALLERY[1] * 1.4, GALLERY[0] * 1.65), layout="constrained")
    for axes, photo in zip(figure.subplots(*GALLERY).flat, [*worst, *[None] * GALLERY[0] * GALLERY[1]], strict=False):
        axes.axis("off")
        if photo is not None:
            axes.imshow(images[photo])
            answer, label = measures.classes[measures.answers[photo]], measures.classes[measures.labels[photo]]
            axes.set_title(f"{answer} {measures.probabilities[photo].max():.2f}\nis {label} {true[photo]:.2f}", size=7)
    figure.savefig(file, dpi=110)


def draw_curves(log: Path, file: Path) -> None:
    """Loss and accuracy by epoch, on training crops and on validation photos."""
    with log.open() as lines:
        numbers = [{name: float(value) for name, value in row.items()} for row in csv.DictReader(lines)]
    rows = list(
        {row["epoch"]: row for row in numbers}.values()
    )  # a run killed before its checkpoint logs an epoch twice
    figure = Figure(figsize=(9, 3.5), layout="constrained")
    for axes, quantity in zip(figure.subplots(1, 2), ("loss", "accuracy"), strict=True):
        epochs = [row["epoch"] + 1 for row in rows]
        axes.plot(epochs, [row[quantity] for row in rows], label="training crops")
        axes.plot(epochs, [row[f"val_{quantity}"] for row in rows], label="validation photos")
        axes.set(xlabel="epoch", ylabel=quantity)
        axes.legend()
    figure.savefig(file, dpi=120)
