import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from PIL import PngImagePlugin

from app.pictures.colours import COLORMAPS, Colormap, palette
from app.pictures.grid import draw_grid
from app.pictures.layout import MARGIN
from app.pictures.scaling import Limits, Maps, Scale
from app.pictures.subject import MapsOf
from tests.app.pictures.grids import draw, one_map, opened


def test_the_text_chunks_say_what_is_drawn_and_how() -> None:
    maps = np.array([[[0, 1, 2], [4, 0.25, 0]]], np.float32)
    grid = draw_grid(maps, MapsOf("relu1", "ReLU", (0, 5, 6), 32, Limits(0, 4.5)), "layer", "viridis")
    assert opened(grid.png).text == {
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
    assert opened(grid.png).text["Scale"] == grid.facts.scale_text == "channel -1.0,1.0 -3.0,3.0"


def test_names_in_other_scripts_stand_in_international_text_chunks() -> None:
    subject = MapsOf("свёртка·畳み込み", "ß 🐈", (0,), 1, Limits(0, 1))
    text = opened(draw_grid(one_map([[1]]), subject, "layer", "viridis").png).text
    assert (text["Layer"], text["Kind"]) == ("свёртка·畳み込み", "ß 🐈")
    assert all(isinstance(words, PngImagePlugin.iTXt) for words in text.values())


@pytest.mark.parametrize("colormap", COLORMAPS, ids=lambda colormap: colormap.name)
def test_the_palette_is_stored_whole(colormap: Colormap) -> None:
    image = opened(draw(one_map([[0, 0]]), colormap=colormap.name).png)
    assert image.mode == "P"
    assert bytes(image.getpalette() or []) == palette(colormap)


def test_the_same_maps_are_the_same_bytes() -> None:
    maps = np.random.default_rng(1).normal(size=(9, 7, 5)).astype(np.float32)
    assert draw(maps, colormap="RdBu_r").png == draw(maps.copy(order="F"), colormap="RdBu_r").png


@settings(deadline=None, max_examples=50)
@given(
    maps=arrays(np.float32, array_shapes(min_dims=3, max_dims=3, max_side=7), elements=st.floats(width=32)),
    scale=st.sampled_from(["layer", "channel", Limits(-1, 2), Limits(0, 1e-30)]),
    colormap=st.sampled_from([colormap.name for colormap in COLORMAPS]),
)
def test_any_maps_become_a_picture_whose_facts_agree_with_its_chunks(maps: Maps, scale: Scale, colormap: str) -> None:
    grid = draw(maps, scale, colormap)
    image = opened(grid.png)
    assert image.mode == "P"
    assert image.width >= 800 + 2 * MARGIN
    assert len(grid.facts.limits) == (maps.shape[2] if scale == "channel" else 1)
    assert grid.facts.not_finite == np.count_nonzero(~np.isfinite(maps))
    assert (image.text["Scale"], image.text["Clipped"]) == (grid.facts.scale_text, str(grid.facts.clipped_share))


@settings(deadline=None, max_examples=20)
@given(layer=st.text(), kind=st.text(), channels=st.lists(st.integers(0, 10**6), min_size=1, max_size=4, unique=True))
def test_any_names_and_numbers_can_be_written(layer: str, kind: str, channels: list[int]) -> None:
    maps = np.ones((2, 2, len(channels)), np.float32)
    image = opened(draw_grid(maps, MapsOf(layer, kind, tuple(channels), 10**6, Limits(0, 1)), "layer", "viridis").png)
    assert image.size == opened(draw(maps).png).size
    assert (image.text["Layer"], image.text["Kind"]) == (layer, kind)
