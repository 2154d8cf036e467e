import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from model.artifact import Artifact
from model.digest import digest_of
from model.errors import ArtifactMissing
from model.manifest import Manifest
from model.preprocessing import preprocess
from tests.training.tiny_run import confused, evaluated, exported, tiny_network, trained
from training.cache import Cache
from training.config import Config
from training.evaluate import Evaluation, evaluate
from training.split import split


@pytest.fixture(autouse=True)
def network_by_name() -> Iterator[None]:
    with tiny_network():
        yield


@pytest.fixture
def run(shapes: Path) -> Path:
    return trained(shapes)


@pytest.fixture
def folder(shapes: Path) -> Path:
    return exported(shapes)


@pytest.fixture
def evaluation(shapes: Path) -> Evaluation:
    return evaluated(shapes)


def pairs_in_order(scores: list[float], of_it: list[bool]) -> float:
    """The area under the ROC curve: how often a photo of the class scores above one that is not, ties half."""
    pairs = [
        (score > other) + 0.5 * (score == other)
        for score, mine in zip(scores, of_it, strict=True) if mine
        for other, its in zip(scores, of_it, strict=True) if not its
    ]  # fmt: skip
    return sum(pairs) / len(pairs)


def test_the_saved_numbers_are_those_of_asking_the_artifact_photo_by_photo(
    shapes: Path, run: Path, folder: Path, evaluation: Evaluation
) -> None:
    saved, artifact, cache = (
        json.loads((run / "evaluation" / "measures.json").read_text()),
        Artifact.load(folder),
        Cache.load(run / "cache"),
    )
    names = [cache.names[photo] for photo in split(cache, 0.2, 0.2).test]
    assert len(names) > 10
    scores = [
        artifact.predict(preprocess(Image.open(confused(shapes) / name), 24, 20).pixels[None]).probabilities[0]
        for name in names
    ]
    true = [name.split("/")[0] for name in names]
    answers = [artifact.manifest.labels[int(np.argmax(score))] for score in scores]
    right = [answer == label for answer, label in zip(answers, true, strict=True)]
    assert 0.5 < np.mean(right) < 1

    assert saved["all"]["photos"] == len(names)
    assert saved["all"]["accuracy"] == pytest.approx(np.mean(right), abs=1e-5)
    for number, label in enumerate(artifact.manifest.labels):
        assert saved["all"][f"{label}_accuracy"] == pytest.approx(np.mean(right), abs=1e-5)  # there are but two classes
        area = pairs_in_order([float(score[number]) for score in scores], [label == one for one in true])
        assert saved["all"][f"{label}_auc"] == pytest.approx(area, abs=1e-5)
    for row, label in enumerate(artifact.manifest.labels):
        for column, answer in enumerate(artifact.manifest.labels):
            assert saved["confusion"][row][column] == list(zip(true, answers, strict=True)).count((label, answer))
    for source in ("camera", "phone"):
        of_it = [hit for hit, name in zip(right, names, strict=True) if f"/{source}_" in name]
        assert saved["by_source"][source]["photos"] == len(of_it)
        assert saved["by_source"][source]["accuracy"] == pytest.approx(np.mean(of_it), abs=1e-5)
    assert set(saved["by_source"]) == set(evaluation.by_source) == {"camera", "phone"}


def test_photos_that_trained_or_chose_take_no_part(run: Path, evaluation: Evaluation) -> None:
    cache = Cache.load(run / "cache")
    parts = split(cache, 0.2, 0.2)
    assert len(evaluation.images) == len(parts.test)
    assert not set(parts.test) & {*parts.training, *parts.validation}


@pytest.mark.parametrize("name", ["confusion", "mistakes", "curves"])
def test_the_pictures_are_drawn(name: str, run: Path, evaluation: Evaluation) -> None:
    assert len(evaluation.images) > 0
    with Image.open(run / "evaluation" / f"{name}.png") as picture:
        assert picture.format == "PNG"
        assert min(picture.size) > 300
        assert len(picture.convert("RGB").getcolors(2**24) or []) > 10


def test_an_artifact_of_other_classes_is_refused(run: Path, folder: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(folder, tmp_path / "other"))
    manifest = Manifest.load(other).model_copy(update={"labels": ("square", "disc")})
    manifest.model_copy(update={"digest": digest_of(other, manifest)}).save(other)
    with pytest.raises(
        ValueError, match=r"^Expected an artifact of the run's classes, disc, square; received: square, disc$"
    ):
        evaluate(run, other)


def test_a_run_without_test_photos_is_refused(run: Path, folder: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(run, tmp_path / "copy"))
    Config.load(copy).model_copy(update={"test_share": 1e-9}).save(copy)
    with pytest.raises(ValueError, match=f"^Expected test photos in {copy / 'cache'}; received none of 1[12]\\d$"):
        evaluate(copy, folder)


def test_a_missing_artifact_or_run_is_refused(run: Path, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ArtifactMissing, match=str(tmp_path)):
        evaluate(run, tmp_path)
    with pytest.raises(FileNotFoundError, match=str(tmp_path / "config.json")):
        evaluate(tmp_path, folder)
