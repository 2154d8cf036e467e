"""Graphs that would do more than compute are refused before anything of them is loaded."""

from collections.abc import Callable
from pathlib import Path

import pytest
import tensorflow as tf
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

from model.artifact import Artifact
from model.errors import ArtifactMalformed, ArtifactUnsafe
from model.layers import Table
from model.manifest import LAYERS, PREDICT
from model.operations import check_operations
from tests.model.artifacts import (
    MAPS,
    SIZE,
    SMALLEST,
    VECTORS,
    constant_network,
    random_network,
    reseal,
    write_artifact,
)

Tensors = dict[str, tf.Tensor]
PHOTOS = tf.TensorSpec([None, 8, 6, 3], tf.uint8, name="images")


def answer(images: tf.Tensor) -> Tensors:
    logits = tf.zeros([tf.shape(images)[0], 2])
    return {"logits": logits, "probabilities": tf.nn.softmax(logits)}


def after(*operations: tf.Operation | tf.Tensor) -> Tensors:
    with tf.control_dependencies(operations):
        return {"logits": tf.zeros([1, 2]), "probabilities": tf.ones([1, 2]) / 2}


def reads_a_file(_: tf.Tensor) -> Tensors:
    return after(tf.io.read_file("/etc/hostname"))


def writes_a_file(_: tf.Tensor) -> Tensors:
    return after(tf.io.write_file("/tmp/owned", "by a model"))


def lists_files(_: tf.Tensor) -> Tensors:
    return after(tf.io.matching_files("/*"))


def restores_a_file(_: tf.Tensor) -> Tensors:
    return after(tf.raw_ops.RestoreV2(prefix="/x", tensor_names=["a"], shape_and_slices=[""], dtypes=[tf.float32])[0])


def runs_python(_: tf.Tensor) -> Tensors:
    return after(tf.py_function(lambda: 0.0, [], tf.float32))


def prints(images: tf.Tensor) -> Tensors:
    return after(tf.print(images))


def hides_it_in_a_branch(images: tf.Tensor) -> Tensors:
    read = tf.cond(tf.shape(images)[0] > 7, lambda: tf.io.read_file("/etc/hostname"), lambda: tf.constant(""))
    return after(read)


def hides_it_in_a_function(_: tf.Tensor) -> Tensors:
    return after(tf.function(lambda: tf.io.read_file("/etc/hostname"))())


def write_graph(folder: Path, endpoint: Callable[[tf.Tensor], Tensors]) -> None:
    signatures = {name: tf.function(endpoint, input_signature=[PHOTOS]) for name in (PREDICT, LAYERS)}
    tf.saved_model.save(tf.Module(), str(folder), signatures=signatures)


@pytest.mark.parametrize(
    ("endpoint", "operation"),
    [
        (reads_a_file, "ReadFile"),
        (writes_a_file, "WriteFile"),
        (lists_files, "MatchingFiles"),
        (restores_a_file, "RestoreV2"),
        (runs_python, "EagerPyFunc"),
        (prints, "PrintV2"),
        (hides_it_in_a_branch, "ReadFile"),
        (hides_it_in_a_function, "ReadFile"),
    ],
)
def test_a_graph_that_does_more_than_compute_is_refused(
    endpoint: Callable[[tf.Tensor], Tensors], operation: str, tmp_path: Path
) -> None:
    write_graph(tmp_path, endpoint)
    with pytest.raises(ArtifactUnsafe, match=rf"expected operations that compute.*received: .*\b{operation}\b"):
        check_operations(tmp_path)


def test_a_graph_that_computes_is_not_refused(tmp_path: Path) -> None:
    write_graph(tmp_path, answer)
    check_operations(tmp_path)


@pytest.mark.parametrize("table", [MAPS, VECTORS, SMALLEST])
def test_all_that_export_writes_is_let_be(table: Table, tmp_path: Path) -> None:
    write_artifact(tmp_path, random_network(table, 3, *SIZE), table)
    check_operations(tmp_path)


def test_an_artifact_with_a_good_manifest_is_refused_before_its_graph_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = write_artifact(tmp_path, constant_network([0.0, 1.0], 8, 6), SMALLEST)
    write_graph(tmp_path, writes_a_file)
    reseal(tmp_path, said)
    loaded = list[str]()
    monkeypatch.setattr(tf.saved_model, "load", loaded.append)
    with pytest.raises(ArtifactUnsafe):
        Artifact.load(tmp_path)
    assert not loaded


def test_what_is_no_saved_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "saved_model.pb").write_bytes(b"\xff" * 40)
    with pytest.raises(ArtifactMalformed, match="expected a SavedModel"):
        check_operations(tmp_path)


def test_a_graph_without_objects_is_refused(tmp_path: Path) -> None:
    write_graph(tmp_path, answer)
    file, saved = tmp_path / "saved_model.pb", SavedModel()
    saved.ParseFromString(file.read_bytes())
    saved.meta_graphs[0].ClearField("object_graph_def")
    file.write_bytes(saved.SerializeToString())
    with pytest.raises(ArtifactMalformed, match="one graph with objects"):
        check_operations(tmp_path)
