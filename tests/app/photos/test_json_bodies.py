"""What is read out of a JSON body; over a socket it is posted in routes/test_base64.py and test_batch.py."""

import asyncio
import base64
import threading

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Base64Malformed, JsonInvalid, PhotoMissing, UploadError
from app.photos.json_bodies import LARGE, MAX_VALUES, document, photo_in, photos_in, read_beside

TEXT = base64.b64encode(b"photo").decode()
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["image", "images", "x"]), inner),
    max_leaves=12,
)


def test_the_photo_is_that_of_the_member_image_whatever_else_there_is() -> None:
    assert photo_in(orjson.dumps({"image": TEXT})) == photo_in(orjson.dumps({"x": [1], "image": TEXT})) == b"photo"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "Expected JSON; received: nothing"),
        (b"{", "Expected JSON; received: .*line 1, column 2"),
        (b'{"image": NaN}', "Expected JSON; received: "),
        (b"\xff\xd8\xff", "Expected JSON; received: "),
        (b"[]", "received: an array"),
        (b"null", "received: null"),
        (b"true", "received: true or false"),
        (b"7", "received: a number"),
        (b'{"image": 7}', "Expected base64 as a string; received: a number"),
        (b'{"image": {"image": "QUJD"}}', "Expected base64 as a string; received: an object"),
    ],
)
def test_what_is_no_such_json_is_refused_with_what_came(body: bytes, said: str) -> None:
    with pytest.raises(JsonInvalid, match=said):
        photo_in(body)


def test_an_object_without_a_photo_is_refused_with_what_it_holds() -> None:
    with pytest.raises(PhotoMissing, match="an object with file, photo in it"):
        photo_in(b'{"photo": "QUJD", "file": 1}')


def test_several_photos_are_strings_or_objects_and_bad_ones_stand_in_their_places() -> None:
    photos = photos_in(orjson.dumps({"images": [TEXT, {"image": TEXT}, "!", 7, {}, "", None, TEXT]}))
    kinds = [photo if isinstance(photo, bytes) else type(photo) for photo in photos]
    bad = [Base64Malformed, JsonInvalid, PhotoMissing, PhotoMissing, JsonInvalid]
    assert kinds == [b"photo", b"photo", *bad, b"photo"]


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"images": "QUJD"}', b'{"image": "QUJD"}', b"GIF89a"])
def test_several_photos_are_an_array(body: bytes) -> None:
    with pytest.raises(JsonInvalid, match="Expected"):
        photos_in(body)


@given(st.binary(max_size=60) | VALUES.map(orjson.dumps))
def test_any_body_gives_photos_or_one_of_our_errors(body: bytes) -> None:
    for read in (photo_in, photos_in):
        try:
            assert isinstance(read(body), bytes | list)
        except UploadError as error:
            assert "xpected" in error.detail


@pytest.mark.parametrize("value", ["7", "[]", "{}"])
def test_as_many_values_as_are_allowed_are_read_and_no_more(value: str) -> None:
    brackets = 1 if value == "7" else 2  # of each entry: a comma, and its own
    most = MAX_VALUES // brackets
    assert document(f"[{','.join([value] * most)}]".encode())
    with pytest.raises(JsonInvalid, match=f"at most {MAX_VALUES} values"):
        document(f"[{','.join([value] * (most + 1))}]".encode())


def test_a_large_body_is_read_beside_the_event_loop() -> None:
    def read(_: bytes) -> str:
        return threading.current_thread().name

    own = threading.current_thread().name
    assert asyncio.run(read_beside(read, bytes(LARGE))) == own
    assert asyncio.run(read_beside(read, bytes(LARGE + 1))) != own
