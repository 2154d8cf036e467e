import functools
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from model.artifact import Artifact
from model.digest import digest_of
from model.errors import ArtifactMissing
from model.manifest import Manifest
from model.preprocessing import preprocess
from tests.training.tiny_run import confused, evaluated, exported, tiny_network, trained
from training.cache import Cache
from training.config import Config
from training.evaluation.evaluate import evaluate, focus_of
from training.evaluation.evaluation import Evaluation
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


def asked(artifact: Artifact, file: Path) -> NDArray[np.float32]:
    """Probabilities [classes] of one photo."""
    return np.asarray(artifact.predict(preprocess(Image.open(file), 24, 20).pixels[None]).probabilities[0])


def test_the_saved_numbers_are_those_of_asking_the_artifact_photo_by_photo(
    shapes: Path, run: Path, folder: Path, evaluation: Evaluation
) -> None:
    saved, artifact, cache = (
        json.loads((run / "evaluation" / "measures.json").read_text()),
        Artifact.load(folder),
        Cache.load(run / "cache"),
    )
    names = [cache.names[photo] for photo in split(cache, Config.load(run)).test]
    assert len(names) > 10
    scores = [asked(artifact, confused(shapes) / name) for name in names]
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
    assert (saved["focus"], saved["left_out"]) == ("disc", None)
    assert (evaluation.left_out, evaluation.elsewhere, saved["elsewhere"]) == (None, {}, {})
    assert saved["thresholds"] == artifact.manifest.thresholds


def test_photos_that_trained_or_chose_take_no_part(run: Path, evaluation: Evaluation) -> None:
    cache = Cache.load(run / "cache")
    parts = split(cache, Config.load(run))
    assert len(evaluation.images) == len(parts.test)
    assert not set(parts.test) & {*parts.training, *parts.validation}


def opened_picture(file: Path) -> Image.Image:
    with Image.open(file) as picture:
        assert picture.format == "PNG"
        return picture.convert("RGB")


@pytest.mark.parametrize("name", ["confusion", "roc", "reliability", "sources", "border", "mistakes", "curves"])
def test_the_pictures_are_drawn(name: str, run: Path, evaluation: Evaluation) -> None:
    assert len(evaluation.images) > 0
    picture = opened_picture(run / "evaluation" / f"{name}.png")
    assert min(picture.size) > 150  # few sources and few mistakes take little room
    assert len(picture.getcolors(2**24) or []) > 10


def test_the_report_is_saved_beside_them(run: Path, evaluation: Evaluation) -> None:
    text = (run / "evaluation" / "report.html").read_text()
    assert text.count("data:image/png;base64,") == 7
    assert evaluation.artifact.manifest.digest in text


def resealed(folder: Path, to: Path, **changes: object) -> Path:
    """A copy of an artifact with another manifest."""
    shutil.copytree(folder, to)
    manifest = Manifest.load(to).model_copy(update=changes)
    manifest.model_copy(update={"digest": digest_of(to, manifest)}).save(to)
    return to


@functools.cache
def without_phone(shapes: Path) -> tuple[Path, Evaluation]:
    """A run that leaves a source out, and its evaluation; the artifact's record says that it did."""
    run, training = shapes.parent / "without-phone", Manifest.load(exported(shapes)).training
    assert training is not None
    shutil.copytree(trained(shapes), run)
    Config.load(run).model_copy(update={"left_out": ("phone",)}).save(run)
    training = training.model_copy(update={"sources": {"camera": training.sources["camera"]}})
    folder = resealed(exported(shapes), run / "artifact", training=training, thresholds={"square": 0.3})
    return run, evaluate(run, folder, focus="square")


def test_sources_left_out_are_judged_apart_and_at_the_artifacts_threshold(shapes: Path) -> None:
    run, evaluation = without_phone(shapes)
    assert evaluation.left_out is not None
    names = [name for name in Cache.load(run / "cache").names if "/phone_" in name]
    assert len(evaluation.left_out.images) == len(names) > 30
    assert set(evaluation.by_source) == {"camera"}

    scores = np.array([asked(evaluation.artifact, confused(shapes) / name)[1] for name in names])
    square = np.array([name.startswith("square/") for name in names])
    row = evaluation.elsewhere["phone"]
    assert (row["photos"], row["of_class"], row["of_rest"]) == (len(names), square.sum(), (~square).sum())
    assert row["recall"] == pytest.approx((scores[square] >= 0.3).mean(), abs=1e-5)
    assert row["specificity"] == pytest.approx((scores[~square] < 0.3).mean(), abs=1e-5)
    assert row["balanced_accuracy"] == pytest.approx((row["recall"] + row["specificity"]) / 2, abs=1e-5)
    assert row["auc"] == pytest.approx(pairs_in_order(scores.tolist(), square.tolist()), abs=1e-5)
    error = round(evaluation.left_out.measures.calibration_error, 5)
    assert evaluation.elsewhere["average"] == row | {"calibration_error": error}

    saved = json.loads((run / "evaluation" / "measures.json").read_text())
    assert saved["elsewhere"] == evaluation.elsewhere
    assert saved["thresholds"] == {"square": 0.3}
    assert saved["left_out"]["by_source"]["phone"]["against_rest"] == row
    assert (saved["left_out"]["average"], saved["left_out"]["worst"]) == (row, "phone")
    assert saved["all"]["square_threshold"] == 0.3
    assert saved["by_source"]["camera"]["against_rest"]["recall"] == saved["all"]["square_recall"]
    assert opened_picture(run / "evaluation" / "left_out_mistakes.png").width > 300


def test_an_artifact_that_saw_what_is_left_out_is_refused(run: Path, folder: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(run, tmp_path / "copy"))
    Config.load(copy).model_copy(update={"left_out": ("phone", "elsewhere")}).save(copy)
    with pytest.raises(ValueError, match=r"^Expected an artifact that .* without the sources left out; it saw phone$"):
        evaluate(copy, folder)


@pytest.mark.parametrize(
    ("classes", "asked_for", "focus"),
    [(["a", "cat"], None, "cat"), (["a", "b"], None, "a"), (["a", "cat"], "a", "a")],
)
def test_cats_are_in_focus_if_nothing_else_is_said(classes: list[str], asked_for: str | None, focus: str) -> None:
    assert focus_of(classes, asked_for) == focus


def test_a_focus_that_is_no_class_is_refused(run: Path, folder: Path) -> None:
    with pytest.raises(ValueError, match=r"^Expected a focus among disc, square; received: 'cat'$"):
        evaluate(run, folder, focus="cat")


def test_an_artifact_of_other_classes_is_refused(run: Path, folder: Path, tmp_path: Path) -> None:
    other = resealed(folder, tmp_path / "other", labels=("square", "disc"))
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
