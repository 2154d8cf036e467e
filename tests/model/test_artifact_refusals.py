"""What an artifact is refused for: changed files, a graph that is not the manifest's, other answers."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from model.artifact import Artifact
from model.errors import ArtifactChanged, ArtifactMalformed, ArtifactMissing
from model.manifest import MANIFEST_FILE, Golden, LayerRecord, Manifest
from tests.model.artifacts import reseal


@pytest.fixture
def copy(smallest: Path, tmp_path: Path) -> Path:
    """An artifact of one's own, to be changed."""
    return Path(shutil.copytree(smallest, tmp_path / "copy"))


def test_an_artifact_as_git_keeps_it_is_loaded(copy: Path) -> None:
    (copy / "assets").rmdir()  # empty, and git keeps no empty folder
    answer = Artifact.load(copy).predict(np.zeros((1, 8, 6, 3), np.uint8))
    assert answer.logits.tolist() == [[0.5, -1]]


@pytest.mark.parametrize(
    "file", ["variables/variables.data-00000-of-00001", "variables/variables.index", "saved_model.pb", "fingerprint.pb"]
)
def test_one_changed_bit_of_a_file_is_noticed(file: str, copy: Path) -> None:
    content = bytearray((copy / file).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / file).write_bytes(content)
    with pytest.raises(ArtifactChanged) as refused:
        Artifact.load(copy)
    expected = Manifest.load(copy)
    assert str(refused.value).startswith(f"{copy}: expected files with digest {expected.digest}; received: ")


@pytest.mark.parametrize(
    ("word", "other"), [('"label 0"', '"label 9"'), ('"logits"', '"logit"'), ('"small"', '"large"')]
)
def test_one_changed_word_of_the_manifest_is_noticed(word: str, other: str, copy: Path) -> None:
    text = (copy / MANIFEST_FILE).read_text()
    (copy / MANIFEST_FILE).write_text(text.replace(word, other, 1))
    with pytest.raises((ArtifactChanged, ArtifactMalformed)):
        Artifact.load(copy)


def test_a_file_more_or_less_is_noticed(copy: Path) -> None:
    (copy / "assets" / "words.txt").touch()
    with pytest.raises(ArtifactChanged):
        Artifact.load(copy)
    (copy / "assets" / "words.txt").unlink()
    Artifact.load(copy)
    (copy / "fingerprint.pb").unlink()
    with pytest.raises(ArtifactChanged):
        Artifact.load(copy)


def test_a_missing_artifact_is_refused(copy: Path, tmp_path: Path) -> None:
    for folder in (tmp_path / "nowhere", copy / "variables"):
        with pytest.raises(ArtifactMissing, match="Expected an exported network"):
            Artifact.load(folder)


def changed(layers: tuple[LayerRecord, ...], number: int, **change: object) -> dict[str, object]:
    return {"layers": (*layers[:number], layers[number].model_copy(update=change), *layers[number + 1 :])}


CLAIMS: dict[str, tuple[Callable[[Manifest], dict[str, object]], str]] = {
    "another input size": (
        lambda _: {"width": 7},
        r"serving_default: expected 'images' to be \('uint8', \(None, 8, 7, 3\)\); "
        r"received: \('uint8', \(None, 8, 6, 3\)\)",
    ),
    "one label more": (
        lambda _: {
            "labels": ("a", "b", "c"),
            "golden": Golden.model_validate(
                {"tolerance": 1, "examples": [{"image": "red", "logits": [0, 0, 0], "probabilities": [0, 0, 0]}]}
            ),
        },
        r"serving_default: expected 'logits' to be \('float32', \(None, 3\)\); received: \('float32', \(None, 2\)\)",
    ),
    "a layer of another shape": (
        lambda said: changed(said.layers, 0, shape=(4,)),
        r"layers: expected 'average' to be \('float32', \(None, 4\)\); received: \('float32', \(None, 3\)\)",
    ),
    "a layer of another name": (
        lambda said: changed(said.layers, 0, name="mean"),
        r"layers: expected 'average' to be None; received: \('float32', \(None, 3\)\)",
    ),
    "a layer that the graph has not": (
        lambda said: {"layers": (said.layers[0], said.layers[0].model_copy(update={"name": "z"}), *said.layers[1:])},
        r"layers: expected 'z' to be \('float32', \(None, 3\)\); received: None",
    ),
    "weights of another shape": (
        lambda said: changed(said.layers, 1, weights={"kernel": (2, 3), "bias": (2,)}),
        r"logits: expected weights {'kernel': \(2, 3\), 'bias': \(2,\)}; "
        r"received: {'kernel': \(3, 2\), 'bias': \(2,\)}",
    ),
    "an image that nobody draws": (
        lambda said: {
            "golden": said.golden.model_copy(
                update={"examples": (said.golden.examples[0].model_copy(update={"image": "tiger"}),)}
            )
        },
        "Expected golden examples among black, red.*; received: tiger",
    ),
}  # fmt: skip


@pytest.mark.parametrize("claim", CLAIMS)
def test_a_manifest_that_claims_something_else_than_the_graph_is_refused(claim: str, copy: Path) -> None:
    said = Manifest.load(copy)
    change, message = CLAIMS[claim]
    reseal(copy, said.model_copy(update=change(said)))
    with pytest.raises(ArtifactMalformed, match=message):
        Artifact.load(copy)
