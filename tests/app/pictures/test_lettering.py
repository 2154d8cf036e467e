import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.pictures.lettering import LABEL_PX, TITLE_PX, exact, font, number, number_ranges, share, shortened, text_width


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (0.5, "0.5"),
        (-12.345, "-12.3"),
        (99.96, "100"),
        (1234.5, "1234"),
        (99_999.4, "99999"),
        (1e5, "1e5"),
        (0.00012345, "0.000123"),
        (1.2345e-7, "1.23e-7"),
        (-3.4028235e38, "-3.4e38"),
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
    ],
)
def test_a_number_is_short(value: float, text: str) -> None:
    assert number(value) == text


@given(st.floats(width=32))
def test_a_number_is_never_long_and_never_far_off(value: float) -> None:
    text = number(value)
    assert len(text) <= 9
    assert float(text) == pytest.approx(value, rel=0.005, nan_ok=True)


@given(st.floats(allow_nan=False))
def test_an_exact_number_reads_back_as_itself(value: float) -> None:
    assert float(exact(value)) == value


@pytest.mark.parametrize(
    ("part", "text"),
    [
        (0.0, "0 %"),
        (1e-9, "less than 0.1 %"),
        (0.001, "0.1 %"),
        (0.1234, "12.3 %"),
        (0.9995, "more than 99.9 %"),
        (1.0, "100 %"),
    ],
)
def test_a_share_is_nothing_or_everything_only_where_that_is_exact(part: float, text: str) -> None:
    assert share(part) == text


@pytest.mark.parametrize(
    ("numbers", "text"),
    [([0], "0"), ([0, 1, 2], "0-2"), ([0, 5, 6, 9], "0, 5-6, 9"), ([3, 2, 1, 2], "3, 2, 1-2")],
)
def test_neighbouring_channels_are_said_as_a_range(numbers: list[int], text: str) -> None:
    assert number_ranges(numbers) == text


def test_long_text_ends_in_an_ellipsis_and_lines_become_one() -> None:
    assert shortened("convolution", 11) == "convolution"
    assert shortened("convolutions", 11) == "convolutio…"
    assert shortened("two\nlines", 11) == "two lines"


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126)), st.sampled_from([LABEL_PX, TITLE_PX]))
def test_text_takes_no_more_room_than_was_measured(text: str, size: int) -> None:
    assert font(size).getlength(text) <= text_width(text, size)
