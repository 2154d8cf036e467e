import re
from dataclasses import replace
from pathlib import Path

import pytest

from model.manifest import Manifest
from model.versions import newest_version
from tests.training.evaluation.test_report import ROW, Recorded
from tests.training.tiny_run import evaluated, exported, trained
from training.evaluation.evaluation import Evaluation
from training.evaluation.model_card import history, model_card


@pytest.fixture
def evaluation(shapes: Path) -> Evaluation:
    return evaluated(shapes)


@pytest.fixture
def card(evaluation: Evaluation) -> str:
    return model_card(evaluation)


def flat(text: str) -> str:
    """The text without its line breaks."""
    return " ".join(text.split())


def rows_of(card: str, name: str) -> list[list[str]]:
    lines = [line for line in card.splitlines() if line.startswith(f"| {name} |")]
    return [[cell.strip() for cell in line.strip("|").split("|")][1:] for line in lines]


def test_every_figure_is_that_of_the_evaluation(card: str, evaluation: Evaluation) -> None:
    measures, manifest = evaluation.measures, evaluation.artifact.manifest
    assert rows_of(card, "accuracy, 2 classes") == [[f"{measures.accuracy:.4f}"]]
    assert rows_of(card, "expected calibration error (15 bins)") == [[f"{measures.calibration_error:.4f}"]]
    for label, name in enumerate(measures.classes):
        against, counts = rows_of(card, name)
        threshold = evaluation.thresholds[name]
        of = (measures.recall_of, measures.specificity_of, measures.balanced_accuracy_of)
        shares = (*(share(label, threshold) for share in of), measures.auc_of(label), measures.accuracy_of(label))
        assert against == [
            str((measures.labels == label).sum()),
            f"{threshold:.4f}",
            *(f"{share:.4f}" for share in shares),
        ]
        assert counts == [str(count) for count in measures.confusion[label]]
    for source, part in evaluation.by_source.items():
        ((photos, *_, balanced, _),) = rows_of(card, source)
        assert (photos, balanced) == (
            str(len(part.labels)),
            f"{part.balanced_accuracy_of(0, evaluation.threshold):.3f}",
        )
    assert f"{manifest.parameters:,} parameters, {manifest.multiply_adds:,} multiply-adds" in flat(card)
    assert f"with the temperature {manifest.layers[-1].temperature}." in flat(card)
    assert f"from a probability of {evaluation.threshold:.4f} on, chosen on the validation photos." in flat(card)


def test_the_card_says_which_artifact_it_is_about_and_where_it_comes_from(card: str, evaluation: Evaluation) -> None:
    manifest = evaluation.artifact.manifest
    assert card.startswith("# Model card: shapes, version 1\n")
    assert f"`{manifest.digest}`" in card
    assert "24 x 20 pixels" in flat(card)
    assert manifest.training is not None
    history = f"Trained from random weights: 2 epochs of 128 random crops; exported on {manifest.training.date}."
    assert history in flat(card)
    photos, sources = manifest.training.photos, manifest.training.sources
    assert f"Photos by class: disc {photos['disc']}, square {photos['square']}." in card
    assert f"Photos by source: camera {sources['camera']}, phone {sources['phone']}." in card


def test_a_chosen_threshold_is_told_with_how_it_was_chosen(evaluation: Evaluation) -> None:
    card = model_card(recorded(evaluation, thresholds={"disc": 0.4321}))
    assert "It says `disc` from a probability of 0.4321 on, chosen on the validation photos." in flat(card)
    card_without = model_card(recorded(evaluation, thresholds={}))
    assert "It says `disc` from a probability of 0.5000 on, no other was chosen." in flat(card_without)
    card_of_like = model_card(recorded(evaluation, elsewhere={"zoo": ROW}))
    assert "on, chosen on the photos of sources that a like network never saw." in flat(card_of_like)
    assert rows_of(card, "disc")[0][:3] == [
        str((evaluation.measures.labels == 0).sum()), "0.4321", f"{evaluation.measures.recall_of(0, 0.4321):.4f}"
    ]  # fmt: skip


def recorded(evaluation: Evaluation, **changes: object) -> Evaluation:
    return replace(evaluation, artifact=Recorded(evaluation.artifact.manifest.model_copy(update=changes)))


def test_figures_from_elsewhere_come_with_where_they_are_from(card: str, evaluation: Evaluation) -> None:
    assert "elsewhere\n" not in card
    assert "does worse." in flat(card)
    told = model_card(
        recorded(
            evaluation,
            elsewhere={
                "zoo": ROW, "average": ROW | {"recall": 0.125, "cross_fitted": 0.375, "calibration_error": 0.0625},
            },
        )
    )  # fmt: skip
    assert rows_of(told, "zoo") == [["5", "2", "3", "0.250", "0.750", "0.500", "0.625"]]
    assert rows_of(told, "average")[-1][3] == "0.125"
    assert "measured with a network of the same recipe that was trained without all of them" in flat(told)
    assert "Every source counts alike in the average. The worst is zoo. Were each" in flat(told)
    assert "the balanced accuracy would be 0.375 on average." in flat(told)
    assert "The expected calibration error over all of these photos is 0.0625." in flat(told)
    assert "does worse: the section before this one says by how much." in flat(told)
    own = model_card(replace(evaluation, left_out=evaluation))
    assert "that took no part in training (`make evaluate`):" in flat(own)
    assert len(rows_of(own, "camera")) == 2


def test_more_sections_stand_before_the_last_one_as_they_are(evaluation: Evaluation) -> None:
    section = "## Beside others\n\n" + "word " * 50
    card = model_card(evaluation, ["## First\n\nOne.\n", section])
    headings = [line for line in card.splitlines() if line.startswith("## ")]
    own = ["## Limits", "## How far its explanations can be trusted"]
    assert headings[-5:] == [*own, "## First", "## Beside others", "## Where it comes from"]
    assert f"One.\n\n{section.strip()}\n\n## Where" in card


def test_no_line_of_text_is_too_long(card: str) -> None:
    assert max(len(line) for line in card.splitlines() if not line.startswith("|")) <= 120


def test_a_network_that_started_from_anothers_weights_has_the_history_of_both() -> None:
    first = {"epoch_photos": 25_600, "epochs": 24}
    second = {"epoch_photos": 1_000, "epochs": 5, "start": first}
    assert history({"epoch_photos": 128, "start": second}, 3) == (
        "from random weights: 24 epochs of 25,600 random crops, then 5 epochs of 1,000 random crops, "
        "then 3 epochs of 128 random crops"
    )


def test_the_card_in_the_repository_is_about_the_artifact_in_the_repository() -> None:
    model = Path(__file__).resolve().parents[3] / "model"
    card, manifest = (model / "MODEL_CARD.md").read_text(), Manifest.load(newest_version(model / "saved" / "cat"))
    assert manifest.training is not None
    assert card.startswith(f"# Model card: {manifest.name}, version {manifest.version}\n")
    assert f"`{manifest.digest}`" in card
    assert f"Trained {history(manifest.training.config, manifest.training.epochs)}; exported on" in flat(card)
    assert f"the temperature {manifest.layers[-1].temperature}." in flat(card)


def test_the_figures_stand_under_the_command_that_makes_them(card: str, evaluation: Evaluation) -> None:
    photos = len(evaluation.measures.labels)
    command = f"On {photos} photos of the same sources that took no part in training or in any choice (`make evalu"
    assert command in flat(card)
    assert flat(card).index(command) < flat(card).index("| accuracy,")


def test_the_card_names_no_folder_and_leaves_nothing_to_fill_in(card: str, shapes: Path) -> None:
    for folder in (shapes, trained(shapes), exported(shapes), Path.home()):
        assert str(folder) not in card
    assert not re.search(r"(^|[\s(`])[/~.][\w/]", card)
    assert not re.search(r"[{}]|\bnan\b|\bNone\b", card)
