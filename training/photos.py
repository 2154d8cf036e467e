"""Where training photos come from: a folder of class folders, or a TensorFlow Datasets name."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".avif"}
SOURCE = re.compile(r"(.+?)[_-]\d+$")  # "afhq_00017" comes from "afhq"


@dataclass(frozen=True)
class Photo:
    """One photo to train from: what it shows, which collection it came from ("" if unknown), how to read it."""

    name: str
    label: str
    source: str
    read: Callable[[], bytes]  # of the file, when it is decoded: a whole collection need not fit in memory


def find_photos(place: str) -> Iterator[Photo]:
    """All photos of a place, in a fixed order.

    Args:
        place: a folder whose sub-folders are named for the classes, or `tfds:NAME`, such as `tfds:cats_vs_dogs`; see
            `find_dataset_photos`.

    Raises:
        FileNotFoundError: if the folder is missing or holds fewer than two classes.
        ValueError: if TensorFlow Datasets knows no such images with labels.
    """
    if place.startswith("tfds:"):
        from training.tensorflow_datasets import find_dataset_photos  # an import of seconds, for those who ask for it

        yield from find_dataset_photos(place.removeprefix("tfds:"))
        return
    folder = Path(place)
    classes = sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
    if len(classes) < 2:
        raise FileNotFoundError(
            f"Expected a folder with one sub-folder of photos for each class, at least two; "
            f"received: {place} with {len(classes)}"
        )
    for label in classes:
        for file in sorted(path for path in label.rglob("*") if path.suffix.lower() in SUFFIXES):
            yield Photo(str(file.relative_to(folder)), label.name, source_of(file.stem), file.read_bytes)


def source_of(stem: str) -> str:
    """The collection that a file's name begins with: `afhq_00017` comes from `afhq`."""
    found = SOURCE.match(stem)
    return found[1] if found else ""
