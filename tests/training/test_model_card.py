import re
from pathlib import Path

import pytest

from model.manifest import Manifest
from model.versions import newest_version
from tests.training.tiny_run import evaluated, exported, trained
from training.evaluate import Evaluation
from training.measures import Measures
from training.model_card import confusion_table, history, listed, model_card, source_table


@pytest.fixture
def evaluation(shapes: Path) -> Evaluation:
    return evaluated(shapes)


@pytest.fixture
def card(evaluation: Evaluation) -> str:
    return model_card(evaluation)


def row_of(card: str, name: str) -> list[str]:
    (line,) = (line for line in card.splitlines() if line.startswith(f"| {name} |"))
    return [cell.strip() for cell in line.strip("|").split("|")][1:]


def test_every_figure_is_that_of_the_evaluation(card: str, evaluation: Evaluation) -> None:
    measures, manifest = evaluation.measures, evaluation.artifact.manifest
    assert row_of(card, "accuracy, 2 classes") == [f"{measures.accuracy:.4f}"]
    assert row_of(card, "expected calibration error (15 bins)") == [f"{measures.calibration_error:.4f}"]
    for label, name in enumerate(measures.classes):
        assert row_of(card, f"accuracy, {name} against the rest") == [f"{measures.accuracy_of(label):.4f}"]
        assert row_of(card, f"ROC AUC, {name} against the rest") == [f"{measures.auc_of(label):.4f}"]
        assert row_of(card, name) == [str(count) for count in measures.confusion[label]]
    for source, part in evaluation.by_source.items():
        assert row_of(card, source) == [str(len(part.labels)), f"{part.accuracy:.3f}"]
    assert f"{manifest.parameters:,} parameters, {manifest.multiply_adds:,} multiply-adds" in card
    assert f"with the temperature {manifest.layers[-1].temperature}." in card


def test_the_card_says_which_artifact_it_is_about_and_where_it_comes_from(card: str, evaluation: Evaluation) -> None:
    manifest = evaluation.artifact.manifest
    assert card.startswith("# Model card: shapes, version 1\n")
    assert f"`{manifest.digest}`" in card
    assert "24 x 20 pixels" in card
    assert manifest.training is not None
    assert f"Trained from random weights: 2 epochs of 128 random crops; finished on {manifest.training.date}." in card
    photos = manifest.training.photos
    assert f"Photos by class: disc {photos['disc']}, square {photos['square']}." in card


def test_a_network_that_started_from_anothers_weights_has_the_history_of_both() -> None:
    first = {"epoch_photos": 25_600, "epochs": 24}
    second = {"epoch_photos": 1_000, "epochs": 5, "start": first}
    assert history({"epoch_photos": 128, "start": second}, 3) == (
        "from random weights: 24 epochs of 25,600 random crops, then 5 epochs of 1,000 random crops, "
        "then 3 epochs of 128 random crops"
    )


def test_the_card_in_the_repository_is_about_the_artifact_in_the_repository() -> None:
    model = Path(__file__).resolve().parents[2] / "model"
    card, manifest = (model / "MODEL_CARD.md").read_text(), Manifest.load(newest_version(model / "saved" / "cat"))
    assert manifest.training is not None
    assert card.startswith(f"# Model card: {manifest.name}, version {manifest.version}\n")
    assert f"`{manifest.digest}`" in card
    assert f"Trained {history(manifest.training.config, manifest.training.epochs)}; finished on" in card
    assert f"the temperature {manifest.layers[-1].temperature}." in card


def test_the_figures_stand_under_the_command_that_makes_them(card: str, evaluation: Evaluation) -> None:
    photos = len(evaluation.measures.labels)
    command = (
        f"On {photos} photos of the same sources that took no part in training or in any choice (`make evaluate`):"
    )
    assert command in card
    assert card.index(command) < card.index("| accuracy,")


def test_the_card_names_no_folder_and_leaves_nothing_to_fill_in(card: str, shapes: Path) -> None:
    for folder in (shapes, trained(shapes), exported(shapes), Path.home()):
        assert str(folder) not in card
    assert not re.search(r"(^|[\s(`])[/~.][\w/]", card)
    assert not re.search(r"[{}]|\bnan\b|\bNone\b", card)


def test_numbers_are_grouped_and_unknown_sources_said_so(evaluation: Evaluation) -> None:
    assert listed({"camera": 12345, "": 7}) == "camera 12,345, unknown 7"
    assert "| unknown |" in source_table({"": evaluation.measures})


def test_the_confusion_table_has_true_classes_down_and_answers_across(evaluation: Evaluation) -> None:
    measures = evaluation.measures
    swapped = Measures(measures.classes, measures.probabilities[:, ::-1], measures.labels)
    head, line, disc, square = confusion_table(swapped).splitlines()
    assert head == "| | disc | square |"
    assert line == "| --- | --: | --: |"
    right, wrong = measures.confusion[0]
    assert disc == f"| disc | {wrong} | {right} |"
    wrong, right = measures.confusion[1]
    assert square == f"| square | {right} | {wrong} |"
