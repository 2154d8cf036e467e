import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from app.pictures.colours import INK_RGB, PAPER_RGB
from app.pictures.layout import HEADER, MARGIN
from app.pictures.receptive_field import DARK, LINE, LONGEST_SIDE, PADDING_RGB, draw_receptive_field
from model.receptive_field import Box, Seen
from tests.model.artifacts import noise

HEIGHT, WIDTH = 20, 32
PIXELS = noise(1, HEIGHT, WIDTH)[0]
BOX = Box(4, 5, 10, 8)
WITHIN = Seen(BOX, BOX)
OVER = Seen(Box(-4, -5, 10, 8), Box(0, 0, 10, 8))  # four columns and five rows of it are padding

Picture = NDArray[np.uint8]


def drawn(seen: Seen, light: NDArray[np.float32] | None = None) -> tuple[Picture, dict[str, str]]:
    """A picture's pixels, uint8 [height, width, 3], and its text chunks."""
    file = draw_receptive_field(PIXELS, seen, "conv1", "here it is", light)
    image = Image.open(io.BytesIO(file))
    return np.asarray(image), {str(name): str(text) for name, text in image.info.items()}


def middle(picture: Picture, zoom: int, rows: int, columns: int) -> Picture:
    """One of the picture's pixels for each of the network's, from the centre of its square."""
    top, left = HEADER + LINE + zoom // 2, MARGIN + LINE + zoom // 2
    return picture[top : top + rows * zoom : zoom, left : left + columns * zoom : zoom]


def test_the_box_is_as_bright_as_the_photo_and_everything_else_is_dark() -> None:
    picture, _ = drawn(WITHIN)
    shown = middle(picture, LONGEST_SIDE // WIDTH, HEIGHT, WIDTH)
    inside = np.zeros((HEIGHT, WIDTH), np.bool_)
    inside[5:8, 4:10] = True
    np.testing.assert_array_equal(shown[inside], PIXELS[inside])
    np.testing.assert_allclose(shown[~inside], PIXELS[~inside] * DARK, atol=0.51)


def test_the_outline_lies_around_the_box_and_hides_none_of_it() -> None:
    picture, _ = drawn(WITHIN)
    zoom = LONGEST_SIDE // WIDTH
    top, left = HEADER + LINE + 5 * zoom, MARGIN + LINE + 4 * zoom
    bottom, right = top + 3 * zoom, left + 6 * zoom
    for around, colour in ((1, PAPER_RGB), (2, INK_RGB)):
        assert (picture[top - around, left - around : right + around] == colour).all()
        assert (picture[bottom - 1 + around, left - around : right + around] == colour).all()
        assert (picture[top - around : bottom + around, left - around] == colour).all()
        assert (picture[top - around : bottom + around, right - 1 + around] == colour).all()
    for corner in ((top, left), (bottom - 1, right - 1)):
        assert picture[corner].tolist() in (PIXELS[5, 4].tolist(), PIXELS[7, 9].tolist())


def test_what_reaches_over_the_edge_is_drawn_as_padding() -> None:
    picture, _ = drawn(OVER)
    rows, columns = HEIGHT + 5, WIDTH + 4
    shown = middle(picture, LONGEST_SIDE // columns, rows, columns)
    assert (shown[:5, :14] == PADDING_RGB).all()
    assert (shown[:13, :4] == PADDING_RGB).all()
    np.testing.assert_array_equal(shown[5:13, 4:14], PIXELS[:8, :10])
    np.testing.assert_allclose(shown[13:, 4:], PIXELS[8:] * DARK, atol=0.51)


def test_a_box_around_the_whole_input_is_drawn_whole() -> None:
    box = Box(-100, -100, 200, 200)
    picture, _ = drawn(Seen(box, Box(0, 0, WIDTH, HEIGHT)))
    shown = middle(picture, LONGEST_SIDE // 300, 300, 300)
    np.testing.assert_array_equal(shown[100:120, 100:132], PIXELS)
    assert (shown[0] == PADDING_RGB).all()
    assert (shown[-1] == PADDING_RGB).all()


def test_a_light_of_its_own_shades_each_pixel_by_itself() -> None:
    light = np.linspace(0, 1, HEIGHT * WIDTH, dtype=np.float32).reshape(HEIGHT, WIDTH)
    picture, _ = drawn(WITHIN, light)
    expected = PIXELS * (DARK + (1 - DARK) * light.astype(np.float64))[..., None]
    shown = middle(picture, LONGEST_SIDE // WIDTH, HEIGHT, WIDTH)
    away = np.ones((HEIGHT, WIDTH), np.bool_)
    away[4:9, 3:11] = False  # the outline
    assert np.abs(shown - expected)[away].max() <= 0.51


def test_the_text_chunks_say_what_is_drawn() -> None:
    for seen, box in ((WITHIN, "4,5,10,8"), (OVER, "-4,-5,10,8")):
        texts = drawn(seen)[1]
        assert (texts["Layer"], texts["Description"], texts["Box"]) == ("conv1", "here it is", box)


@pytest.mark.parametrize("sentence", ["short", "long " * 60])
def test_the_words_fit(sentence: str) -> None:
    file = draw_receptive_field(PIXELS, WITHIN, "a layer with quite a long name", sentence)
    picture = np.asarray(Image.open(io.BytesIO(file)))
    assert (picture[:, -MARGIN // 2 :] == PAPER_RGB).all()
