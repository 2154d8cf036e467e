import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.photos.photo_bytes import PhotoDamaged, bytes_of, photo_of
from tests.app.photos.kept_photos import BEN, photo, the_same

KEPT = bytes_of(photo(7, BEN))


def test_a_photo_comes_back_as_it_was_with_its_owner() -> None:
    assert the_same(photo_of("7", KEPT), photo(7, BEN))


@given(st.integers(0, len(KEPT) - 1), st.integers(1, 255))
def test_no_byte_can_be_changed_unnoticed(place: int, change: int) -> None:
    damaged = bytearray(KEPT)
    damaged[place] ^= change
    with pytest.raises(PhotoDamaged, match="Expected the photo 7 as it was put; received"):
        photo_of("7", bytes(damaged))


@pytest.mark.parametrize("kept", [b"", b"\n", KEPT[:-1], KEPT + b"\0", KEPT[9:], bytes_of(photo(8, BEN))])
def test_neither_can_it_be_shortened_lengthened_or_another_photo_s(kept: bytes) -> None:
    with pytest.raises(PhotoDamaged):
        photo_of("7", kept)
