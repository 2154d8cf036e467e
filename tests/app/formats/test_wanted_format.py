import contextlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.errors import NotAcceptable, ParameterInvalid
from app.formats.tensor_formats import MEDIA_TYPES, Format, wanted_format

CHROME = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8"
FIREFOX_PICTURE = "image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5"
AXIOS = "application/json, text/plain, */*"


@pytest.mark.parametrize("name", MEDIA_TYPES)
def test_the_query_says_the_format_whatever_the_header_says(name: str) -> None:
    assert wanted_format(name, "text/plain") == name


@pytest.mark.parametrize("name", ["", "PNG", "jpeg", "image/png", "png "])
def test_a_format_that_is_not_ours_is_refused_with_all_that_are(name: str) -> None:
    with pytest.raises(ParameterInvalid, match="format: expected one of png, json, npy, f32; received: "):
        wanted_format(name, None)


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, "png"),
        ("", "png"),
        ("*/*", "png"),
        (CHROME, "png"),
        (FIREFOX_PICTURE, "png"),
        (AXIOS, "json"),
        ("image/*", "png"),
        ("application/*", "json"),
        ("application/x-npy", "npy"),
        ("application/octet-stream", "f32"),
        ("Application/JSON; charset=utf-8", "json"),
        ("image/png;q=0.4, application/json;q=0.5", "json"),
        ("application/json ; q=0.5 , image/png ; q=0.4", "json"),
        ("*/*;q=0.1, application/x-npy;q=0.2", "npy"),
        ("*/*, application/json;q=0.1", "png"),
        ("image/png;q=0, */*", "json"),
        ("image/*;q=0, application/*;q=0.1", "json"),
        ("image/png;q=0, image/*, application/octet-stream;q=0.3", "f32"),
        ("text/html, application/octet-stream;q=0.001", "f32"),
        ("image/png;q=much, application/json;q=0.1", "json"),
        ("image/png;q=nan, application/json;q=0.1", "json"),
    ],
)
def test_without_a_format_the_accept_header_chooses(accept: str | None, chosen: str) -> None:
    assert wanted_format(None, accept) == chosen


@pytest.mark.parametrize("accept", ["text/plain", "image/jpeg", "image/png;q=0", "*/*;q=0", " ", ",", "png", "*"])
def test_a_header_that_takes_none_of_our_formats_is_refused_with_all_of_them(accept: str) -> None:
    with pytest.raises(NotAcceptable, match="image/png, application/json, application/x-npy, ") as it:
        wanted_format(None, accept)
    assert it.value.detail.endswith(f"received Accept: {accept}")


HEADER = st.one_of(
    st.text(),
    st.text("*/;,q=.01 -"),
    st.lists(st.sampled_from([*MEDIA_TYPES.values(), "*/*", ";q=0", ";q="])).map(",".join),
)


@given(st.none() | st.text(), st.none() | HEADER)
@example(None, ";q=1e999,*/*")
def test_any_text_gives_a_format_or_one_of_two_errors(name: str | None, accept: str | None) -> None:
    with contextlib.suppress(ParameterInvalid, NotAcceptable):
        assert wanted_format(name, accept) in MEDIA_TYPES


@given(st.dictionaries(st.sampled_from(sorted(MEDIA_TYPES)), st.integers(1, 1000), min_size=1))
def test_of_several_formats_the_one_with_the_highest_q_is_chosen(thousandths: dict[Format, int]) -> None:
    accept = ", ".join(f"{MEDIA_TYPES[name]};q={q / 1000}" for name, q in thousandths.items())
    assert thousandths[wanted_format(None, accept)] == max(thousandths.values())
