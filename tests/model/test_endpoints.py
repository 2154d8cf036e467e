"""The SavedModel as any other TensorFlow program meets it."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import meta_graph_pb2, saved_model_pb2

from model.artifact import Artifact
from model.endpoints import write_endpoints
from model.manifest import LAYERS, PREDICT
from tests.model.artifacts import MAPS, SIZE, noise, random_network

ROOT = Path(__file__).resolve().parents[2]
STRANGER = """\
import sys

import numpy as np
import tensorflow as tf

folder, images, answers = sys.argv[1:]
serving_default = tf.saved_model.load(folder).signatures["serving_default"]
found = {}
for number, batch in np.load(images).items():
    answer = serving_default(images=tf.constant(batch))
    found |= {f"{number} {name}": tensor.numpy() for name, tensor in answer.items()}
assert not {"model", "app", "training"} & set(sys.modules)
np.savez(answers, **found)
"""


def test_a_program_without_our_code_gets_the_same_answers_for_1_2_and_7_photos(
    shipped: Artifact, shipped_folder: Path, tmp_path: Path
) -> None:
    photos = noise(7, shipped.manifest.height, shipped.manifest.width)
    np.savez(tmp_path / "images.npz", allow_pickle=False, **{str(n): photos[:n] for n in (1, 2, 7)})
    alone = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command: list[str | Path] = [sys.executable, "-c", STRANGER]
    command += [shipped_folder, tmp_path / "images.npz", tmp_path / "answers.npz"]
    subprocess.run(command, cwd=tmp_path, env=alone, check=True)
    answers, expected = np.load(tmp_path / "answers.npz"), shipped.predict(photos)
    assert len(answers.files) == 6
    for n in (1, 2, 7):
        probabilities, logits = answers[f"{n} probabilities"], answers[f"{n} logits"]
        assert probabilities.shape == logits.shape == (n, len(shipped.manifest.labels))
        assert probabilities.dtype == logits.dtype == np.float32
        np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)
        # Batches of another size may sum in another order.
        np.testing.assert_allclose(logits, expected.logits[:n], rtol=1e-5, atol=1e-4)
        np.testing.assert_allclose(probabilities, expected.probabilities[:n], rtol=1e-3, atol=1e-5)


def graph(folder: Path) -> meta_graph_pb2.MetaGraphDef:
    saved = saved_model_pb2.SavedModel.FromString((folder / "saved_model.pb").read_bytes())
    (only,) = saved.meta_graphs
    return only


def described(tensors: Mapping[str, meta_graph_pb2.TensorInfo]) -> dict[str, tuple[tf.DType, list[int]]]:
    return {
        name: (tf.as_dtype(tensor.dtype), [side.size for side in tensor.tensor_shape.dim])
        for name, tensor in tensors.items()
    }


@pytest.mark.parametrize("name", [PREDICT, LAYERS])
def test_the_graph_declares_what_it_takes_and_gives(name: str, shipped: Artifact, shipped_folder: Path) -> None:
    """What `saved_model_cli show` prints and TensorFlow Serving reads."""
    manifest, signature = shipped.manifest, graph(shipped_folder).signature_def[name]
    labels = [-1, len(manifest.labels)]
    outputs = {
        PREDICT: {"probabilities": labels, "logits": labels},
        LAYERS: {layer.name: [-1, *layer.shape] for layer in manifest.layers},
    }[name]
    assert described(signature.inputs) == {"images": (tf.uint8, [-1, manifest.height, manifest.width, 3])}
    assert described(signature.outputs) == {output: (tf.float32, shape) for output, shape in outputs.items()}
    assert signature.method_name == "tensorflow/serving/predict"


def test_it_is_found_by_the_tag_that_servers_look_for(shipped_folder: Path) -> None:
    assert list(graph(shipped_folder).meta_info_def.tags) == ["serve"]


def test_every_weight_is_written_once(shipped: Artifact, shipped_folder: Path) -> None:
    size = (shipped_folder / "variables" / "variables.data-00000-of-00001").stat().st_size
    assert 4 * shipped.manifest.parameters <= size < 4.1 * shipped.manifest.parameters + 100_000


def test_nothing_in_the_artifact_names_a_folder_of_the_machine_that_made_it(shipped_folder: Path) -> None:
    for file in (path for path in shipped_folder.rglob("*") if path.is_file()):
        content = file.read_bytes()
        for place in (str(ROOT), str(Path.home()), "/tmp/", "site-packages"):
            assert place.encode() not in content, (file.name, place)


def test_both_endpoints_compute_what_the_network_computes(tmp_path: Path) -> None:
    network = random_network(MAPS, 4, *SIZE)
    write_endpoints(network, MAPS, *SIZE, tmp_path)
    loaded, photos = tf.saved_model.load(str(tmp_path)), noise(3, *SIZE)
    expected = network(photos, training=False)
    outputs = loaded.signatures[LAYERS](images=tf.constant(photos))
    answer = loaded.signatures[PREDICT](images=tf.constant(photos))
    assert set(outputs) == {layer.name for layer in MAPS}
    assert set(answer) == {"logits", "probabilities"}
    for name, value in {**outputs, **answer}.items():
        np.testing.assert_allclose(value, expected[name], rtol=1e-5, atol=1e-5, err_msg=name)
