from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageColor

from training.evaluation.measures import Measures
from training.evaluation.pictures import COLOURS, draw_by_source, draw_confusion, draw_reliability, draw_roc

WHITE_OF_BLUES, BLACK_OF_BLUES = (247, 251, 255), (8, 48, 107)  # matplotlib's "Blues" at 0 and at 1


def opened(file: Path) -> NDArray[np.uint8]:
    return np.asarray(Image.open(file).convert("RGB"))


def pixels_of(picture: NDArray[np.uint8], colour: tuple[int, int, int]) -> NDArray[np.bool_]:
    return np.asarray((picture == colour).all(axis=2))


def measures_of(true: list[int], answers: list[int], sure: list[float]) -> Measures:
    rows = [[p if label == answer else 1 - p for label in range(2)] for answer, p in zip(answers, sure, strict=True)]
    return Measures(("cat", "other"), np.array(rows, np.float32), np.array(true, np.int32))


@pytest.mark.parametrize(
    ("answers", "dark"),
    [([0, 0, 1, 1], [[True, False], [False, True]]), ([1, 1, 0, 0], [[False, True], [True, False]])],
)
def test_a_confusion_matrix_has_true_classes_down_and_answers_across(
    answers: list[int], dark: list[list[bool]], tmp_path: Path
) -> None:
    draw_confusion(measures_of([0, 0, 1, 1], answers, [0.9] * 4), tmp_path / "confusion.png")
    picture = opened(tmp_path / "confusion.png")
    shaded = pixels_of(picture, WHITE_OF_BLUES) | pixels_of(picture, BLACK_OF_BLUES)
    columns = np.flatnonzero(shaded.sum(axis=0) > picture.shape[0] / 2)  # without the colour bar's two ends
    rows = np.flatnonzero(shaded[:, columns].sum(axis=1) > len(columns) / 2)
    squares = picture[rows[0] : rows[-1], columns[0] : columns[-1]]
    height, width = (side // 4 for side in squares.shape[:2])
    # A little above each count, where no digit is.
    corners = [[squares[y * height - height // 2, x * width - width // 2] for x in (1, 3)] for y in (1, 3)]
    assert [[tuple(corner) == BLACK_OF_BLUES for corner in row] for row in corners] == dark


def test_a_class_without_photos_is_drawn_too(tmp_path: Path) -> None:
    draw_confusion(measures_of([0, 0], [0, 1], [0.9] * 2), tmp_path / "confusion.png")
    assert pixels_of(opened(tmp_path / "confusion.png"), WHITE_OF_BLUES).any()


def coloured(picture: NDArray[np.uint8], name: str) -> NDArray[np.bool_]:
    """Where a picture has a colour, such as "#0072B2", but for the smoothing of edges."""
    return np.asarray((np.abs(picture.astype(int) - ImageColor.getrgb(name)) < 12).all(axis=2))


def test_a_perfect_networks_roc_curve_touches_the_corner_and_a_reversed_ones_does_not(tmp_path: Path) -> None:
    heights = {}
    for name, answers in (("perfect", [0, 0, 1, 1]), ("reversed", [1, 1, 0, 0])):
        draw_roc(measures_of([0, 0, 1, 1], answers, [0.9] * 4), {"cat": 0.5, "other": 0.5}, tmp_path / "roc.png")
        picture = opened(tmp_path / "roc.png")
        plot = coloured(picture, COLOURS[0])[:, : picture.shape[1] // 2]
        plot[picture.shape[0] * 3 // 4 :] = False  # the legend
        heights[name] = plot.sum()
    assert heights["perfect"] > 2 * heights["reversed"]


def test_a_threshold_is_marked_on_its_curve(tmp_path: Path) -> None:
    measures = measures_of([0, 0, 1, 1], [0, 0, 1, 1], [0.9, 0.6, 0.6, 0.9])
    pictures = []
    for threshold in (0.3, 0.5, 0.55, 0.75):
        draw_roc(measures, {"cat": threshold, "other": 0.5}, tmp_path / "roc.png")
        pictures.append(opened(tmp_path / "roc.png"))
    assert (pictures[0] != pictures[1]).any()
    assert (pictures[1] == pictures[2]).all()  # no photo lies between them
    assert (pictures[2] != pictures[3]).any()


def test_classes_without_a_curve_are_left_out(tmp_path: Path) -> None:
    draw_roc(measures_of([0, 0], [0, 1], [0.9] * 2), {"cat": 0.5, "other": 0.5}, tmp_path / "roc.png")
    assert not coloured(opened(tmp_path / "roc.png"), COLOURS[0]).any()


def test_the_bars_of_a_reliability_diagram_are_the_shares_of_right_answers(tmp_path: Path) -> None:
    sizes = {}
    for right in (1, 2, 4):
        true = [0] * right + [1] * (4 - right)
        draw_reliability(measures_of(true, [0] * 4, [0.9] * 4), tmp_path / "reliability.png")
        sizes[right] = coloured(opened(tmp_path / "reliability.png"), COLOURS[0]).sum()
    legend = 2 * sizes[1] - sizes[2]  # drawn in the same colour each time
    assert sizes[4] - legend == pytest.approx(4 * (sizes[1] - legend), rel=0.1)


ROW = {"photos": 10.0, "balanced_accuracy": 0.9}


def test_left_out_sources_look_different_and_longer_bars_are_better(tmp_path: Path) -> None:
    better, worse = ROW | {"balanced_accuracy": 0.9}, ROW | {"balanced_accuracy": 0.7}
    draw_by_source({"a": better, "b": worse}, {"c": better}, "cat", tmp_path / "sources.png")
    picture = opened(tmp_path / "sources.png")
    bars = coloured(picture, COLOURS[0]).sum(axis=1)
    long, short = sorted(np.unique(bars[bars > 20]), reverse=True)[0], np.unique(bars[bars > 20])[0]
    assert long == pytest.approx(2 * short, rel=0.1)  # 0.4 and 0.2 above guessing
    assert coloured(picture, COLOURS[1]).any()  # the hatches
    draw_by_source({"a": better, "b": worse, "c": better}, {}, "cat", tmp_path / "sources.png")
    assert not coloured(opened(tmp_path / "sources.png"), COLOURS[1]).any()


def test_sources_of_which_nothing_can_be_said_are_left_out(tmp_path: Path) -> None:
    draw_by_source({"a": {"photos": 3.0}}, {}, "cat", tmp_path / "sources.png")
    assert not coloured(opened(tmp_path / "sources.png"), COLOURS[0]).any()
    draw_by_source({"a": ROW | {"balanced_accuracy": 0.2}}, {}, "cat", tmp_path / "sources.png")  # worse than guessing
    assert coloured(opened(tmp_path / "sources.png"), COLOURS[0]).any()


def test_names_are_no_formulas_and_may_begin_as_hidden_ones_do(tmp_path: Path) -> None:
    names = ("$x_$", "_hidden")
    measures = Measures(names, np.array([[0.9, 0.1], [0.2, 0.8]], np.float32), np.array([0, 1], np.int32))
    draw_confusion(measures, tmp_path / "confusion.png")
    draw_roc(measures, dict.fromkeys(names, 0.5), tmp_path / "roc.png")
    draw_by_source({"$a_$": ROW, "": ROW}, {"_b": ROW}, "$x_$", tmp_path / "sources.png")
