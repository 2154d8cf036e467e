import io

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from app.pictures.colours import find_colormap, table
from app.pictures.explanation import PANEL
from app.pictures.layout import FRAME_WIDTH, GAP, HEADER, MARGIN
from model.explanations.question import METHODS, Method
from model.manifest import Manifest
from tests.app.conftest import Looker
from tests.app.routes.asked_explanations import answered, explained, tensor

Picture = NDArray[np.uint8]


def opened(response: httpx.Response) -> tuple[Picture, dict[str, str]]:
    """The pixels and the text chunks, which agree with the headers."""
    image = Image.open(io.BytesIO(response.content))
    image.load()
    texts = {str(name): str(text) for name, text in image.info.items()}
    for name in ("Scale", "Colormap", "Sign"):
        assert response.headers[f"map-{name.lower()}"] == texts[name]
    return np.asarray(image.convert("RGB")), texts


def panel(picture: Picture, number: int, manifest: Manifest) -> Picture:
    """One of the three pictures in a picture: a pixel for each of the network's input, [height, width, 3]."""
    zoom = PANEL // max(manifest.height, manifest.width)
    across = manifest.width * zoom
    left = MARGIN + FRAME_WIDTH + number * (across + 2 * FRAME_WIDTH + GAP)
    top = HEADER + FRAME_WIDTH
    return picture[top : top + manifest.height * zoom : zoom, left : left + across : zoom]


@pytest.mark.parametrize("method", METHODS)
def test_the_text_chunks_and_headers_tell_the_scale_and_what_is_explained(looker: Looker, method: Method) -> None:
    answer = explained(looker, method=method)
    _, texts = opened(answered(looker, method=method))
    reach = float(np.abs(tensor(looker, method=method)).max())
    assert texts["Scale"] == f"map {-reach},{reach}"
    assert (texts["Colormap"], texts["Clipped"], texts["Not finite"]) == ("RdBu_r", "0.0", "0")
    assert (texts["Method"], texts["Label"], texts["Meaning"]) == (method, answer["label"], answer["meaning"])
    assert float(texts["Logit"]) == pytest.approx(answer["logit"], rel=1e-6)


def test_two_numbers_are_the_scale_and_what_lies_outside_is_counted(looker: Looker) -> None:
    values = tensor(looker)
    reach = float(np.abs(values).max()) / 2
    _, texts = opened(answered(looker, scale=f"{-reach},{reach}", colormap="cividis"))
    assert (texts["Scale"], texts["Colormap"]) == (f"fixed {-reach},{reach}", "cividis")
    assert float(texts["Clipped"]) == pytest.approx(float(np.mean(np.abs(values) > reach)))


def test_the_first_panel_is_the_photo_as_the_network_saw_it(looker: Looker, manifest: Manifest) -> None:
    picture, _ = opened(answered(looker))
    assert np.array_equal(panel(picture, 0, manifest), looker.tensor("images"))


@pytest.mark.parametrize("method", ["gradient", "integrated-gradients"])
def test_each_pixel_of_the_second_panel_has_the_colour_of_its_own_number(
    looker: Looker, manifest: Manifest, method: Method
) -> None:
    values = tensor(looker, method=method).astype(np.float64)
    reach = float(np.abs(values).max())
    levels = np.rint((values / reach + 1) / 2 * 238).astype(int)
    picture, _ = opened(answered(looker, method=method))
    assert np.array_equal(panel(picture, 1, manifest), table(find_colormap("RdBu_r"))[levels])


def test_each_cell_of_a_layer_is_as_large_as_it_is_on_the_photo(looker: Looker, manifest: Manifest) -> None:
    layer = next(layer for layer in reversed(manifest.layers) if len(layer.shape) == 3)
    values = tensor(looker, layer=layer.name).astype(np.float64)
    grid = explained(looker, layer=layer.name)["grid"]
    levels = np.rint((values / np.abs(values).max() + 1) / 2 * 238).astype(int)
    picture, _ = opened(answered(looker, layer=layer.name))
    shown = panel(picture, 1, manifest)
    for row, column in np.ndindex(values.shape):
        y = int(grid["top"] + grid["height"] / 2 + grid["down"] * row)
        x = int(grid["left"] + grid["width"] / 2 + grid["across"] * column)
        if y < manifest.height and x < manifest.width:
            assert shown[y, x].tolist() == table(find_colormap("RdBu_r"))[levels[row, column]].tolist()


def test_the_third_panel_is_a_grey_photo_where_nothing_speaks(looker: Looker, manifest: Manifest) -> None:
    picture, _ = opened(answered(looker, scale="-1e9,1e9"))
    both = panel(picture, 2, manifest)
    assert np.array_equal(both[..., 0], both[..., 1])
    assert np.array_equal(both[..., 0], both[..., 2])
    photo = Image.fromarray(looker.tensor("images").astype(np.uint8))
    np.testing.assert_allclose(both[..., 0].astype(float), np.asarray(photo.convert("L")), atol=1)
