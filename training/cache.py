"""Photos decoded once: one flat file of pixels and an index, so that an epoch reads no WebP and no JPEG."""

import hashlib
import io
import json
import warnings
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import keras
import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from model.preprocessing import upright_rgb
from training.photos import Photo

BLOCK = 512  # photos decoded at a time


@dataclass(frozen=True)
class Cache:
    """Photos as RGB pixels, with their proportions kept and the shorter side at most the cache's."""

    pixels: NDArray[np.uint8]  # all photos' bytes one after the other, mapped from the file
    offsets: NDArray[np.int64]  # where each photo begins
    sizes: NDArray[np.int32]  # [photos, 2]: height, width
    digests: list[str]  # of each photo's pixels
    names: list[str]
    labels: NDArray[np.int32]
    sources: list[str]
    classes: list[str]

    def __len__(self) -> int:
        return len(self.offsets)

    def photo(self, index: int) -> NDArray[np.uint8]:
        """Pixels of one photo, uint8 [height, width, 3]."""
        height, width = self.sizes[index]
        start = self.offsets[index]
        return self.pixels[start : start + height * width * 3].reshape(height, width, 3)

    @classmethod
    def load(cls, folder: Path) -> Self:
        index = json.loads((folder / "index.json").read_text())
        sizes = np.array(index["sizes"], np.int32).reshape(-1, 2)
        lengths = sizes.astype(np.int64).prod(axis=1) * 3
        classes = sorted(set(index["labels"]))
        return cls(
            pixels=np.memmap(folder / "pixels.bin", np.uint8, "r"),
            offsets=np.concatenate([[0], lengths.cumsum()])[:-1],
            sizes=sizes,
            digests=index["digests"],
            names=index["names"],
            labels=np.array([classes.index(label) for label in index["labels"]], np.int32),
            sources=index["sources"],
            classes=classes,
        )


def build_cache(photos: Iterable[Photo], side: int, folder: Path) -> Cache:
    """Decodes photos into a cache, or opens the one that is there already.

    Files that cannot be decoded are skipped and listed in `skipped.txt`; photos with the same pixels as an earlier
    one are left out and listed in `duplicates.txt`.

    Args:
        photos: what to decode.
        side: the shorter side of a cached photo at most, in pixels.
        folder: where the cache is, or will be once it is whole.

    Raises:
        ValueError: if fewer than two classes have a photo that can be decoded.
    """
    if (folder / "index.json").exists():
        return Cache.load(folder)
    folder.mkdir(parents=True, exist_ok=True)
    found = list(photos)
    progress = keras.utils.Progbar(len(found), unit_name="photo")
    kept: dict[str, Photo] = {}
    sizes, skipped, duplicates = [], [], []
    with warnings.catch_warnings(), (folder / "pixels.bin").open("wb") as file, ThreadPoolExecutor() as pool:
        warnings.simplefilter("ignore")  # Pillow warns of odd metadata; set here, as filters are the whole process's
        for start in range(0, len(found), BLOCK):
            block = found[start : start + BLOCK]
            for photo, decoded in zip(block, pool.map(lambda photo: decode(photo, side), block), strict=True):
                if isinstance(decoded, Exception):
                    skipped.append(f"{photo.name}: {decoded}")
                    continue
                digest = digest_of(decoded)
                if digest in kept:
                    duplicates.append(f"{photo.name} = {kept[digest].name}")
                    continue
                kept[digest] = photo
                sizes.append(decoded.shape[:2])
                file.write(decoded.tobytes())
            progress.update(min(start + BLOCK, len(found)))
    (folder / "skipped.txt").write_text("".join(line + "\n" for line in skipped))
    (folder / "duplicates.txt").write_text("".join(line + "\n" for line in duplicates))
    if len({photo.label for photo in kept.values()}) < 2:
        raise ValueError(f"Expected photos of at least two classes; received {len(kept)} that can be decoded")
    index = {
        "names": [photo.name for photo in kept.values()],
        "labels": [photo.label for photo in kept.values()],
        "sources": [photo.source for photo in kept.values()],
        "sizes": [list(size) for size in sizes],
        "digests": list(kept),
    }
    (folder / "index.unfinished.json").write_text(json.dumps(index))
    (folder / "index.unfinished.json").replace(folder / "index.json")  # last: a cache without it is not whole
    return Cache.load(folder)


def decode(photo: Photo, side: int) -> NDArray[np.uint8] | Exception:
    """A photo's pixels, upright and RGB, shrunk until the shorter side is at most `side`; or why there are none."""
    try:
        with Image.open(io.BytesIO(photo.read())) as image:
            shrink = side / min(image.size)
            rgb, box, (_, upright, _) = upright_rgb(image, shrink * 2)
            if shrink < 1:
                size = round(upright.width * shrink), round(upright.height * shrink)
                rgb = rgb.resize(size, Image.Resampling.BICUBIC, box=box)
            return np.asarray(rgb)
    except UnidentifiedImageError:
        return ValueError("not an image that Pillow knows")  # its own text is the buffer's address
    except Exception as error:  # whatever is wrong with one file, the others count
        return error


def digest_of(pixels: NDArray[np.uint8]) -> str:
    """The same for photos with the same pixels, however they were compressed without loss."""
    return hashlib.blake2b(pixels.tobytes(), digest_size=16, key=repr(pixels.shape).encode()).hexdigest()
