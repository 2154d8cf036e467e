"""From paths to rows, in one process."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.cluster.batch.photo_files import PhotoFiles
from app.cluster.batch.predictor import Predictor
from app.photos.image_decoder import decode
from app.settings import Settings
from tests.app.cluster.batch.photo_folder import BAD, LIMITS, latin_1, make_folder

PHOTOS = 37  # no power of two


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("predictor")
    make_folder(made, PHOTOS)
    return made


@pytest.fixture(scope="module")
def predictor(folder: Path, manifest_folder: Path) -> Iterator[Predictor]:
    limits: dict[str, Any] = {name.removeprefix("CATSCAN_").lower(): value for name, value in LIMITS.items()}
    settings = Settings(**limits, precision="float32", lanes=2, max_batch=8)
    made = Predictor(settings, manifest_folder, folder, threads=2)
    yield made
    made.close()


def test_rows_come_in_order_and_agree_with_the_artifact(predictor: Predictor, folder: Path) -> None:
    good = [f"deep/er/{number:04}.jpg" for number in range(PHOTOS)]
    paths = [path for pair in zip(good, [*BAD] * 6, strict=False) for path in pair]
    rows = list(predictor.rows(paths))
    assert [row.path for row in rows] == paths
    artifact = predictor.artifact
    height, width = artifact.manifest.height, artifact.manifest.width
    for row in rows[::2]:
        pixels = decode((folder / row.path).read_bytes(), 10**6, height, width).pixels
        (expected,) = artifact.predict(pixels[None]).probabilities
        best = int(np.argmax(expected))
        assert (row.label, row.error, row.unread) == (artifact.manifest.labels[best], None, None)
        assert row.score == pytest.approx(expected[best], abs=1e-5)
        assert row.cat_score == pytest.approx(expected[artifact.manifest.labels.index("cat")], abs=1e-5)
    for row in rows[1::2]:
        assert row.error and row.error.startswith(BAD[row.path])
        assert (row.label, row.score, row.cat_score, row.unread) == (None,) * 4


def test_what_cannot_be_read_for_now_has_neither_answer_nor_error(
    predictor: Predictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_: PhotoFiles, path: str) -> bytes:
        raise TimeoutError(f"no answer about {path}")

    monkeypatch.setattr(PhotoFiles, "read", fails)
    (row,) = predictor.rows(["deep/er/0000.jpg"])
    assert row == ("deep/er/0000.jpg", None, None, None, None, "TimeoutError: no answer about deep/er/0000.jpg")


def test_a_name_that_is_no_text_is_predicted_by_its_uri(predictor: Predictor, folder: Path) -> None:
    uri = latin_1(folder, (folder / "deep" / "er" / "0000.jpg").read_bytes())
    by_uri, by_path = predictor.rows([uri, "deep/er/0000.jpg"])
    assert by_uri[1:] == pytest.approx(by_path[1:], abs=1e-5)
    assert by_uri.label == "cat"


def test_no_paths_make_no_rows(predictor: Predictor) -> None:
    assert list(predictor.rows([])) == []
