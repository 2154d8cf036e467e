"""Decoding in other processes: the same as here, whatever a codec does there."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from app.errors import FormatUnsupported, NotAnImage, PhotoError, PhotoTruncated, PhotoUndecodable, TooManyPixels
from app.photos.decoders import Decoders
from app.photos.image_decoder import decode
from app.photos.photo import Photo, new_id
from app.settings import Settings
from model.manifest import Manifest
from tests.app.loopback import PATIENCE
from tests.conftest import encoded, photo_of

PHOTO = encoded(Image.effect_noise((64, 48), 50), "PNG")
LIMITS = Settings(decode_s=1.0, decode_bytes=2**28, max_pixels=200_000)


@pytest.fixture(scope="module")
def decoders() -> Iterator[Decoders]:
    made = Decoders(LIMITS)
    yield made
    made.close()


@pytest.fixture(scope="module")
def misbehaving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Decoders]:
    """Decoders whose codec does what the file says."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(tmp_path_factory.mktemp("written")))
        made = Decoders(LIMITS, "tests.app.photos.misbehaving_decoder")
        yield made
        made.close()


def decoded_here(file: bytes, manifest: Manifest) -> Photo:
    made = decode(file, LIMITS.max_pixels, manifest.height, manifest.width)
    return Photo(new_id(), made.pixels, made.steps, manifest.digest)


def alike(one: Photo, other: Photo) -> bool:
    np.testing.assert_array_equal(one.pixels, other.pixels)
    return one.image_id != other.image_id and (one.steps, one.digest) == (other.steps, other.digest)


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "AVIF"])
def test_a_photo_is_what_it_would_be_if_it_were_decoded_here(
    decoders: Decoders, manifest: Manifest, file_format: str
) -> None:
    file = encoded(photo_of("chelsea"), file_format)
    assert alike(decoders.photo(file, manifest), decoded_here(file, manifest))


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        (b"a cat", NotAnImage),
        (b"%PDF-1.7", FormatUnsupported),
        (PHOTO[:-100], PhotoTruncated),
        (encoded(Image.new("L", (400, 501)), "PNG"), TooManyPixels),
    ],
)
def test_what_is_no_photo_is_refused_as_it_would_be_here(
    decoders: Decoders, manifest: Manifest, file: bytes, expected: type[PhotoError]
) -> None:
    with pytest.raises(expected) as here:
        decoded_here(file, manifest)
    with pytest.raises(expected) as there:
        decoders.photo(file, manifest)
    assert there.value.detail == here.value.detail
    assert there.value.facts == {
        name: list(fact) if isinstance(fact, tuple) else fact for name, fact in here.value.facts.items()
    }


def test_a_film_is_a_picture(decoders: Decoders, manifest: Manifest) -> None:
    assert decoders.film(PHOTO, manifest).startswith(b"\x89PNG")
    with pytest.raises(NotAnImage):
        decoders.film(b"a cat", manifest)


@given(st.lists(st.integers(1, 40), min_size=1, max_size=24))
def test_many_threads_get_each_their_own_photo(decoders: Decoders, manifest: Manifest, widths: list[int]) -> None:
    files = [encoded(Image.new("RGB", (width, 30), (width * 6, 0, 99)), "PNG") for width in widths]
    with ThreadPoolExecutor(4) as threads:
        photos = list(threads.map(lambda file: decoders.photo(file, manifest), files))
    assert all(alike(photo, decoded_here(file, manifest)) for photo, file in zip(photos, files, strict=True))


@pytest.mark.parametrize("order", [b"crash", b"abort", b"hang", b"spin", b"catch everything", b"leave"])
def test_a_codec_that_crashes_or_never_ends_costs_its_own_photo_only(
    misbehaving: Decoders, manifest: Manifest, order: bytes
) -> None:
    with ThreadPoolExecutor(3) as threads:
        doomed = threads.submit(misbehaving.photo, order, manifest)
        others = [threads.submit(misbehaving.photo, PHOTO, manifest) for _ in range(20)]
        with pytest.raises(PhotoUndecodable, match=r"Expected a photo that can be decoded within 1 s and \d+ bytes"):
            doomed.result(PATIENCE)
        assert all(alike(other.result(PATIENCE), decoded_here(PHOTO, manifest)) for other in others)


@pytest.mark.parametrize("order", [b"grow", b"grow in C"])
def test_a_codec_gets_as_much_memory_as_is_allowed_and_no_more(
    misbehaving: Decoders, manifest: Manifest, order: bytes
) -> None:
    with pytest.raises(PhotoUndecodable):
        misbehaving.photo(order, manifest)
    assert alike(misbehaving.photo(PHOTO, manifest), decoded_here(PHOTO, manifest))


def test_a_codec_cannot_write_a_file(misbehaving: Decoders, manifest: Manifest) -> None:
    with pytest.raises(PhotoUndecodable):
        misbehaving.photo(b"write", manifest)
    assert not any(file.stat().st_size for file in Path(os.environ["TMPDIR"]).glob("written"))


def test_the_largest_photo_is_decoded_within_the_usual_memory(manifest: Manifest) -> None:
    usual = Settings()
    side = int(usual.max_pixels**0.5)
    largest = encoded(Image.new("RGBA", (side, side), (200, 30, 30, 128)), "PNG", compress_level=1)
    made = Decoders(usual)
    try:
        assert made.photo(largest, manifest).pixels.std(axis=(0, 1)).max() == 0
    finally:
        made.close()


def test_if_what_makes_decoders_is_killed_it_begins_anew(manifest: Manifest) -> None:
    made = Decoders(LIMITS, "tests.app.photos.misbehaving_decoder")
    try:
        made.photo(PHOTO, manifest)
        os.kill(made.maker_pid, signal.SIGKILL)
        assert alike(made.photo(PHOTO, manifest), decoded_here(PHOTO, manifest))  # by the one that is there
        with pytest.raises(PhotoUndecodable):
            made.photo(b"crash", manifest)
        assert alike(made.photo(PHOTO, manifest), decoded_here(PHOTO, manifest))
    finally:
        made.close()


SERVICE = """\
import os, sys, time
from app.photos.decoders import Decoders
from app.settings import Settings
from model.manifest import Manifest
from pathlib import Path
made = Decoders(Settings())
made.photo(sys.stdin.buffer.read(), Manifest.load(Path(sys.argv[1])))
print(made.maker_pid, flush=True)
time.sleep(3600)
"""


def test_no_decoder_outlives_its_service(manifest_folder: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SERVICE, manifest_folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as service:
        assert service.stdin and service.stdout
        service.stdin.write(PHOTO)
        service.stdin.close()
        maker = int(service.stdout.readline())
        session = [pid for pid in processes() if session_of(pid) == maker]
        assert len(session) == 2  # the maker and one decoder
        service.kill()
    start = time.monotonic()
    while any(session_of(pid) == maker for pid in processes()):
        assert time.monotonic() - start < PATIENCE
        time.sleep(0.05)


def processes() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]


def session_of(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return None
