"""Charts of measures: the confusion matrix, ROC curves, the reliability diagram, bars by source."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from training.evaluation.against_rest import Row
from training.evaluation.measures import BINS, Measures

# Okabe and Ito's colours without their yellow, which is pale on white: jfly.uni-koeln.de/color
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
LINES = ("-", "--", "-.", ":")  # colour alone says nothing to some
CORNER = 0.25  # of the ROC curves, drawn once more and larger
CHANCE = 0.5  # the balanced accuracy of guessing


def plain(name: str) -> str:
    """A class' or source's name as text: matplotlib would read what stands between two dollars as a formula."""
    return name.replace("$", r"\$") or "unknown"


def draw_confusion(measures: Measures, file: Path) -> None:
    """Counts of true class by answer, shaded by the share of the true class."""
    counts = measures.confusion
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure = Figure(figsize=(5, 4.4), layout="constrained")
    axes = figure.subplots()
    picture = axes.imshow(shares, "Blues", vmin=0, vmax=1)
    figure.colorbar(picture, label="share of the true class")
    names = [plain(name) for name in measures.classes]
    axes.set(xlabel="answer", ylabel="true class", xticks=range(len(names)), yticks=range(len(names)))
    axes.set_xticklabels(names)
    axes.set_yticklabels(names)
    for (row, column), count in np.ndenumerate(counts):
        colour = "white" if shares[row, column] > 0.5 else "black"
        axes.text(column, row, f"{count}", ha="center", va="center", color=colour)
    figure.savefig(file, dpi=120)


def draw_roc(measures: Measures, thresholds: Mapping[str, float], file: Path) -> None:
    """ROC curves of every class against the rest, whole and their upper left corner; a dot at each threshold."""
    figure = Figure(figsize=(9, 4.6), layout="constrained")
    whole, corner = figure.subplots(1, 2)
    for axes in (whole, corner):
        draw_roc_lines(measures, thresholds, axes)
        axes.set(xlabel="false alarms, share of the rest", ylabel="recall, share of the class", aspect="equal")
    whole.plot([0, 1], [0, 1], color="grey", linewidth=0.8, linestyle=(0, (1, 3)))
    if whole.get_legend_handles_labels()[0]:
        whole.legend(loc="lower right", fontsize=8, title="each class against the rest", title_fontsize=8)
    corner.set(xlim=(0, CORNER), ylim=(1 - CORNER, 1), title="the upper left corner")
    figure.savefig(file, dpi=120)


def draw_roc_lines(measures: Measures, thresholds: Mapping[str, float], axes: Axes) -> None:
    for label, name in enumerate(measures.classes):
        auc = measures.auc_of(label)
        if np.isnan(auc):
            continue
        style: dict[str, Any] = {"color": COLOURS[label % len(COLOURS)], "linestyle": LINES[label % len(LINES)]}
        axes.plot(*measures.roc_of(label), label=f"AUC {auc:.3f}  {plain(name)}", **style)
        threshold = thresholds[name]
        point = 1 - measures.specificity_of(label, threshold), measures.recall_of(label, threshold)
        axes.plot(*point, "o", color=style["color"], markeredgecolor="black", markersize=7, zorder=3)


def draw_reliability(measures: Measures, file: Path) -> None:
    """The share of right answers by the answer's probability, and below it how many photos each bin has."""
    found = measures.reliability
    figure = Figure(figsize=(5, 5.4), layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    edges = np.arange(BINS) / BINS
    bars = {"width": 1 / BINS, "align": "edge", "edgecolor": "white"}
    upper.bar(edges, np.nan_to_num(found.right), color=COLOURS[0], label="photos answered rightly", **bars)
    upper.plot([0, 1], [0, 1], "--", color="black", linewidth=1, label="as sure as right")
    upper.plot(found.sure, found.right, "o", color=COLOURS[1], markersize=4, label="at the bin's mean probability")
    upper.legend(loc="upper left", fontsize=8)
    upper.set(ylabel="share of right answers", ylim=(0, 1.02), title=f"Expected calibration error {found.error:.3f}")
    counts = lower.bar(edges, found.photos, color="grey", **bars)
    lower.bar_label(counts, [f"{count}" if count else "" for count in found.photos], fontsize=6)
    lower.margins(y=0.2)
    lower.set(xlabel="probability of the answer", ylabel="photos", xlim=(0, 1))
    figure.savefig(file, dpi=120)


def draw_by_source(rows: Mapping[str, Row], left_out: Mapping[str, Row], focus: str, file: Path) -> None:
    """Balanced accuracy of one class against the rest by source, best first; left-out sources hatched and named so."""
    bars = [
        (row["balanced_accuracy"], plain(source) + (" (left out)" if out else ""), row["photos"], out)
        for part, out in ((rows, False), (left_out, True))
        for source, row in part.items()
        if "balanced_accuracy" in row
    ]
    bars.sort(key=lambda bar: bar[0])
    figure = Figure(figsize=(7, 1.1 + 0.26 * max(len(bars), 1)), layout="constrained")
    axes = figure.subplots()
    for place, (balanced, _, photos, out) in enumerate(bars):
        style: dict[str, Any] = {"color": COLOURS[0]}
        if out:
            style = {"color": "#F0C9A8", "edgecolor": COLOURS[1], "hatch": "////"}
        axes.barh(place, balanced - CHANCE, left=CHANCE, height=0.75, **style)
        axes.text(max(balanced, CHANCE) + 0.006, place, f"{balanced:.3f} ({photos:,.0f})", va="center", fontsize=8)
    axes.axvline(CHANCE, color="black", linewidth=1)
    lowest = min((balanced for balanced, *_ in bars), default=CHANCE)
    axes.set(
        xlabel=f"balanced accuracy, {plain(focus)} against the rest; in brackets, photos",
        yticks=range(len(bars)), xlim=(min(CHANCE, lowest) - 0.01, 1.12), ylim=(-0.7, max(len(bars), 1) - 0.3),
    )  # fmt: skip
    axes.set_yticklabels([name for _, name, *_ in bars])
    axes.set_xticks(np.arange(np.floor(10 * min(CHANCE, lowest)) / 10, 1.01, 0.1).round(1))
    figure.savefig(file, dpi=120)
