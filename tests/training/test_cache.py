import io
import json
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tests.conftest import encoded
from tests.training.shapes import shape_photo
from training import cache as cache_module
from training.cache import build_cache, decode, digest_of
from training.photos import Photo, find_photos

RANDOM = np.random.default_rng(9)
DISC, SQUARE, OTHER_DISC = (shape_photo(label, RANDOM) for label in ("disc", "square", "disc"))


def photo(name: str, content: bytes, source: str = "") -> Photo:
    return Photo(name, name.partition("/")[0], source, lambda: content)


def png(image: Image.Image, **options: object) -> bytes:
    return encoded(image, "PNG", **options)


def lines(file: Path) -> list[str]:
    return file.read_text().splitlines()


def test_photos_come_back_with_their_pixels_labels_and_sources(tmp_path: Path) -> None:
    images = {"square/a": SQUARE, "disc/b": DISC, "disc/c": OTHER_DISC}
    found = [photo(name, png(image), source=name[-1]) for name, image in images.items()]
    cache = build_cache(found, 160, tmp_path)
    assert len(cache) == 3
    assert cache.names == list(images)
    assert cache.classes == ["disc", "square"]
    assert cache.labels.tolist() == [1, 0, 0]
    assert cache.sources == ["a", "b", "c"]
    for number, image in enumerate(images.values()):
        np.testing.assert_array_equal(cache.photo(number), np.asarray(image))


def test_a_folder_of_photos_is_cached_whole(shapes: Path, tmp_path: Path) -> None:
    cache = build_cache(find_photos(str(shapes)), 160, tmp_path)
    assert len(cache) == 120
    assert np.bincount(cache.labels).tolist() == [60, 60]
    assert sorted(set(cache.sources)) == ["camera", "phone"]
    assert cache.pixels.size == cache.sizes.astype(int).prod(axis=1).sum() * 3
    assert lines(tmp_path / "skipped.txt") == lines(tmp_path / "duplicates.txt") == []


def test_files_that_cannot_be_decoded_are_skipped_and_listed(tmp_path: Path) -> None:
    def unreadable() -> bytes:
        raise PermissionError("not yours")

    jpeg = encoded(DISC, "JPEG")
    found = [
        photo("disc/good", png(DISC)),
        photo("disc/text", b"no photo at all"),
        photo("disc/empty", b""),
        photo("disc/truncated", jpeg[: len(jpeg) // 2]),
        photo("square/corrupt", b"\x89PNG\r\n\x1a\n" + bytes(100)),
        Photo("square/locked", "square", "", unreadable),
        photo("square/good", png(SQUARE)),
    ]
    cache = build_cache(found, 160, tmp_path)
    assert cache.names == ["disc/good", "square/good"]
    np.testing.assert_array_equal(cache.photo(1), np.asarray(SQUARE))
    skipped = lines(tmp_path / "skipped.txt")
    assert [line.partition(":")[0] for line in skipped] == [found[number].name for number in range(1, 6)]
    assert "not an image" in skipped[0]
    assert "truncated" in skipped[2]
    assert "not yours" in skipped[4]


def test_photos_with_the_same_pixels_are_left_out_and_listed(tmp_path: Path) -> None:
    found = [
        photo("disc/first", png(DISC)),
        photo("disc/same.webp", encoded(DISC, "WEBP", lossless=True)),
        photo("disc/lossy.jpg", encoded(DISC, "JPEG")),
        photo("square/same.bmp", encoded(DISC, "BMP")),
        photo("square/other", png(SQUARE)),
    ]
    cache = build_cache(found, 160, tmp_path)
    assert cache.names == ["disc/first", "disc/lossy.jpg", "square/other"]
    assert lines(tmp_path / "duplicates.txt") == ["disc/same.webp = disc/first", "square/same.bmp = disc/first"]


def test_the_same_bytes_in_another_shape_are_another_photo() -> None:
    pixels = np.arange(36, dtype=np.uint8)
    digests = {digest_of(pixels.reshape(shape)) for shape in ((3, 4, 3), (4, 3, 3), (1, 12, 3), (12, 1, 3))}
    assert len(digests) == 4
    assert digest_of(pixels.reshape(3, 4, 3)) == digest_of(pixels.reshape(3, 4, 3).copy())


def test_a_cache_that_is_whole_is_opened_and_nothing_is_read_again(tmp_path: Path) -> None:
    def no_photos() -> Iterator[Photo]:
        raise AssertionError("the photos were asked for")
        yield

    built = build_cache([photo("disc/a", png(DISC)), photo("square/b", png(SQUARE))], 160, tmp_path)
    opened = build_cache(no_photos(), 160, tmp_path)
    assert opened.digests == built.digests
    np.testing.assert_array_equal(opened.photo(1), np.asarray(SQUARE))


def test_a_cache_whose_building_was_interrupted_is_built_again(tmp_path: Path) -> None:
    def power_cut() -> bytes:
        raise KeyboardInterrupt

    good = [photo("disc/a", png(DISC)), photo("square/b", png(SQUARE))]
    with pytest.raises(KeyboardInterrupt):
        build_cache([*good, Photo("square/c", "square", "", power_cut)], 160, tmp_path)
    assert (tmp_path / "pixels.bin").exists()
    assert not (tmp_path / "index.json").exists()
    assert build_cache(good, 160, tmp_path).names == ["disc/a", "square/b"]


def test_a_half_written_index_is_not_taken_for_a_whole_one(tmp_path: Path) -> None:
    (tmp_path / "pixels.bin").write_bytes(bytes(100_000))
    (tmp_path / "index.unfinished.json").write_text('{"names": ["disc/')
    cache = build_cache([photo("disc/a", png(DISC)), photo("square/b", png(SQUARE))], 160, tmp_path)
    assert cache.names == ["disc/a", "square/b"]
    np.testing.assert_array_equal(cache.photo(1), np.asarray(SQUARE))
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "duplicates.txt", "index.json", "pixels.bin", "skipped.txt",
    ]  # fmt: skip
    json.loads((tmp_path / "index.json").read_text())


@pytest.mark.parametrize(
    ("size", "cached"),
    [((20, 31), (20, 31)), ((31, 20), (31, 20)), ((5, 400), (5, 400)), ((21, 42), (20, 40)), ((400, 100), (80, 20))],
)
def test_larger_photos_are_shrunk_to_the_side_and_smaller_ones_left(
    size: tuple[int, int], cached: tuple[int, int], tmp_path: Path
) -> None:
    found = [
        photo("a/1", png(Image.new("RGB", size, "red"))),
        photo("b/1", png(Image.new("RGB", size, "blue"))),
    ]
    cache = build_cache(found, 20, tmp_path)
    assert cache.sizes.tolist() == [[cached[1], cached[0]]] * 2
    assert (cache.photo(0) == (255, 0, 0)).all()
    assert (cache.photo(1) == (0, 0, 255)).all()


@given(
    width=st.integers(1, 300),
    height=st.integers(1, 300),
    side=st.integers(8, 80),
    file_format=st.sampled_from(["PNG", "JPEG"]),
)
def test_any_photo_is_cached_in_its_proportions(width: int, height: int, side: int, file_format: str) -> None:
    pixels = decode(photo("a/1", encoded(Image.new("RGB", (width, height)), file_format)), side)
    assert isinstance(pixels, np.ndarray)
    cached = pixels.shape[1], pixels.shape[0]
    if min(width, height) <= side:
        assert cached == (width, height)
    else:
        assert min(cached) == side
        assert max(cached) == pytest.approx(max(width, height) * side / min(width, height), abs=0.51)


def test_photos_are_cached_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: what it stored lies on its left side
    stored = SQUARE.rotate(90, expand=True)
    found = [photo("square/a", png(stored, exif=exif)), photo("disc/b", png(DISC))]
    np.testing.assert_array_equal(build_cache(found, 160, tmp_path).photo(0), np.asarray(SQUARE))


def test_odd_metadata_costs_no_photo_and_leaves_the_warnings_as_they_were(tmp_path: Path) -> None:
    odd = encoded(DISC, "JPEG", exif=b"Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x05\x01\x12")
    with pytest.warns(UserWarning, match="Corrupt EXIF"):
        Image.open(io.BytesIO(odd)).getexif()
    before = list(warnings.filters)
    found = [photo(f"disc/{number}", odd) for number in range(20)] + [photo("square/b", png(SQUARE))]
    assert build_cache(found, 160, tmp_path).names == ["disc/0", "square/b"]
    assert warnings.filters == before


@pytest.mark.parametrize("count", [2, 3, 4, 7])
def test_blocks_change_nothing(count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_module, "BLOCK", 3)
    images = [Image.new("RGB", (4 + number, 3), (number, 0, 0)) for number in range(count)]
    found = [photo(f"{'ab'[number % 2]}/{number}", png(image)) for number, image in enumerate(images)]
    cache = build_cache(found, 160, tmp_path)
    assert len(cache) == count
    for number, image in enumerate(images):
        np.testing.assert_array_equal(cache.photo(number), np.asarray(image))


def test_photos_of_one_class_are_refused(tmp_path: Path) -> None:
    found = [photo("disc/a", png(DISC)), photo("disc/b", png(OTHER_DISC)), photo("square/c", b"broken")]
    with pytest.raises(ValueError, match="at least two classes; received 2 "):
        build_cache(found, 160, tmp_path)
    assert not (tmp_path / "index.json").exists()
    assert len(lines(tmp_path / "skipped.txt")) == 1
