import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.pictures.layout import (
    FOOTER,
    FRAME_WIDTH,
    GAP,
    HEADER,
    LABEL_LINE,
    LEAST_MAP,
    MARGIN,
    MOST_PIXELS,
    Layout,
    TooManyMaps,
    arrange,
    lay_out,
    most_that_fit,
)

NO_LABELS = (0, 0)


def layout_of(count: int, height: int, width: int) -> Layout:
    return arrange(count, height, width, NO_LABELS, 0)


@pytest.mark.parametrize(
    ("count", "columns"), [(1, 1), (2, 2), (4, 2), (6, 3), (8, 4), (17, 6), (32, 8), (64, 8), (256, 16), (512, 32)]
)
def test_maps_stand_in_a_near_square_without_many_empty_places(count: int, columns: int) -> None:
    assert layout_of(count, 8, 8).columns == columns


@pytest.mark.parametrize(("count", "columns"), [(1, 1), (4, 4), (10, 10), (16, 16), (20, 10), (128, 16), (512, 32)])
def test_single_values_stand_in_one_row_while_they_can(count: int, columns: int) -> None:
    assert layout_of(count, 1, 1).columns == columns


@pytest.mark.parametrize(
    ("count", "side", "zoom"), [(512, 8, 8), (512, 63, 2), (512, 64, 1), (32, 64, 2), (1, 64, 6), (1, 256, 1)]
)
def test_small_maps_are_enlarged_by_whole_numbers(count: int, side: int, zoom: int) -> None:
    assert layout_of(count, side, side).zoom == (zoom, zoom)


def test_a_wide_label_is_broken_in_two_and_a_wider_one_widens_its_cell() -> None:
    assert arrange(512, 64, 64, (66, 40), 0).label_lines == 1
    broken = arrange(512, 64, 64, (67, 40), 0)
    assert (broken.label_lines, broken.cell_width) == (2, 66)
    assert arrange(512, 64, 64, (120, 80), 0).cell_width == 80


def test_the_last_picture_that_fits_is_laid_out_and_one_more_channel_is_refused_with_that_number() -> None:
    with pytest.raises(ValueError, match=r"received: 512 of 256 x 256") as refusal:
        layout_of(512, 256, 256)
    hint = re.search(r"(\d+) fit: ask for fewer, such as channels=0-(\d+)", str(refusal.value))
    assert hint is not None
    fit = int(hint[1])
    assert int(hint[2]) == fit - 1
    assert layout_of(fit, 256, 256).pixels <= MOST_PIXELS
    with pytest.raises(ValueError, match=f"{fit} fit"):
        layout_of(fit + 1, 256, 256)


@given(st.integers(1, 5000), st.integers(1, 300), st.integers(1, 300), st.integers(0, 90))
def test_without_labels_at_least_as_many_fit_as_with(count: int, height: int, width: int, label: int) -> None:
    most = most_that_fit(count, height, width)
    assert 0 <= most <= count
    assert most == 0 or lay_out(most, height, width, (0, 0), 0).pixels <= MOST_PIXELS
    try:
        arrange(count, height, width, (label, label), 800)
    except TooManyMaps as refusal:
        assert refusal.fit <= most or most == count
    else:
        assert most == count


def test_a_map_too_large_alone_is_refused_without_a_hint_that_would_not_help() -> None:
    with pytest.raises(ValueError, match="Not even one fits"):
        layout_of(1, 5000, 5000)


@given(
    count=st.integers(1, 512), height=st.integers(1, 100), width=st.integers(1, 100), least_width=st.integers(0, 900)
)
def test_every_map_is_large_enough_and_inside_the_picture(
    count: int, height: int, width: int, least_width: int
) -> None:
    layout = arrange(count, height, width, (90, 60), least_width)
    (down, across), (map_height, map_width) = layout.size, layout.map_size
    assert (map_height, map_width) == (height * layout.zoom[0], width * layout.zoom[1])
    assert max(map_height, map_width) >= LEAST_MAP
    assert across >= least_width + 2 * MARGIN
    assert down * across == layout.pixels <= MOST_PIXELS
    assert layout.rows * layout.columns >= count
    assert map_height + 2 * FRAME_WIDTH + layout.label_lines * LABEL_LINE <= layout.pitch[0] - GAP
    assert map_width + 2 * FRAME_WIDTH <= layout.cell_width == layout.pitch[1] - GAP
    assert HEADER + layout.rows * layout.pitch[0] - GAP == down - FOOTER
    assert MARGIN + layout.columns * layout.pitch[1] - GAP <= across - MARGIN
