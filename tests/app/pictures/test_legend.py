import numpy as np
import pytest

from app.pictures.colours import COLORMAPS, LEVELS, TABLE, Colormap, find_colormap
from app.pictures.legend import (
    BAR_HEIGHT,
    BAR_WIDTH,
    LEGEND_WIDTH,
    WORDS_LEFT,
    Legend,
    Ticks,
    bar_indices,
    draw_ticks,
    ticks,
)
from app.pictures.lettering import TEXT_PX, text_width
from app.pictures.scaling import Limits, Scale, Shading

VIRIDIS, DIVERGING = find_colormap("viridis"), find_colormap("RdBu_r")
LONGEST = Limits(-1.2345678901234567e-300, 1.2345678901234567e-300)


def shading(limits: Limits, clipped: int = 0) -> Shading:
    return Shading(np.full((10, 10, 1), TABLE, np.uint8), (limits,), clipped, not_finite=0)


def test_the_bar_runs_through_the_table_from_the_lower_to_the_upper_limit() -> None:
    row = bar_indices(Limits(0, 3), VIRIDIS)
    assert (row[0], row[-1], len(row)) == (TABLE, TABLE + LEVELS - 1, BAR_WIDTH)
    assert np.all(np.diff(row.astype(int)) >= 0)


def test_a_bar_of_lopsided_limits_shows_only_the_colours_that_occur() -> None:
    row = bar_indices(Limits(0, 3), DIVERGING)
    assert (row[0], row[-1]) == (TABLE + LEVELS // 2, TABLE + LEVELS - 1)


@pytest.mark.parametrize(("colormap", "index"), [(VIRIDIS, TABLE), (DIVERGING, TABLE + LEVELS // 2)])
def test_the_bar_of_an_all_zero_layer_is_one_colour(colormap: Colormap, index: int) -> None:
    assert np.all(bar_indices(Limits(0, 0), colormap) == index)
    assert ticks("layer", (Limits(0, 0),), colormap.diverging) == Ticks("0")


def test_both_limits_and_zero_between_them_have_their_numbers() -> None:
    assert ticks("layer", (Limits(0, 2.5),), diverging=False) == Ticks("0", "2.5")
    assert ticks(Limits(-1, 3), (Limits(-1, 3),), diverging=False) == Ticks("-1", "3", zero=0.25)


@pytest.mark.parametrize(("zero", "above"), [(0.5, False), (0.0, True), (0.11, True), (0.89, True), (1.0, True)])
def test_zero_has_its_mark_below_the_bar_and_above_it_where_an_end_leaves_no_room(zero: float, above: bool) -> None:
    left, below, ends = 20, 40, Ticks("-1.23", "4.56")
    without, picture = np.zeros((2, 70, 300), np.uint8)
    draw_ticks(without, ends, left, below)
    draw_ticks(picture, ends._replace(zero=zero), left, below)
    rows, columns = np.nonzero(picture != without)
    assert np.all(rows < below - BAR_HEIGHT if above else rows >= below)
    x = left + round(zero * BAR_WIDTH)
    assert np.all(np.abs(columns - x) <= 4)
    assert x in columns


def test_a_scale_for_each_channel_has_no_numbers_on_the_bar() -> None:
    assert ticks("channel", (Limits(-1, 1),), diverging=True) == Ticks("-limit", "+limit", zero=0.5)
    assert ticks("channel", (Limits(0, 1),), diverging=False) == Ticks("0", "upper limit")
    both = (Limits(0, 1), Limits(-1, 1))
    assert ticks("channel", both, diverging=False) == Ticks("lower limit", "upper limit")


def test_the_bar_of_a_scale_for_each_channel_does_not_hang_on_the_first_channel() -> None:
    assert Legend("channel", VIRIDIS, shading(Limits(0, 0))).bar_limits == Limits(0, 1)
    assert Legend("channel", DIVERGING, shading(Limits(0, 0))).bar_limits == Limits(-1, 1)


def test_what_is_clipped_is_said_and_that_nothing_is_too() -> None:
    scale = Limits(0, 1)
    assert Legend(scale, VIRIDIS, shading(scale, clipped=7)).sentences[2].startswith("7 % of the values lie outside")
    assert Legend(scale, VIRIDIS, shading(scale)).sentences[2] == "no value is clipped"


@pytest.mark.parametrize("scale", ["layer", "channel", LONGEST])
@pytest.mark.parametrize("colormap", COLORMAPS, ids=lambda colormap: colormap.name)
def test_the_longest_sentence_has_room(scale: Scale, colormap: Colormap) -> None:
    sentences = Legend(scale, colormap, shading(LONGEST, clipped=100)).sentences
    assert WORDS_LEFT + max(text_width(sentence, TEXT_PX) for sentence in sentences) <= LEGEND_WIDTH
