import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow_datasets as tfds
from PIL import Image

from tests.conftest import encoded
from tests.training.shapes import shape_photo
from training.cache import build_cache
from training.photos import find_photos
from training.tensorflow_datasets import builder_of, check_features, find_dataset_photos

LABELS = ("disc", "square", "disc", "square", "disc", "square")
TESTED = (4, 5)  # the photos of the test split; the others are for training


class Shapes(tfds.core.GeneratorBasedBuilder):
    """Six photos, their shape, and a second label that is unknown for one of them."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self) -> tfds.core.DatasetInfo:
        features = {
            "image": tfds.features.Image(encoding_format="jpeg"),
            "mask": tfds.features.Image(shape=(None, None, 1)),
            "label": tfds.features.ClassLabel(names=["square", "disc"]),
            "half": tfds.features.ClassLabel(names=["first", "second"]),
            "number": tfds.features.Scalar(np.int64),
        }
        return tfds.core.DatasetInfo(builder=self, features=tfds.features.FeaturesDict(features))

    def _split_generators(self, _: tfds.download.DownloadManager) -> dict[str, Iterator[Any]]:
        trained = tuple(number for number in range(len(LABELS)) if number not in TESTED)
        return {"train": self._generate_examples(trained), "test": self._generate_examples(TESTED)}

    def _generate_examples(self, numbers: tuple[int, ...]) -> Iterator[tuple[int, dict[str, Any]]]:
        for number in numbers:
            mask = encoded(Image.new("L", (8, 8)), "PNG")
            yield number, {
                "image": io.BytesIO(jpeg(number)), "mask": io.BytesIO(mask), "label": LABELS[number],
                "half": -1 if number == 5 else number // 3, "number": number,
            }  # fmt: skip


class Words(tfds.core.GeneratorBasedBuilder):
    """No photos; nothing but its description is ever asked for."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self) -> tfds.core.DatasetInfo:
        features = {"text": tfds.features.Text(), "label": tfds.features.ClassLabel(names=["good", "bad"])}
        return tfds.core.DatasetInfo(builder=self, features=tfds.features.FeaturesDict(features))

    def _split_generators(self, dl_manager: tfds.download.DownloadManager) -> dict[str, Iterator[Any]]:
        raise AssertionError(f"it was prepared with {dl_manager}")

    def _generate_examples(self) -> Iterator[Any]:
        raise AssertionError("it was read")


def jpeg(number: int) -> bytes:
    return encoded(shape_photo(LABELS[number], np.random.default_rng(number)), "JPEG", quality=95)


@pytest.fixture(autouse=True, scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where datasets are prepared, as `TFDS_DATA_DIR` says."""
    folder = tmp_path_factory.mktemp("datasets")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(tfds.core.constants, "DATA_DIR", str(folder))
        tfds.disable_progress_bar()
        yield folder


def test_all_splits_are_read_with_their_files_as_they_were_written() -> None:
    found = list(find_dataset_photos("shapes"))
    by_bytes = {photo.read(): photo for photo in found}
    assert len(found) == len(by_bytes) == 6
    for number, label in enumerate(LABELS):
        photo = by_bytes[jpeg(number)]
        assert photo.label == label
        assert photo.source == "shapes"
        assert photo.name.startswith("shapes/test/" if number in TESTED else "shapes/train/")
    assert len({photo.name for photo in found}) == 6


def test_the_order_is_the_same_each_time() -> None:
    first, again = ([(photo.name, photo.read()) for photo in find_dataset_photos("shapes")] for _ in range(2))
    assert first == again


@pytest.mark.parametrize("name", ["shapes:half", "shapes:1.0.0:half"])
def test_the_name_may_choose_the_label_and_photos_without_it_are_left_out(name: str) -> None:
    halves = {photo.read(): photo.label for photo in find_dataset_photos(name)}
    assert halves == {jpeg(number): ("first", "second")[number // 3] for number in range(5)}


def test_a_version_may_be_asked_for() -> None:
    assert len(list(find_dataset_photos("shapes:1.0.0"))) == 6


def test_a_dataset_becomes_a_cache_like_a_folder(tmp_path: Path) -> None:
    cache = build_cache(find_photos("tfds:shapes"), 160, tmp_path)
    assert cache.classes == ["disc", "square"]
    decoded = {np.asarray(Image.open(io.BytesIO(jpeg(number)))).tobytes(): label for number, label in enumerate(LABELS)}
    assert {cache.photo(index).tobytes(): cache.classes[cache.labels[index]] for index in range(6)} == decoded


@pytest.mark.parametrize("name", ["no_such_dataset", "no such dataset", "shapes:2.0.0", "shapes/no_such_config"])
def test_an_unknown_dataset_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"catalog; received: '{name}'$"):
        next(find_dataset_photos(name))


@pytest.mark.parametrize("name", ["", ":half", "shapes:", "shapes:half:half", "shapes:two words"])
def test_a_name_that_cannot_be_one_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"like cats_vs_dogs or oxford_iiit_pet:species; received: '{name}'$"):
        next(find_dataset_photos(name))


@pytest.mark.parametrize(
    ("name", "wanted"),
    [("words", "label"), ("shapes:breed", "breed"), ("shapes:number", "number"), ("shapes:image", "image")],
)
def test_a_dataset_without_photos_or_without_that_label_is_refused_before_it_is_prepared(
    name: str, wanted: str
) -> None:
    with pytest.raises(
        ValueError, match=rf"image \(Image of 8 bits\) and {wanted} \(ClassLabel\); received: .*label: C"
    ):
        next(find_dataset_photos(name))


def test_a_dataset_prepared_in_another_format_is_refused_with_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tfds.core.constants, "DATA_DIR", str(tmp_path))
    tfds.builder("shapes").download_and_prepare(file_format="tfrecord")
    with pytest.raises(ValueError, match=r"as array_record files; received: tfrecord in .*set TFDS_DATA_DIR"):
        next(find_dataset_photos("shapes"))


@pytest.mark.parametrize(
    ("name", "label", "classes"),
    [
        ("cats_vs_dogs", "label", 2),
        ("oxford_iiit_pet", "label", 37),
        ("oxford_iiit_pet", "species", 2),
        ("cifar10", "label", 10),
    ],
)
def test_the_datasets_of_the_readme_have_the_features_that_are_read(name: str, label: str, classes: int) -> None:
    features = builder_of(name).info.features
    check_features(name, label, features)
    assert features[label].num_classes == classes


WITHOUT_TENSORFLOW = """
import sys
from importlib.machinery import PathFinder

class NotInstalled(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name.partition(".")[0] == "tensorflow" else super().find_spec(name, path, target)

sys.meta_path[sys.meta_path.index(PathFinder)] = NotInstalled
from training.photos import find_photos
from training.tensorflow_datasets import builder_of, check_features
for name in ("cats_vs_dogs", "oxford_iiit_pet", "cifar10"):
    check_features(name, "label", builder_of(name).info.features)
print(sorted((photo.label, len(photo.read())) for photo in find_photos("tfds:shapes")))
"""


def test_a_prepared_dataset_is_read_on_a_machine_without_tensorflow(data: Path) -> None:
    """A fresh process that knows neither the dataset's recipe nor TensorFlow, as after copying the folder."""
    list(find_dataset_photos("shapes"))
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_TENSORFLOW],
        env={**os.environ, "TFDS_DATA_DIR": str(data)},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == str(sorted((label, len(jpeg(n))) for n, label in enumerate(LABELS)))
