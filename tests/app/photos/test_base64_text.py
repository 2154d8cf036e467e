"""Base64 as people and programs write it, against Python's own encoder."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Base64Malformed, PhotoMissing, UploadError
from app.photos.base64_text import PIECE, decoded

ENCODERS = st.sampled_from([base64.b64encode, base64.urlsafe_b64encode])
PREFIXES = st.sampled_from(["", "data:image/jpeg;base64,", "DATA:;Base64,", "\n data:image/png;name=cat.png;base64,"])


@given(st.binary(min_size=1, max_size=200), ENCODERS, PREFIXES, st.booleans())
def test_any_bytes_come_back_however_they_were_written(
    photo: bytes, encode: type[bytes], prefix: str, padded: bool
) -> None:
    text = encode(photo).decode()
    assert decoded(prefix + (text if padded else text.rstrip("="))) == photo


@given(st.binary(min_size=1, max_size=100), st.lists(st.tuples(st.integers(0), st.sampled_from(" \t\r\n")), max_size=9))
def test_white_space_anywhere_does_not_matter(photo: bytes, spaces: list[tuple[int, str]]) -> None:
    text = base64.b64encode(photo).decode()
    for place, space in spaces:
        place %= len(text) + 1
        text = text[:place] + space + text[place:]
    assert decoded(text) == photo


@pytest.mark.parametrize("size", [PIECE // 4 * 3 - 1, PIECE // 4 * 3, PIECE // 4 * 3 + 1, 3 * PIECE])
def test_a_text_of_several_pieces_is_put_together(size: int) -> None:
    photo = bytes(number % 251 for number in range(size))
    for text in (base64.b64encode(photo), base64.encodebytes(photo)):
        assert decoded(text.decode()) == photo


@given(st.text(max_size=60))
def test_any_other_text_is_refused_with_a_sentence(text: str) -> None:
    try:
        assert isinstance(decoded(text), bytes)
    except UploadError as error:
        assert error.detail.startswith("Expected base64 ")
        assert "received: " in error.detail


@pytest.mark.parametrize(
    "text", ["QUJ", "QUJDRA", "QUJDRA==", "Q U\nJD", "_-8="], ids=["unpadded", "two", "padded", "spaced", "URL"]
)
def test_what_is_complete_is_taken(text: str) -> None:
    assert decoded(text)


@pytest.mark.parametrize(
    "text",
    ["Q", "QUJDR", "QUJD=", "QUJDRA=", "QUJDRA===", "=", "QU=JD", "QUJD====QUJD", "QUJD!", "QUJDü", "QUJD\0",
     "\x0bQUJD", "a cat!", "{}", "data:image/png,QUJD", "data:image/png;base64"],
)  # fmt: skip
def test_what_is_not_quite_base64_is_refused(text: str) -> None:
    with pytest.raises(Base64Malformed, match="received: "):
        decoded(text)


def test_padding_between_two_pieces_is_refused() -> None:
    with pytest.raises(Base64Malformed):
        decoded("A" * (PIECE - 1) + "=" + "AAAA")


@pytest.mark.parametrize("text", ["", " \n", "data:image/png;base64,"])
def test_nothing_is_no_photo(text: str) -> None:
    with pytest.raises(PhotoMissing, match="received: nothing"):
        decoded(text)


@pytest.mark.parametrize(
    "url", ["https://cats.example/cat.jpg", "HTTP://x", " file:///etc/passwd", "ftp://x", "gopher:x", "data:,cat"]
)
def test_no_url_is_fetched_and_the_refusal_says_so(url: str) -> None:
    scheme = url.strip().partition(":")[0]
    with pytest.raises(Base64Malformed, match=f"no other URL is fetched; received: {scheme}:"):
        decoded(url)
