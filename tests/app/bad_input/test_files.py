"""Strangers' files, each posted over a socket: what becomes of them is always one of the documented things."""

import pytest

from app.photos.image_decoder import FORMATS
from tests.app.bad_input import bombs
from tests.app.bad_input.conftest import DECODE_BYTES, Victim, counted, outcomes
from tests.app.bad_input.made_files import READ, all_formats, flipped, small_files

SMALL_FILES = small_files()
DAMAGED = {"answered", "photo_truncated", "photo_undecodable", "not_an_image"}
BOMBS = (
    bombs.by_pixels() | bombs.by_frames() | bombs.by_metadata() | bombs.by_lying_lengths() | bombs.polyglots()
)  # fmt: skip
OWN_MB = 400  # of a decoder beyond what one photo may take: Python, Pillow and NumPy, mostly shared


def test_the_formats_are_those_that_are_read() -> None:
    assert READ == FORMATS


@pytest.mark.parametrize("name", SMALL_FILES)
def test_a_file_that_ends_after_any_of_its_bytes_is_refused_as_what_it_is(victim: Victim, name: str) -> None:
    file = SMALL_FILES[name]
    step = 16 if name.startswith("animated") else 1  # once its first picture is whole, the network answers each time
    found = outcomes(victim, [file[:end] for end in range(1, len(file), step)])
    assert set(found) <= DAMAGED, counted(found)
    assert found[0] == "not_an_image"
    assert outcomes(victim, [file]) == ["answered"]


@pytest.mark.parametrize("name", SMALL_FILES)
def test_a_file_with_any_of_its_bytes_turned_round_is_answered_or_refused(victim: Victim, name: str) -> None:
    file = SMALL_FILES[name]
    found = outcomes(victim, list(flipped(file, step=max(1, len(file) // 60))))
    assert set(found) <= DAMAGED | {"too_many_pixels", "format_unsupported"}, counted(found)


@pytest.mark.parametrize("name", BOMBS)
def test_a_small_file_that_would_like_to_be_large_is_answered_or_refused_for_what_it_is(
    victim: Victim, name: str
) -> None:
    file, expected = BOMBS[name]
    response = victim.client.post("/predict", content=file)
    code = "answered" if response.status_code == 200 else response.json()["code"]
    assert code in expected, response.text


def test_no_decoder_ever_took_more_memory_than_it_may(victim: Victim) -> None:
    for name in ("a PNG profile of 200 MB", "a PNG of 200 texts of 1 MB", "as many as allowed"):
        victim.client.post("/predict", content=BOMBS[name][0])
    assert 0 < victim.largest_decoder_mb() < DECODE_BYTES / 2**20 + OWN_MB


def test_what_a_file_is_decides_and_not_what_it_is_called(victim: Victim) -> None:
    """Every format that Pillow can write, under the name and the type of each that is read."""
    files = all_formats()
    assert len(files) > 20
    for name, file in files.items():
        response = victim.client.post("/predict", content=file)
        expected = (response.status_code, response.json().get("code"))
        assert (response.status_code == 200) == (name in (*READ, "MPO")), response.text
        assert response.status_code in (200, 415, 422), response.text
        for number, other in enumerate(READ):
            called = f"image/{other.lower()}"
            if number % 2:
                response = victim.client.post("/predict", content=file, headers={"content-type": called})
            else:
                response = victim.client.post("/predict", files={"file": (f"cat.{other.lower()}", file, called)})
            assert (response.status_code, response.json().get("code")) == expected, (name, other)
