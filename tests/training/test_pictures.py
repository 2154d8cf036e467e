from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from training.measures import Measures
from training.pictures import draw_confusion, draw_curves, draw_mistakes

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


@pytest.fixture
def gallery(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rows of three: drawing takes a while for each place."""
    monkeypatch.setattr("training.pictures.GALLERY", (2, 3))


def plain(*colours: tuple[int, int, int]) -> NDArray[np.uint8]:
    return np.stack([np.full((8, 8, 3), colour, np.uint8) for colour in colours])


@pytest.mark.usefixtures("gallery")
def test_only_mistakes_are_shown_and_the_worst_comes_first(tmp_path: Path) -> None:
    right, slight, bad = (0, 250, 0), (250, 0, 250), (250, 150, 0)
    images = plain(right, slight, bad)
    draw_mistakes(images, measures_of([0, 0, 1], [0, 1, 0], [0.99, 0.6, 0.9]), tmp_path / "mistakes.png")
    picture = opened(tmp_path / "mistakes.png")
    assert not pixels_of(picture, right).any()
    columns = {colour: np.nonzero(pixels_of(picture, colour))[1] for colour in (slight, bad)}
    assert columns[bad].max() < columns[slight].min()


@pytest.mark.usefixtures("gallery")
def test_a_network_without_mistakes_has_an_empty_gallery(tmp_path: Path) -> None:
    draw_mistakes(plain((0, 250, 0)), measures_of([0], [0], [0.9]), tmp_path / "mistakes.png")
    assert (opened(tmp_path / "mistakes.png") == 255).all()


@pytest.mark.usefixtures("gallery")
def test_a_gallery_ends_when_it_is_full(tmp_path: Path) -> None:
    full = 6
    worst, least = (250, 150, 0), (250, 0, 250)
    images = plain(*[worst] * full, least)
    sure = [0.9] * full + [0.6]
    draw_mistakes(images, measures_of([0] * (full + 1), [1] * (full + 1), sure), tmp_path / "mistakes.png")
    picture = opened(tmp_path / "mistakes.png")
    assert pixels_of(picture, worst).any()
    assert not pixels_of(picture, least).any()


HEAD = "epoch,accuracy,loss,val_accuracy,val_loss\n"


def curves(log: str, folder: Path) -> NDArray[np.uint8]:
    (folder / "log.csv").write_text(HEAD + log)
    draw_curves(folder / "log.csv", folder / "curves.png")
    return opened(folder / "curves.png")


def test_curves_follow_the_log(tmp_path: Path) -> None:
    falling = curves("0,0.5,1.0,0.5,1.1\n1,0.6,0.5,0.6,0.6\n", tmp_path)
    assert falling.shape == (420, 1080, 3)
    rising = curves("0,0.5,0.5,0.5,0.6\n1,0.6,1.0,0.6,1.1\n", tmp_path)
    half = falling.shape[1] // 2
    assert (falling[:, :half] != rising[:, :half]).any()  # the loss
    assert (falling[:, half:] == rising[:, half:]).all()  # the accuracy


def test_an_epoch_that_was_logged_twice_counts_as_it_ended(tmp_path: Path) -> None:
    twice = curves("0,0.5,1.0,0.5,1.1\n1,0.9,0.9,0.9,0.9\n1,0.6,0.5,0.6,0.6\n", tmp_path)
    once = curves("0,0.5,1.0,0.5,1.1\n1,0.6,0.5,0.6,0.6\n", tmp_path)
    np.testing.assert_array_equal(twice, once)
