"""Pictures of a comparison: what damages look like and do, what is learnt by heart, what size costs."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from training.comparison.comparison import Comparison
from training.comparison.damage import DAMAGES, SEVERITIES
from training.comparison.growth import Cost
from training.evaluation.pictures import plain

PANELS = (2, 5)  # rows and columns of damages


def draw_endurance(comparison: Comparison, file: Path) -> None:
    """One panel a damage: the rate against the rest by severity, a line for each network."""
    figure = Figure(figsize=(13, 5.6), layout="constrained")
    panels = figure.subplots(*PANELS, sharey=True)
    for axes, (name, damage) in zip(panels.flat, DAMAGES.items(), strict=True):
        for network, endurance in comparison.networks.items():
            rates = [endurance.test, *endurance.damaged[name]]
            axes.plot([rate.against_rest for rate in rates], marker="o", markersize=3, label=plain(network))
        axes.axhline(comparison.majority, color="grey", linestyle=":", label="always the commoner answer")
        axes.set(title=name, xlabel=damage.unit, xticks=[0, *SEVERITIES])
        axes.set_xticklabels(["none", *(f"{level:g}" for level in damage.levels)])
    for axes in panels[:, 0]:
        axes.set_ylabel(f"{plain(comparison.focus)} rightly told from the rest")
    figure.legend(*panels.flat[0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
    figure.savefig(file, dpi=120)


def draw_damages(photo: NDArray[np.uint8], file: Path) -> None:
    """A photo, uint8 [height, width, 3], under every damage at every severity: one row a damage."""
    columns = 1 + len(SEVERITIES)
    figure = Figure(figsize=(columns * 1.5, len(DAMAGES) * 1.75), layout="constrained")
    for row, (name, damage) in zip(figure.subplots(len(DAMAGES), columns), DAMAGES.items(), strict=True):
        row[0].imshow(photo)
        row[0].set_ylabel(name)
        for axes, level, severity in zip(row[1:], damage.levels, SEVERITIES, strict=True):
            axes.imshow(damage(photo, severity))
            axes.set_title(f"{level:g}", size=8)
        row[len(row) // 2].set_xlabel(damage.unit, size=8)
        for axes in row:
            axes.set(xticks=[], yticks=[])
    figure.savefig(file, dpi=110)


def draw_gap(comparison: Comparison, file: Path) -> None:
    """Two bars a network: the rate against the rest on photos that trained it, and on photos that did not."""
    networks = comparison.networks
    figure = Figure(figsize=(6.5, 4), layout="constrained")
    axes = figure.subplots()
    places, width = np.arange(len(networks)), 0.38
    for side, kind in ((-1, "training"), (1, "test")):
        rates = [getattr(endurance, kind).against_rest for endurance in networks.values()]
        bars = axes.bar(places + side * width / 2, rates, width, label=f"{kind} photos")
        axes.bar_label(bars, fmt="%.3f", size=8)
    axes.axhline(comparison.majority, color="grey", linestyle=":", label="always the commoner answer")
    axes.set(ylabel=f"{plain(comparison.focus)} rightly told from the rest", ylim=(0, 1.08), xticks=places)
    axes.set_xticklabels([plain(network) for network in networks])
    figure.legend(loc="outside upper center", ncols=3)  # inside it would hide a bar
    figure.savefig(file, dpi=120)


def draw_growth(growth: Mapping[str, Sequence[Cost]], file: Path) -> None:
    """Parameters and multiply-adds by the photo's side, on logarithmic scales, a line for each network."""
    figure = Figure(figsize=(9, 4), layout="constrained")
    for axes, quantity in zip(figure.subplots(1, 2), ("parameters", "multiply_adds"), strict=True):
        for network, costs in growth.items():
            sides = [cost.side for cost in costs]
            axes.plot(sides, [getattr(cost, quantity) for cost in costs], marker="o", markersize=3, label=network)
            axes.set_xticks(sides)
        axes.set(xlabel="side of the photo, pixels", ylabel=quantity.replace("_", "-"), yscale="log")
        axes.legend()
    figure.savefig(file, dpi=120)
