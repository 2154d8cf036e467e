from typing import Any

import matplotlib
import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray

from app.pictures.cell_labels import Label, cell_labels
from app.pictures.colours import FRAME, NOT_FINITE_RGB, PAPER, find_colormap, palette, table
from app.pictures.grid import Grid, cells_of, draw_grid, draw_maps
from app.pictures.layout import FOOTER, GAP, HEADER, LABEL_LINE, MARGIN, TooManyMaps, arrange
from app.pictures.scaling import Limits, Maps, Scale
from app.pictures.subject import MapsOf
from tests.app.pictures.grids import draw, one_map, pixels_of

VIRIDIS_ENDS = (68, 1, 84), (253, 231, 37)
RDBU_ENDS = (5, 48, 97), (103, 0, 31)
RDBU_ZERO = (247, 247, 247)
TOP, LEFT = HEADER + 1, MARGIN + 1  # of the first map, inside its frame


def colours_of(grid: Grid, rows: int, columns: int, zoom: int) -> list[list[tuple[int, ...]]]:
    """The colour of every value of the first map; fails unless each value is one square of one colour."""
    pixels = pixels_of(grid)[TOP : TOP + rows * zoom, LEFT : LEFT + columns * zoom]
    squares = pixels.reshape(rows, zoom, columns, zoom, 3)
    assert np.all(squares == squares[:, :1, :, :1])
    return [[tuple(colour) for colour in row] for row in squares[:, 0, :, 0].tolist()]


def test_every_value_is_an_unsmoothed_square_of_its_colour() -> None:
    grid = draw(one_map([[0, 1], [2, 4]]))
    viridis = table(find_colormap("viridis"))
    low, high = VIRIDIS_ENDS
    quarter, half = tuple(viridis[60].tolist()), tuple(viridis[119].tolist())
    assert colours_of(grid, 2, 2, zoom=192) == [[low, quarter], [half, high]]


def test_colours_are_those_matplotlib_gives() -> None:
    grid = draw(one_map([[0, 1], [2, 4]]), colormap="gray")
    theirs = np.rint(matplotlib.colormaps["gray"](np.array([0.0, 0.25, 0.5, 1.0]))[:, :3] * 255)
    ours = np.array(colours_of(grid, 2, 2, zoom=192)).reshape(4, 3)
    assert np.abs(ours - theirs).max() <= 1


def test_negative_values_are_blue_zero_is_white_and_positive_ones_are_red() -> None:
    grid = draw(one_map([[-4, 0], [-0.0, 4]]), colormap="RdBu_r")
    assert colours_of(grid, 2, 2, zoom=192) == [[RDBU_ENDS[0], RDBU_ZERO], [RDBU_ZERO, RDBU_ENDS[1]]]


def test_maps_stand_in_rows_in_the_order_given_each_in_a_frame() -> None:
    maps = np.array([0, 1, 2, 4], np.float32) * np.ones((64, 64, 1), np.float32)
    pixels = pixels_of(draw(maps))
    viridis = table(find_colormap("viridis"))
    frame = np.frombuffer(palette(find_colormap("viridis")), np.uint8).reshape(256, 3)[FRAME]
    across, down = 386 + GAP, 386 + LABEL_LINE + GAP
    for place, level in enumerate([0, 60, 119, 238]):
        top, left = HEADER + place // 2 * down, MARGIN + place % 2 * across
        cell = pixels[top : top + 386, left : left + 386]
        assert np.all(cell[1:-1, 1:-1] == viridis[level])
        assert np.all(cell[[0, -1]] == frame)
        assert np.all(cell[:, [0, -1]] == frame)


def test_the_scale_of_the_layer_is_that_of_the_whole_layer_not_of_the_channels_drawn() -> None:
    grid = draw(one_map([[4, 4]]), values=Limits(0, 8))
    assert colours_of(grid, 1, 2, zoom=192) == [[tuple(table(find_colormap("viridis"))[119].tolist())] * 2]
    assert grid.facts.limits == (Limits(0, 8),)


def test_the_scale_of_each_channel_is_its_own_and_zero_keeps_its_colour() -> None:
    maps = np.array([[[0, 0], [2, 8]]], np.float32)
    grid = draw(maps, scale="channel")
    low, high = VIRIDIS_ENDS
    assert colours_of(grid, 1, 2, zoom=192) == [[low, high]]
    assert grid.facts.limits == (Limits(0, 2), Limits(0, 8))


def test_a_fixed_scale_clips_and_says_how_much() -> None:
    grid = draw(one_map([[-3, 0], [1, 5]]), scale=Limits(0, 1))
    low, high = VIRIDIS_ENDS
    assert colours_of(grid, 2, 2, zoom=192) == [[low, low], [high, high]]
    assert (grid.facts.scale, grid.facts.limits, grid.facts.clipped_share) == ("fixed", (Limits(0, 1),), 0.5)


@pytest.mark.parametrize(("colormap", "colour"), [("viridis", VIRIDIS_ENDS[0]), ("RdBu_r", RDBU_ZERO)])
@pytest.mark.parametrize("scale", ["layer", "channel"])
def test_an_all_zero_layer_has_the_colour_of_zero(scale: Scale, colormap: str, colour: tuple[int, ...]) -> None:
    grid = draw(np.zeros((1, 2, 1), np.float32), scale, colormap)
    assert colours_of(grid, 1, 2, zoom=192) == [[colour, colour]]
    assert grid.facts.limits == (Limits(0, 0),)


def test_a_constant_map_is_not_stretched() -> None:
    grid = draw(one_map([[0.5, 0.5]]), values=Limits(0, 1))
    assert colours_of(grid, 1, 2, zoom=192) == [[tuple(table(find_colormap("viridis"))[119].tolist())] * 2]


def test_what_is_not_finite_has_its_own_colour_in_the_map_and_only_then_in_the_legend() -> None:
    grid = draw(one_map([[np.nan, np.inf], [-np.inf, 1]]))
    magenta = NOT_FINITE_RGB
    assert colours_of(grid, 2, 2, zoom=192) == [[magenta, magenta], [magenta, VIRIDIS_ENDS[1]]]
    assert grid.facts.not_finite == 3
    assert np.any(np.all(pixels_of(grid)[-FOOTER:] == magenta, axis=2))
    assert not np.any(np.all(pixels_of(draw(one_map([[0, 1]]))) == magenta, axis=2))


def test_a_vector_is_a_wall_of_tiles() -> None:
    pixels = pixels_of(draw(np.array([[[-1, 0, 1, 0.5]]], np.float32), colormap="RdBu_r"))
    for place, colour in enumerate([RDBU_ENDS[0], RDBU_ZERO, RDBU_ENDS[1]]):
        left = LEFT + place * (189 + 2 + GAP)
        assert np.all(pixels[TOP : TOP + 118, left : left + 189] == colour)


def test_the_maps_are_left_as_they_were() -> None:
    maps = one_map([[np.nan, 2]])
    maps.setflags(write=False)
    draw(maps)


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 1, 512), (256, 256, 2), (8, 8, 512), (3, 200, 5)])
def test_from_one_value_to_many_large_maps_there_is_a_picture(shape: tuple[int, int, int]) -> None:
    height, width = pixels_of(draw(np.ones(shape, np.float32))).shape[:2]
    assert 250 <= height <= 2000
    assert 800 <= width <= 3000


def test_too_many_channels_are_refused_with_the_number_that_fits() -> None:
    with pytest.raises(ValueError, match=r"received: 20000 of 1 x 1, .* fit: ask for fewer, such as channels=0-"):
        draw(np.zeros((1, 1, 20000), np.float32))


def test_an_unknown_colormap_is_refused() -> None:
    with pytest.raises(ValueError, match="expected one of viridis, RdBu_r, cividis, gray"):
        draw(one_map([[1]]), colormap="jet")


@pytest.mark.parametrize("shape", [(2, 2), (2, 2, 2), (0, 2, 1), (2, 2, 1, 1)])
def test_maps_that_do_not_match_their_channel_numbers_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"expected some \[height, width, 1\]; received: \["):
        draw_grid(np.zeros(shape, np.float32), MapsOf("a", "b", (0,), 1, Limits(0, 1)), "layer", "viridis")


@given(arrays(np.uint8, array_shapes(min_dims=3, max_dims=3, max_side=9)))
def test_every_map_stands_in_its_cell_each_value_one_block_of_its_zoom(indices: NDArray[np.uint8]) -> None:
    height, width, count = indices.shape
    layout = arrange(count, height, width, (0, 0), 0)
    picture = np.full(layout.size, PAPER, np.uint8)
    draw_maps(cells_of(picture, layout), indices, layout)
    expected = np.full(layout.size, PAPER, np.uint8)
    for place in range(count):
        top = HEADER + place // layout.columns * layout.pitch[0]
        left = MARGIN + place % layout.columns * layout.pitch[1]
        framed = np.pad(np.kron(indices[..., place], np.ones(layout.zoom, np.uint8)), 1, constant_values=FRAME)
        expected[top : top + framed.shape[0], left : left + framed.shape[1]] = framed
    assert np.array_equal(picture, expected)


def test_far_too_many_maps_are_refused_without_a_look_at_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at = list[int]()

    def counting(maps: Maps, *others: Any) -> list[Label]:
        looked_at.append(maps.shape[2])
        return cell_labels(maps, *others)

    monkeypatch.setattr("app.pictures.grid.cell_labels", counting)
    maps = np.zeros((1, 1, 200_000), np.float32)
    with pytest.raises(TooManyMaps) as refusal:
        draw(maps)
    assert looked_at[0] < 5000
    draw(maps[..., : refusal.value.fit])
    with pytest.raises(TooManyMaps):
        draw(maps[..., : refusal.value.fit + 1])
