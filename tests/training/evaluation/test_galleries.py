from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.training.evaluation.test_pictures import measures_of, opened, pixels_of
from training.evaluation.galleries import draw_border, draw_mistakes


@pytest.fixture
def gallery(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rows of three: drawing takes a while for each place."""
    monkeypatch.setattr("training.evaluation.galleries.GALLERY", (2, 3))


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


def places(picture: NDArray[np.uint8], *colours: tuple[int, int, int]) -> list[tuple[int, int] | None]:
    """The row and column of the first pixel of each colour; None if there is none."""
    found = [np.argwhere(pixels_of(picture, colour)) for colour in colours]
    return [tuple(pixels[0].tolist()) if len(pixels) else None for pixels in found]


@pytest.mark.usefixtures("gallery")
def test_the_border_shows_the_photos_nearest_the_threshold_in_the_order_of_their_probability(tmp_path: Path) -> None:
    red, green, blue, violet = (250, 0, 0), (0, 250, 0), (0, 0, 250), (250, 0, 250)
    others = [(10 * number, 100, 100) for number in range(4)]
    cat = [0.55, 0.95, 0.35, 0.01, 0.41, 0.42, 0.43, 0.44]
    measures = measures_of([0] * 8, [0] * 8, cat)
    draw_border(plain(red, green, blue, violet, *others), measures, 0, 0.4, tmp_path / "border.png")
    first, far, before, low = places(opened(tmp_path / "border.png"), red, green, blue, violet)
    assert far is None
    assert low is None
    assert before is not None
    assert first is not None
    assert before[0] < first[0]  # two rows: 0.35 is the very first of the six, 0.55 the last


@pytest.mark.usefixtures("gallery")
def test_a_border_photo_on_the_wrong_side_is_called_so(tmp_path: Path) -> None:
    pictures = []
    for true in (0, 1):
        draw_border(plain((9, 9, 9)), measures_of([true], [0], [0.45]), 0, 0.4, tmp_path / "border.png")
        pictures.append(opened(tmp_path / "border.png"))
    assert (pictures[0] != pictures[1]).any()


@pytest.mark.usefixtures("gallery")
def test_a_gallery_has_no_more_rows_than_it_needs(tmp_path: Path) -> None:
    heights = []
    for photos in (1, 3, 4):
        measures = measures_of([0] * photos, [0] * photos, [0.5] * photos)
        draw_border(plain(*[(9, 9, 9)] * photos), measures, 0, 0.4, tmp_path / "border.png")
        heights.append(opened(tmp_path / "border.png").shape[0])
    assert heights[0] == heights[1] == heights[2] // 2
