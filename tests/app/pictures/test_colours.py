import matplotlib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.pictures.colours import (
    COLORMAPS,
    INK,
    INK_RGB,
    LEVELS,
    NOT_FINITE,
    NOT_FINITE_RGB,
    PAPER,
    PAPER_RGB,
    TABLE,
    Colormap,
    default_colormap,
    find_colormap,
    palette,
    table,
)

every_colormap = pytest.mark.parametrize("colormap", COLORMAPS, ids=lambda colormap: colormap.name)


@every_colormap
def test_a_table_is_matplotlibs_of_the_same_name(colormap: Colormap) -> None:
    theirs = matplotlib.colormaps[colormap.name](np.arange(256))[:, :3] * 255
    places = np.linspace(0, 255, LEVELS)
    expected = np.stack([np.interp(places, np.arange(256), channel) for channel in theirs.T], axis=1)
    assert np.abs(table(colormap) - expected).max() < 0.55  # rounding, and RdBu_r's own 11 anchors


@every_colormap
def test_a_tables_ends_are_exactly_matplotlibs(colormap: Colormap) -> None:
    theirs = np.rint(matplotlib.colormaps[colormap.name](np.array([0, 255]))[:, :3] * 255)
    assert np.array_equal(table(colormap)[[0, -1]], theirs)


@every_colormap
def test_a_table_cannot_be_written_to(colormap: Colormap) -> None:
    with pytest.raises(ValueError, match="read-only"):
        table(colormap)[0] = 0


@pytest.mark.parametrize("name", ["viridis", "cividis", "gray"])
def test_a_sequential_table_grows_steadily_brighter(name: str) -> None:
    brightness = table(find_colormap(name)) @ [0.2126, 0.7152, 0.0722]
    assert np.all(np.diff(brightness) > -0.5)


def test_the_diverging_table_is_neutral_in_the_middle_blue_below_and_red_above() -> None:
    colours = table(find_colormap("RdBu_r")).astype(int)
    middle = LEVELS // 2
    assert colours[middle].tolist() == [247, 247, 247]
    assert np.all(colours[:middle, 2] > colours[:middle, 0])
    assert np.all(colours[middle + 1 :, 0] > colours[middle + 1 :, 2])


def test_a_layer_with_negative_values_is_drawn_in_a_diverging_colormap_and_only_that() -> None:
    assert find_colormap(default_colormap("convolution", signed=True)).diverging
    assert not find_colormap(default_colormap("relu", signed=False)).diverging
    assert find_colormap(default_colormap("input", signed=False)).name == "gray"


def test_an_unknown_colormap_is_refused_with_all_names_that_are_known() -> None:
    with pytest.raises(ValueError, match=r"expected one of viridis, RdBu_r, cividis, gray; received: 'jet'"):
        find_colormap("jet")


@given(st.text())
def test_a_name_is_found_or_refused_with_a_value_error(name: str) -> None:
    try:
        assert find_colormap(name).name == name
    except ValueError:
        assert name not in {colormap.name for colormap in COLORMAPS}


@every_colormap
def test_the_palette_holds_paper_ink_the_colour_of_no_number_and_the_table(colormap: Colormap) -> None:
    colours = np.frombuffer(palette(colormap), np.uint8).reshape(256, 3)
    assert tuple(colours[PAPER]) == PAPER_RGB
    assert tuple(colours[INK]) == INK_RGB
    assert tuple(colours[NOT_FINITE]) == NOT_FINITE_RGB
    assert np.array_equal(colours[TABLE:], table(colormap))


@every_colormap
def test_the_colour_of_no_number_is_far_from_every_colour_of_a_number(colormap: Colormap) -> None:
    assert np.linalg.norm(table(colormap).astype(int) - NOT_FINITE_RGB, axis=1).min() > 100
