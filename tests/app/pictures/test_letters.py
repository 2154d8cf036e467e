import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from app.pictures.colours import INK, MUTED
from app.pictures.lettering import LABEL_PX, TEXT_PX, TITLE_PX, font, text_width
from app.pictures.letters import column_height, write, written

printable = st.text(st.characters(min_codepoint=32, max_codepoint=126) | st.sampled_from("±·…"), max_size=12)
every_size = st.sampled_from([LABEL_PX, TEXT_PX, TITLE_PX])


@given(text=printable, size=every_size, ink=st.sampled_from([INK, MUTED]))
def test_words_are_drawn_as_pillow_draws_them(text: str, size: int, ink: int) -> None:
    text = "H" + text  # the first letter alone may not reach to the left
    picture, image = np.zeros((40, 400), np.uint8), Image.new("L", (400, 40))
    write(picture, (10, 30), text, size, ink)
    ImageDraw.Draw(image).text((10, 30), text, ink, font(size), anchor="ls")
    assert np.array_equal(picture, np.asarray(image))


@given(text=printable, size=every_size)
def test_written_words_take_as_much_room_as_was_measured_and_the_blank_end(text: str, size: int) -> None:
    end = len(written("", size, INK))
    assert len(written(text, size, INK)) == text_width(text, size) * column_height(size) + end


def test_words_leave_what_they_are_written_over() -> None:
    picture = np.full((30, 100), 99, np.uint8)
    write(picture, (5, 20), "all 0", TEXT_PX, INK)
    assert np.all(picture == 99)


@pytest.mark.parametrize("left", [90, 99, 100, 150])
def test_words_that_do_not_fit_are_cut(left: int) -> None:
    picture = np.zeros((30, 100), np.uint8)
    write(picture, (left, 20), "not finite", TEXT_PX, INK)
    assert not np.any(picture[:, :left])


@given(st.text(max_size=8).map(lambda text: " ".join(text.split())))
def test_any_text_on_one_line_can_be_written(text: str) -> None:
    write(np.zeros((40, 200), np.uint8), (10, 30), text, TITLE_PX, INK)
