import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from app.pictures.coloured_kernels import COLOUR, draw_in_colour
from app.pictures.colours import NOT_FINITE_RGB, TABLE
from app.pictures.grid import Grid
from app.pictures.kernels import Kernels, KernelsOf
from app.pictures.layout import FOOTER, FRAME_WIDTH, HEADER, LEGEND_GAP, MARGIN, TooManyMaps, arrange
from app.pictures.legend import BAR_HEIGHT, BAR_WIDTH, LEGEND_WIDTH, WORDS_LEFT, Legend
from app.pictures.lettering import TEXT_PX, text_width
from app.pictures.scaling import Limits, Scale, Shading, finite_range
from tests.app.pictures.grids import opened, pixels_of

GREY, NONE, ALL = 128, 0, 255


def drawn(kernels: Kernels, scale: Scale = "layer", values: Limits | None = None) -> Grid:
    count = kernels.shape[-1]
    subject = KernelsOf("conv1", "trained", (0, 1, 2), tuple(range(count)), (3, count), values or finite_range(kernels))
    return draw_in_colour(kernels, subject, scale)


def squares(grid: Grid, kernels: Kernels) -> NDArray[np.uint8]:
    """The colour of each weight, [rows, columns, 3, filters]; fails unless it is one square of one colour."""
    height, width, _, count = kernels.shape
    layout, pixels, found = arrange(count, height, width, (0, 0), LEGEND_WIDTH), pixels_of(grid), []
    for place in range(count):
        row, column = divmod(place, layout.columns)
        top, left = HEADER + FRAME_WIDTH + row * layout.pitch[0], MARGIN + FRAME_WIDTH + column * layout.pitch[1]
        (down, across), (high, wide) = layout.zoom, layout.map_size
        cells = pixels[top : top + high, left : left + wide].reshape(height, down, width, across, 3)
        assert (cells == cells[:, :1, :, :1]).all()
        found.append(cells[:, 0, :, 0])
    return np.stack(found, axis=-1)


def test_a_weight_is_how_much_there_is_of_its_colour() -> None:
    """Two filters of 1x2: the first all red and no green, then half; the second all blue and a quarter more red."""
    kernels = np.zeros((1, 2, 3, 2), np.float32)
    kernels[0, 0, :, 0] = 2, -2, 0
    kernels[0, 1, :, 1] = 1, 0, 2
    found = squares(drawn(kernels), kernels)
    assert found[0, :, :, 0].tolist() == [[ALL, NONE, GREY], [GREY, GREY, GREY]]
    assert found[0, :, :, 1].tolist() == [[GREY, GREY, GREY], [191, GREY, ALL]]


def test_the_layers_largest_weight_is_full_colour_whichever_filters_are_drawn() -> None:
    kernels = np.full((1, 2, 3, 1), 2, np.float32)
    grid = drawn(kernels, values=Limits(-4, 1))
    assert (squares(grid, kernels) == 191).all()
    assert grid.facts.scale_text == "layer -4.0,4.0"


def test_each_filter_may_have_its_own_scale() -> None:
    kernels = np.ones((1, 2, 3, 2), np.float32) * np.array([1, 8], np.float32)
    kernels[0, 1] = -1
    grid = drawn(kernels, "channel")
    assert squares(grid, kernels)[0, :, 0].tolist() == [[ALL, ALL], [NONE, 111]]  # in 239 steps; exactly it is 111.6
    assert grid.facts.scale_text == "channel -1.0,1.0 -8.0,8.0"


def test_two_numbers_are_the_scale_and_what_lies_outside_has_the_nearer_ends_colour() -> None:
    kernels = np.array([[-3, -1, 0], [1, 2, 9]], np.float32).reshape(1, 2, 3, 1)
    grid = drawn(kernels, Limits(-1, 2))
    assert squares(grid, kernels).ravel().tolist() == [64, 64, GREY, 191, ALL, ALL]
    assert grid.facts.scale_text == "fixed -1.0,2.0"
    assert grid.facts.clipped_share == pytest.approx(2 / 6)


def test_weights_that_are_all_zero_are_grey() -> None:
    kernels = np.zeros((3, 3, 3, 4), np.float32)
    assert (squares(drawn(kernels), kernels) == GREY).all()


def test_what_is_no_number_has_a_colour_of_its_own_and_is_counted() -> None:
    kernels = np.ones((1, 3, 3, 1), np.float32)
    kernels[0, 0, 1], kernels[0, 2, 2] = np.nan, -np.inf
    grid = drawn(kernels)
    found = squares(grid, kernels)[0, ..., 0].tolist()
    assert found == [list(NOT_FINITE_RGB), [ALL, ALL, ALL], list(NOT_FINITE_RGB)]
    assert grid.facts.not_finite == 2


def test_the_bar_runs_from_none_of_each_colour_to_all_of_it() -> None:
    pixels = pixels_of(drawn(np.ones((1, 2, 3, 1), np.float32)))
    top = len(pixels) - FOOTER + LEGEND_GAP
    bar = pixels[top : top + BAR_HEIGHT, MARGIN : MARGIN + BAR_WIDTH]
    for colour, row in enumerate((0, BAR_HEIGHT // 2, BAR_HEIGHT - 1)):
        stripe = bar[row].astype(int)
        assert (stripe[0, colour], stripe[-1, colour]) == (NONE, ALL)
        assert (np.diff(stripe[:, colour]) >= 0).all()
        assert (np.delete(stripe, colour, axis=1) == GREY).all()


def test_the_texts_say_what_is_drawn_and_how() -> None:
    text = opened(drawn(np.ones((1, 2, 3, 2), np.float32)).png).text
    assert (text["Layer"], text["Channels"], text["Inputs"], text["Colormap"]) == ("conv1", "0-1", "0-2", "colour")
    assert (text["Scale"], text["Sign"]) == ("layer -1.0,1.0", COLOUR.sign)


def test_the_words_have_room() -> None:
    shading = Shading(np.full((1, 1, 1), TABLE, np.uint8), (Limits(-1, 1),), 0, 0)
    sentences = Legend("channel", COLOUR, shading).sentences
    assert WORDS_LEFT + max(text_width(sentence, TEXT_PX) for sentence in sentences) <= LEGEND_WIDTH


def test_too_many_filters_are_refused() -> None:
    with pytest.raises(TooManyMaps):
        drawn(np.zeros((3, 3, 3, 3000), np.float32))


@settings(max_examples=30)
@given(
    st.tuples(st.integers(1, 5), st.integers(2, 5), st.just(3), st.integers(1, 5)).flatmap(
        lambda shape: arrays(np.float32, shape, elements=st.floats(width=32))
    ),
    st.sampled_from(["layer", "channel", Limits(-1.5, 0.5), Limits(2, 3)]),
)
def test_any_kernels_can_be_drawn(kernels: Kernels, scale: Scale) -> None:
    grid = drawn(kernels, scale)
    assert len(grid.facts.limits) == (kernels.shape[-1] if scale == "channel" else 1)
    assert grid.facts.not_finite == np.count_nonzero(~np.isfinite(kernels))
    opened(grid.png)
