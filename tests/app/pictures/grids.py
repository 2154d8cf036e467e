"""Grids drawn for the tests, and their files read back."""

from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin

from app.pictures.grid import Grid, draw_grid
from app.pictures.scaling import Limits, Maps, Scale, finite_range
from app.pictures.subject import MapsOf


def draw(maps: Maps, scale: Scale = "layer", colormap: str = "viridis", values: Limits | None = None) -> Grid:
    channels = tuple(range(maps.shape[-1]))
    return draw_grid(maps, MapsOf("relu1", "ReLU", channels, 64, values or finite_range(maps)), scale, colormap)


def one_map(rows: list[list[float]]) -> Maps:
    return np.array(rows, np.float32)[:, :, None]


def opened(png: bytes) -> PngImagePlugin.PngImageFile:
    """The file as Pillow reads it, after it has verified every chunk."""
    Image.open(BytesIO(png)).verify()
    image = Image.open(BytesIO(png))
    assert isinstance(image, PngImagePlugin.PngImageFile)
    image.load()
    return image


def pixels_of(grid: Grid) -> NDArray[np.uint8]:
    return np.asarray(opened(grid.png).convert("RGB"))
