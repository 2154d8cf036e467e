import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.pictures.colours import INK_RGB, PAPER_RGB, TABLE, find_colormap, palette
from app.pictures.heading import Heading
from app.pictures.layout import FOOTER, FRAME_WIDTH, GAP, HEADER, LEGEND_GAP, MARGIN
from app.pictures.legend import BAR_HEIGHT, BAR_WIDTH, LEGEND_WIDTH, Legend
from app.pictures.lettering import TEXT_PX, text_width
from app.pictures.scaling import Limits, Shading
from app.pictures.sheet import CAPTION_LINE, Panel, draw_sheet, enlarged
from tests.app.pictures.grids import opened

Pixels = NDArray[np.uint8]
HEADING = Heading("cat", "a kind", "some words")
LONG = "a caption that is longer than its picture is wide"


def plain(height: int, width: int, seed: int = 1) -> Pixels:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def drawn(panels: list[Panel], legend: Legend | None = None) -> Pixels:
    return np.asarray(opened(draw_sheet(HEADING, panels, legend, {})))


def legend_of(colormap: str) -> Legend:
    limits = Limits(-1, 1)
    return Legend("layer", find_colormap(colormap), Shading(np.full((1, 1, 1), TABLE, np.uint8), (limits,), 0, 0))


def shown(picture: Pixels, panel: Panel, left: int) -> Pixels:
    height, width = panel.pixels.shape[:2]
    return picture[HEADER + FRAME_WIDTH :, left + FRAME_WIDTH :][:height, :width]


def test_pictures_stand_side_by_side_unchanged_and_each_in_a_frame() -> None:
    panels = [Panel(plain(30, 20, 1), ("a", "")), Panel(plain(10, 40, 2), ("b", "")), Panel(plain(5, 5, 3), ("c", ""))]
    picture = drawn(panels)
    left = MARGIN
    frame = picture[HEADER, MARGIN]
    assert frame.tolist() not in (list(PAPER_RGB), list(INK_RGB))
    for panel in panels:
        height, width = panel.pixels.shape[:2]
        assert np.array_equal(shown(picture, panel, left), panel.pixels)
        around = picture[HEADER : HEADER + height + 2, left : left + width + 2]
        assert (around[[0, -1]] == frame).all()
        assert (around[:, [0, -1]] == frame).all()
        left += panel.width + GAP
    assert picture.shape[0] == HEADER + 30 + 2 * FRAME_WIDTH + 2 * CAPTION_LINE + MARGIN


def test_a_caption_that_is_wider_than_its_picture_is_written_whole() -> None:
    panels = [Panel(plain(9, 9), (LONG, "")), Panel(plain(9, 9, 2), ("", LONG))]
    width = text_width(LONG, TEXT_PX)
    assert [panel.width for panel in panels] == [width, width]
    picture = drawn(panels)
    assert np.array_equal(shown(picture, panels[1], MARGIN + width + GAP), panels[1].pixels)
    below = (picture[HEADER + 9 + 2 * FRAME_WIDTH :] != PAPER_RGB).any(axis=(0, 2))
    columns = np.flatnonzero(below)
    assert columns[0] >= MARGIN
    assert columns[-1] > MARGIN + width + GAP + width - 10  # up to its last letter
    assert not below[MARGIN + width : MARGIN + width + GAP].any()


def test_a_picture_that_is_wider_than_its_caption_takes_the_room_that_it_needs() -> None:
    assert Panel(plain(9, 50), ("a", "")).width == 50 + 2 * FRAME_WIDTH


def test_the_sheet_grows_with_its_pictures_and_has_room_for_the_legend() -> None:
    narrow, wide = drawn([Panel(plain(9, 9), ("", ""))]), drawn([Panel(plain(9, 900), ("", ""))])
    assert narrow.shape[1] == 2 * MARGIN + LEGEND_WIDTH
    assert wide.shape[1] == 2 * MARGIN + 900 + 2 * FRAME_WIDTH


def test_the_words_above_are_written_whole() -> None:
    heading = Heading("cat", "a kind", "many words, " * 20 + "and a last one")
    picture = np.asarray(opened(draw_sheet(heading, [Panel(plain(9, 9), ("", ""))], None, {})))
    assert picture.shape[1] == 2 * MARGIN + heading.width
    columns = np.flatnonzero((picture[:HEADER] != PAPER_RGB).any(axis=(0, 2)))
    assert heading.width - 5 < columns[-1] - MARGIN < heading.width


@pytest.mark.parametrize("colormap", ["viridis", "RdBu_r"])
def test_a_legend_stands_below_in_its_own_colours(colormap: str) -> None:
    legend = legend_of(colormap)
    picture = drawn([Panel(plain(9, 9), ("a", "b"))], legend)
    top = len(picture) - FOOTER + LEGEND_GAP
    bar = picture[top : top + BAR_HEIGHT, MARGIN : MARGIN + BAR_WIDTH]
    colours = np.frombuffer(palette(legend.colormap), np.uint8).reshape(256, 3)
    assert np.array_equal(bar[0, [0, -1]], colours[[TABLE, 255]])
    assert (bar == bar[0]).all()
    captions = picture[HEADER + 9 + 2 * FRAME_WIDTH : top - 1]
    assert (captions != PAPER_RGB).any()


def test_without_a_legend_nothing_stands_below_the_captions() -> None:
    picture = drawn([Panel(plain(9, 9), ("a", "b"))])
    assert (picture[-MARGIN + 6 :] == PAPER_RGB).all()


def test_texts_go_into_the_file() -> None:
    texts = {"Label": "Löwe"}
    assert opened(draw_sheet(HEADING, [Panel(plain(2, 2), ("", ""))], None, texts)).text == texts


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 120))
def test_every_pixel_becomes_a_square_and_the_picture_no_larger_than_it_may(height: int, width: int, most: int) -> None:
    pixels = plain(height, width)
    large = enlarged(pixels, most)
    zoom = max(1, most // max(height, width))
    assert large.shape == (height * zoom, width * zoom, 3)
    assert zoom == 1 or max(large.shape[:2]) <= most < max(large.shape[:2]) + max(height, width)
    for down, across in np.ndindex(zoom, zoom):
        assert np.array_equal(large[down::zoom, across::zoom], pixels)
