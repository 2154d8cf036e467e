"""Foreign graphs under a manifest with the right digest, and networks whose answers differ a little."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from model.artifact import Artifact
from model.errors import ArtifactDisagrees, ArtifactMalformed
from model.manifest import LAYERS, PREDICT, Manifest
from tests.model.artifacts import SMALLEST, constant_network, reseal, write_artifact

Tensors = dict[str, tf.Tensor]
PHOTOS = tf.TensorSpec([None, 8, 6, 3], tf.uint8, name="images")


def answer(images: tf.Tensor) -> Tensors:
    logits = tf.zeros([tf.shape(images)[0], 2])
    return {"logits": logits, "probabilities": tf.nn.softmax(logits)}


def of_any_rank(images: tf.Tensor) -> Tensors:
    return {name: tf.fill(tf.shape(images)[: tf.shape(images)[0]], 0.0) for name in answer(images)}


def write_graph(
    folder: Path, said: Manifest, endpoints: dict[str, Callable[[tf.Tensor], Tensors]], spec: object
) -> None:
    shutil.rmtree(folder)
    signatures = {name: tf.function(endpoint, input_signature=[spec]) for name, endpoint in endpoints.items()}
    tf.saved_model.save(tf.Module(), str(folder), signatures=signatures)
    reseal(folder, said)


@pytest.mark.parametrize(
    ("endpoints", "spec", "message"),
    [
        ({PREDICT: answer}, PHOTOS, "^Expected a signature 'layers'; received: serving_default$"),
        ({LAYERS: answer}, PHOTOS, "^Expected a signature 'serving_default'; received: layers$"),
        (
            {PREDICT: answer, LAYERS: answer},
            tf.TensorSpec([None, 8, 6, 3], tf.float32, name="images"),
            r"expected 'images' to be \('uint8', \(None, 8, 6, 3\)\); received: \('float32', \(None, 8, 6, 3\)\)$",
        ),
        (
            {PREDICT: answer, LAYERS: answer},
            tf.TensorSpec([1, 8, 6, 3], tf.uint8, name="images"),
            r"expected 'images' to be \('uint8', \(None, 8, 6, 3\)\); received: \('uint8', \(1, 8, 6, 3\)\)$",
        ),
        (
            {PREDICT: answer, LAYERS: answer},
            tf.TensorSpec([None, 8, 6, 3], tf.uint8, name="photos"),
            r"expected 'images' to be \('uint8', \(None, 8, 6, 3\)\); received: None$",
        ),
        (
            {PREDICT: of_any_rank, LAYERS: answer},
            PHOTOS,
            r"expected 'logits' to be \('float32', \(None, 2\)\); received: \('float32', None\)$",
        ),
        (
            {PREDICT: answer, LAYERS: answer},
            PHOTOS,
            r"^layers: expected 'average' to be \('float32', \(None, 3\)\); received: None$",
        ),
    ],
    ids=[
        "no layers",
        "no answer",
        "float photos",
        "one photo only",
        "photos of another name",
        "any rank",
        "other layers",
    ],
)
def test_a_foreign_graph_is_refused_by_its_first_difference(
    endpoints: dict[str, Callable[[tf.Tensor], Tensors]], spec: object, message: str, smallest: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(smallest, tmp_path / "foreign"))
    write_graph(folder, Manifest.load(folder), endpoints, spec)
    with pytest.raises(ArtifactMalformed, match=message):
        Artifact.load(folder)


@pytest.mark.parametrize("file", ["variables/variables.index", "variables/variables.data-00000-of-00001"])
def test_files_that_tensorflow_cannot_read_are_refused_with_what_it_says(
    file: str, smallest: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(smallest, tmp_path / "broken"))
    (folder / file).write_bytes(b"broken")
    reseal(folder, Manifest.load(folder))
    with pytest.raises(ArtifactMalformed, match=f"^{folder}: expected a SavedModel; TensorFlow says: ."):
        Artifact.load(folder)


def with_logits(folder: Path, logits: list[float], said: Manifest) -> Path:
    """A network that answers otherwise than its golden examples say: (0.5, -1), within 0.25."""
    golden = said.golden.model_copy(update={"tolerance": 0.25})
    write_artifact(folder, constant_network(logits, 8, 6), SMALLEST, {"golden": golden})
    return folder


@pytest.mark.parametrize("logits", [[0.75, -1], [0.25, -1.25]])
def test_weights_that_change_the_answers_by_the_tolerance_are_accepted(
    logits: list[float], smallest: Path, tmp_path: Path
) -> None:
    artifact = Artifact.load(with_logits(tmp_path, logits, Manifest.load(smallest)))
    assert artifact.predict(np.zeros((1, 8, 6, 3), np.uint8)).logits.tolist() == [logits]


@pytest.mark.parametrize("over", [float(np.nextafter(np.float32(0.75), np.float32(1))), np.nan, np.inf, -np.inf])
def test_weights_that_change_the_answers_by_more_are_refused(over: float, smallest: Path, tmp_path: Path) -> None:
    folder = with_logits(tmp_path, [over, -1], Manifest.load(smallest))
    with pytest.raises(ArtifactDisagrees) as refused:
        Artifact.load(folder)
    assert str(refused.value) == (
        f"golden example 'black': expected logits [0.5, -1.0] within 0.25; received: [{over}, -1.0]"
    )


def test_the_example_that_differs_most_is_named(smallest: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(smallest, tmp_path / "copy"))
    said = Manifest.load(folder)
    examples = [
        example.model_copy(
            update={"logits": {"slope": (0.0, -1.0), "rings": (0.5, 1.0)}.get(example.image, (0.5, -1.0))}
        )
        for example in said.golden.examples
    ]
    reseal(folder, said.model_copy(update={"golden": said.golden.model_copy(update={"examples": tuple(examples)})}))
    with pytest.raises(ArtifactDisagrees, match=r"^golden example 'rings': expected logits \[0.5, 1.0\] within 0.01;"):
        Artifact.load(folder)
