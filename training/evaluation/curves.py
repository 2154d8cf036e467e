"""A run's log as curves: loss, accuracy, and whatever else was logged by epoch."""

import csv
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

COLUMNS = 2  # panels side by side


def draw_curves(log: Path, file: Path) -> None:
    """One panel for each quantity of a log, on training crops and, where it has a `val_` column, on validation photos.

    Args:
        log: a CSV file with `epoch`, `loss`, `accuracy`, `val_loss`, `val_accuracy` and any other columns of numbers,
            such as `learning_rate` or `seconds`; empty places and `NA`, as Keras writes them, are left out.
        file: the picture, a PNG.
    """
    rows = rows_of(log)
    logged = {name: None for row in rows for name in row}  # in the log's order
    others = [name for name in logged if name not in ("epoch", "loss", "accuracy") and not name.startswith("val_")]
    quantities = ["loss", "accuracy", *others]
    lines = -(-len(quantities) // COLUMNS)
    figure = Figure(figsize=(9, 3.5 * lines), layout="constrained")
    places = figure.subplots(lines, COLUMNS, squeeze=False).ravel()
    epochs = [row["epoch"] + 1 for row in rows]
    for axes, quantity in zip(places, quantities, strict=False):
        for column, legend, line in ((quantity, "training crops", "--"), (f"val_{quantity}", "validation photos", "-")):
            if column in logged:
                axes.plot(epochs, [row.get(column, np.nan) for row in rows], line, label=legend, marker=".")
        axes.set(xlabel="epoch", ylabel=quantity.replace("_", " "))
        if f"val_{quantity}" in logged:
            axes.legend()
    for axes in places[len(quantities) :]:
        axes.axis("off")
    figure.savefig(file, dpi=120)


def rows_of(log: Path) -> list[dict[str, float]]:
    """What was logged of each epoch."""
    with log.open(newline="") as lines:
        return [
            {name: float(value) for name, value in row.items() if name and value not in (None, "", "NA")}
            for row in csv.DictReader(lines)
        ]
