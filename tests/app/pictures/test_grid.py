from io import BytesIO

import matplotlib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin

from app.pictures.colours import COLORMAPS, FRAME, NOT_FINITE_RGB, find_colormap, palette, table
from app.pictures.facts import Subject
from app.pictures.grid import Grid, draw_grid
from app.pictures.layout import FOOTER, GAP, HEADER, LABEL_LINE, MARGIN
from app.pictures.scaling import Limits, Maps, Scale, finite_range

VIRIDIS_ENDS = (68, 1, 84), (253, 231, 37)
RDBU_ENDS = (5, 48, 97), (103, 0, 31)
RDBU_ZERO = (247, 247, 247)
TOP, LEFT = HEADER + 1, MARGIN + 1  # of the first map, inside its frame


def draw(maps: Maps, scale: Scale = "layer", colormap: str = "viridis", values: Limits | None = None) -> Grid:
    channels = tuple(range(maps.shape[-1]))
    return draw_grid(maps, Subject("relu1", "ReLU", channels, 64, values or finite_range(maps)), scale, colormap)


def opened(grid: Grid) -> PngImagePlugin.PngImageFile:
    image = Image.open(BytesIO(grid.png))
    assert isinstance(image, PngImagePlugin.PngImageFile)
    image.load()
    return image


def pixels_of(grid: Grid) -> NDArray[np.uint8]:
    return np.asarray(opened(grid).convert("RGB"))


def colours_of(grid: Grid, rows: int, columns: int, zoom: int) -> list[list[tuple[int, ...]]]:
    """The colour of every value of the first map; fails unless each value is one square of one colour."""
    pixels = pixels_of(grid)[TOP : TOP + rows * zoom, LEFT : LEFT + columns * zoom]
    squares = pixels.reshape(rows, zoom, columns, zoom, 3)
    assert np.all(squares == squares[:, :1, :, :1])
    return [[tuple(colour) for colour in row] for row in squares[:, 0, :, 0].tolist()]


def one_map(rows: list[list[float]]) -> Maps:
    return np.array(rows, np.float32)[:, :, None]


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


def test_the_text_chunks_say_what_is_drawn_and_how() -> None:
    maps = np.array([[[0, 1, 2], [4, 0.25, 0]]], np.float32)
    grid = draw_grid(maps, Subject("relu1", "ReLU", (0, 5, 6), 32, Limits(0, 4.5)), "layer", "viridis")
    assert opened(grid).text == {
        "Layer": "relu1",
        "Kind": "ReLU",
        "Shape": "1,2,32",
        "Channels": "0,5-6",
        "Scale": "layer 0.0,4.5",
        "Colormap": "viridis",
        "Sign": "dark is low, bright is high",
        "Clipped": "0.0",
        "Not finite": "0",
    }


def test_the_text_chunk_of_the_scale_gives_the_limits_of_each_channel() -> None:
    grid = draw(np.array([[[-1, 2], [0.5, 3]]], np.float32), "channel", "RdBu_r")
    assert opened(grid).text["Scale"] == grid.facts.scale_text == "channel -1.0,1.0 -3.0,3.0"


def test_the_same_maps_are_the_same_bytes() -> None:
    maps = np.random.default_rng(1).normal(size=(9, 7, 5)).astype(np.float32)
    assert draw(maps, colormap="RdBu_r").png == draw(maps.copy(order="F"), colormap="RdBu_r").png


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
        draw_grid(np.zeros(shape, np.float32), Subject("a", "b", (0,), 1, Limits(0, 1)), "layer", "viridis")


@settings(deadline=None, max_examples=50)
@given(
    maps=arrays(np.float32, array_shapes(min_dims=3, max_dims=3, max_side=7), elements=st.floats(width=32)),
    scale=st.sampled_from(["layer", "channel", Limits(-1, 2), Limits(0, 1e-30)]),
    colormap=st.sampled_from([colormap.name for colormap in COLORMAPS]),
)
def test_any_maps_become_a_picture_whose_facts_agree_with_its_chunks(maps: Maps, scale: Scale, colormap: str) -> None:
    grid = draw(maps, scale, colormap)
    image = opened(grid)
    assert image.mode == "P"
    assert image.width >= 800 + 2 * MARGIN
    assert len(grid.facts.limits) == (maps.shape[2] if scale == "channel" else 1)
    assert grid.facts.not_finite == np.count_nonzero(~np.isfinite(maps))
    assert (image.text["Scale"], image.text["Clipped"]) == (grid.facts.scale_text, str(grid.facts.clipped_share))


@settings(deadline=None, max_examples=20)
@given(layer=st.text(), kind=st.text(), channels=st.lists(st.integers(0, 10**6), min_size=1, max_size=4, unique=True))
def test_any_names_and_numbers_can_be_written(layer: str, kind: str, channels: list[int]) -> None:
    maps = np.ones((2, 2, len(channels)), np.float32)
    grid = draw_grid(maps, Subject(layer, kind, tuple(channels), 10**6, Limits(0, 1)), "layer", "viridis")
    assert opened(grid).size == opened(draw(maps)).size
