import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import ArrayLike, NDArray

from app.pictures.colours import NOT_FINITE_RGB, find_colormap, table
from app.pictures.explanation import ENDS, OPPOSITES, PANEL, STRONGEST, Cells, draw_explanation, laid_over
from app.pictures.facts import GridFacts
from app.pictures.heading import Heading
from app.pictures.layout import FRAME_WIDTH, GAP, HEADER, MARGIN
from app.pictures.legend import LEGEND_WIDTH, WORDS_LEFT
from app.pictures.lettering import TEXT_PX, text_width
from app.pictures.scaling import Limits
from tests.app.pictures.grids import opened

Pixels = NDArray[np.uint8]
Values = NDArray[np.float32]
HEADING = Heading("cat", "a method", "what a value says")
RED, BLUE, WHITE = (103, 0, 31), (5, 48, 97), (247, 247, 247)  # of RdBu_r: its ends and its middle
PHOTO = np.random.default_rng(1).integers(0, 256, (4, 6, 3), dtype=np.uint8)


def cells_of(values: ArrayLike, down: list[float], across: list[float]) -> Cells:
    return Cells(np.array(values, np.float32), np.array(down, np.float64), np.array(across, np.float64))


def pixels_as_cells(values: ArrayLike) -> Cells:
    """A cell for each pixel of a photo of that size."""
    rows, columns = np.shape(values)
    return cells_of(values, [row + 0.5 for row in range(rows)], [column + 0.5 for column in range(columns)])


def drawn(
    cells: Cells, photo: Pixels = PHOTO, scale: Limits | None = None, colormap: str = "RdBu_r"
) -> tuple[list[Pixels], GridFacts]:
    """Each of the panels, a pixel for each of the photo's."""
    png, facts = draw_explanation(photo, cells, HEADING, scale, colormap, {"Label": "cat"})
    picture, (height, width) = np.asarray(opened(png)), photo.shape[:2]
    zoom = PANEL // max(height, width)
    lefts = [MARGIN + FRAME_WIDTH + number * (width * zoom + 2 * FRAME_WIDTH + GAP) for number in range(3)]
    top = HEADER + FRAME_WIDTH
    return [picture[top : top + height * zoom : zoom, left : left + width * zoom : zoom] for left in lefts], facts


def test_the_photo_its_numbers_and_both_stand_side_by_side() -> None:
    values = [[-4, 0, 0, 0, 0, 4], *[[0] * 6] * 3]
    (photo, numbers, both), facts = drawn(pixels_as_cells(values))
    assert np.array_equal(photo, PHOTO)
    assert (numbers[0, 0].tolist(), numbers[0, 5].tolist()) == (list(BLUE), list(RED))
    assert (numbers[1:] == WHITE).all()
    grey = np.rint(PHOTO @ np.array([0.299, 0.587, 0.114]))
    np.testing.assert_array_equal(both[1:], np.repeat(grey[1:, :, None], 3, axis=2))
    expected = STRONGEST * np.array(BLUE) + (1 - STRONGEST) * grey[0, 0]
    np.testing.assert_allclose(both[0, 0], expected, atol=1)
    assert facts.scale_text == "map -4.0,4.0"


def test_a_pixel_has_the_number_of_the_cell_whose_centre_is_nearest() -> None:
    cells = cells_of([[1, 2], [3, 4]], down=[0, 3], across=[1, 4])
    assert cells.spread(cells.values, 4, 6).tolist() == [
        [1, 1, 1, 2, 2, 2],
        [1, 1, 1, 2, 2, 2],
        [3, 3, 3, 4, 4, 4],
        [3, 3, 3, 4, 4, 4],
    ]


@given(st.lists(st.floats(-50, 50), min_size=1, max_size=6, unique=True), st.integers(1, 20))
def test_no_other_cell_is_nearer(centres: list[float], side: int) -> None:
    cells = cells_of([[float(number)] for number in range(len(centres))], down=centres, across=[0])
    numbers = cells.spread(cells.values, side, 1)[:, 0]
    for pixel, number in enumerate(numbers.tolist()):
        distances = [abs(pixel + 0.5 - centre) for centre in centres]
        assert distances[int(number)] == min(distances)


def test_the_strongest_value_and_its_opposite_are_the_limits_of_two_sided_colours() -> None:
    _, facts = drawn(pixels_as_cells(np.full((4, 6), -0.5)))
    assert (facts.scale_text, facts.colormap) == ("map -0.5,0.5", "RdBu_r")


def test_zero_is_an_end_of_one_sided_colours() -> None:
    values = np.full((4, 6), 3.0)
    values[0, 0] = 1
    (_, numbers, _), facts = drawn(pixels_as_cells(values), colormap="gray")
    assert facts.scale_text == "map 0.0,3.0"
    assert (numbers[0, 0].tolist(), numbers[1, 1].tolist()) == (
        table(find_colormap("gray"))[round(238 / 3)].tolist(), [255, 255, 255],
    )  # fmt: skip


def test_two_numbers_are_the_limits_and_what_lies_outside_is_counted() -> None:
    values = np.zeros((4, 6))
    values[0] = [-9, -1, 0, 1, 2, 9]
    (_, numbers, _), facts = drawn(pixels_as_cells(values), scale=Limits(-1, 1))
    assert facts.scale_text == "fixed -1.0,1.0"
    assert facts.clipped_share == pytest.approx(3 / 24)
    assert numbers[0].tolist() == [list(colour) for colour in (BLUE, BLUE, WHITE, RED, RED, RED)]


def test_values_that_are_all_zero_leave_the_photo_grey() -> None:
    (_, numbers, both), facts = drawn(pixels_as_cells(np.zeros((4, 6))))
    assert (numbers == WHITE).all()
    assert (both[..., 0] == both[..., 2]).all()
    assert facts.scale_text == "map 0.0,0.0"


def test_what_is_no_number_has_a_colour_of_its_own_and_is_counted() -> None:
    values = np.ones((4, 6))
    values[0, 0], values[1, 1] = np.nan, np.inf
    (_, numbers, _), facts = drawn(pixels_as_cells(values))
    assert numbers[0, 0].tolist() == numbers[1, 1].tolist() == list(NOT_FINITE_RGB)
    assert (facts.not_finite, facts.scale_text) == (2, "map -1.0,1.0")


def test_the_stronger_the_more_colour_up_to_a_share_that_lets_the_photo_through() -> None:
    photo, colour = np.full((1, 3, 3), 200, np.uint8), np.zeros((1, 3, 3), np.uint8)
    found = laid_over(photo, colour, np.array([[0, 0.5, 1]], np.float32))[0, :, 0]
    assert found.tolist() == [200, 115, 30]


def test_the_texts_say_what_is_drawn_and_how() -> None:
    png, facts = draw_explanation(PHOTO, pixels_as_cells(np.ones((4, 6))), HEADING, None, "RdBu_r", {"Label": "cat"})
    assert opened(png).text == {"Label": "cat"} | facts.chunks


@pytest.mark.parametrize("words", [OPPOSITES, ENDS])
def test_the_words_have_room(words: str) -> None:
    assert WORDS_LEFT + text_width(f"scale {words}", TEXT_PX) <= LEGEND_WIDTH


def test_an_unknown_colour_map_is_refused() -> None:
    with pytest.raises(ValueError, match="colormap: expected one of viridis"):
        drawn(pixels_as_cells(np.ones((4, 6))), colormap="jet")


@settings(max_examples=30)
@given(
    arrays(np.float32, st.tuples(st.integers(1, 4), st.integers(1, 4)), elements=st.floats(width=32)),
    arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(3))),
    st.none() | st.just(Limits(-1, 2)),
    st.sampled_from(["RdBu_r", "viridis"]),
)
def test_any_numbers_can_be_drawn_on_any_photo(
    values: Values, photo: Pixels, scale: Limits | None, colormap: str
) -> None:
    panels, facts = drawn(pixels_as_cells(values), photo, scale, colormap)
    assert np.array_equal(panels[0], photo)
    assert facts.not_finite == np.count_nonzero(~np.isfinite(values))
