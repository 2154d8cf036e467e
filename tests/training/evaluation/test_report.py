import re
from dataclasses import replace
from html import escape
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from model.artifact import Artifact
from model.manifest import Manifest
from tests.conftest import encoded, photo_of
from tests.training.evaluation.test_page import Elements
from tests.training.tiny_run import evaluated
from training.evaluation.evaluation import Evaluation
from training.evaluation.measures import Measures
from training.evaluation.page import Picture
from training.evaluation.report import report

BAD = '<b>bold</b> & "quoted" {braces}'
ROW = {
    "photos": 5.0, "of_class": 2.0, "of_rest": 3.0, "recall": 0.25, "specificity": 0.75, "balanced_accuracy": 0.5,
    "auc": 0.625,
}  # fmt: skip


class Recorded(Artifact):
    """An artifact that only has a manifest: a report asks it nothing."""

    def __init__(self, manifest: Manifest) -> None:
        self.manifest = manifest


def renamed(evaluation: Evaluation, **changes: object) -> Evaluation:
    """The evaluation of an artifact with a class and a source of an odd name, and with other changes."""
    labels = (BAD, *evaluation.measures.classes[1:])
    manifest = evaluation.artifact.manifest.model_copy(update={"labels": labels, **changes})
    measures = Measures(labels, evaluation.measures.probabilities, evaluation.measures.labels)
    sources: NDArray[np.str_] = np.where(evaluation.sources == "phone", BAD, evaluation.sources)
    return replace(evaluation, artifact=Recorded(manifest), measures=measures, sources=sources, focus=BAD)


@pytest.fixture
def evaluation(shapes: Path) -> Evaluation:
    return evaluated(shapes)


@pytest.fixture
def picture(tmp_path: Path) -> Picture:
    (tmp_path / "cat.png").write_bytes(encoded(photo_of("chelsea").resize((40, 30)), "PNG"))
    return Picture("A cat", tmp_path / "cat.png", "a cat", "Look at its ears.")


def rows_of(text: str, first: str) -> list[list[str]]:
    """The cells of each row that begins with this one."""
    rows = re.findall(r"<tr>(.*?)</tr>", text)
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in rows]
    return [rest for name, *rest in cells if name == first]


def test_the_figures_are_those_of_the_evaluation(evaluation: Evaluation) -> None:
    text, measures, manifest = report(evaluation, []), evaluation.measures, evaluation.artifact.manifest
    assert rows_of(text, "digest") == [[manifest.digest]]
    assert rows_of(text, "parameters") == [[f"{manifest.parameters:,}"]]
    threshold = evaluation.threshold
    assert rows_of(text, "threshold of disc") == [[f"{threshold:.4f}, chosen on the validation photos"]]
    assert rows_of(text, "accuracy, 2 classes") == [[f"{measures.accuracy:.4f}"]]
    assert rows_of(text, "disc")[0][2] == f"{measures.recall_of(0, threshold):.4f}"
    assert rows_of(text, "disc")[1] == [str(count) for count in measures.confusion[0]]
    assert rows_of(text, "camera")[0][6] == f"{evaluation.rows['camera']['auc']:.3f}"
    assert rows_of(text, "epoch_photos") == [["128"]]
    assert "left out" not in text.replace("left_out", "").lower()


def test_sources_left_out_and_those_of_the_manifest_have_tables(evaluation: Evaluation) -> None:
    assert not rows_of(report(evaluation, []), "zoo")
    one = evaluation.left_out or replace(evaluation, sources=np.full(len(evaluation.sources), "zoo"))
    text = report(replace(evaluation, left_out=one), [])
    assert "Sources left out: disc against the rest" in text
    assert rows_of(text, "accuracy, 2 classes") == [[f"{evaluation.measures.accuracy:.4f}"] * 2]
    assert len(rows_of(text, "zoo")) == 1
    text = report(renamed(evaluation, elsewhere={"zoo": ROW, "average": ROW}), [])
    assert "Sources that a like network never saw" in text
    assert rows_of(text, "zoo") == [["5", "2", "3", "0.250", "0.750", "0.500", "0.625"]]
    assert "The worst is zoo." in text


def test_pictures_come_inside_with_their_words(evaluation: Evaluation, picture: Picture) -> None:
    shown = Elements(report(evaluation, [picture, picture]))
    assert [image["alt"] for image in shown.all("img")] == ["a cat"] * 2
    assert all((image["src"] or "").startswith("data:image/png;base64,") for image in shown.all("img"))
    assert shown.words.count("Look at its ears.") == 2


def test_the_saved_report_is_whole_and_refers_to_nothing(shapes: Path, evaluation: Evaluation) -> None:
    text = (shapes.parent / "tiny-run" / "evaluation" / "report.html").read_text("utf-8")
    shown = Elements(text)
    assert shown.open == []
    assert len(shown.all("img")) == 7
    assert all(image["alt"] and (image["src"] or "").startswith("data:image/png") for image in shown.all("img"))
    assert "http:" not in text
    assert "https:" not in text
    assert evaluation.artifact.manifest.digest in shown.words
    for place in (shapes.parent, Path.home(), Path(__file__).parents[3]):
        assert f"{place}/" not in text


def test_odd_names_are_shown_as_they_are(evaluation: Evaluation, picture: Picture) -> None:
    text = report(renamed(evaluation, elsewhere={BAD: ROW}, thresholds={BAD: 0.25}), [picture])
    shown = Elements(text)
    assert not shown.all("b")
    assert BAD in shown.words
    ((threshold,),) = rows_of(text, f"threshold of {escape(BAD)}")
    assert threshold == "0.2500, chosen on the photos of sources that a like network never saw"
