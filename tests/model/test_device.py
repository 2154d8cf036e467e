"""Devices belong to the whole process: each question is asked in one of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
ASK = """\
import json

import tensorflow as tf

from model.device import DeviceMissing, choose_device

said = {}
for wanted in ("gpu", "auto", "cpu"):
    try:
        said[wanted] = choose_device(wanted, lanes=3)
    except DeviceMissing as error:
        said[wanted] = f"missing: {error}"
said["visible"] = [device.device_type for device in tf.config.get_visible_devices()]
threads = tf.config.threading
said["threads"] = [threads.get_intra_op_parallelism_threads(), threads.get_inter_op_parallelism_threads()]
said["ran on"] = tf.add(1, 1).device.rpartition("/")[2]
said["once it runs"] = choose_device("cpu", lanes=5)
print(json.dumps(said))
"""


WAKE = """\
import json
from pathlib import Path

import numpy as np

from app.registry.registry import first_to_serve
from app.settings import Settings
from model.artifact import Artifact
from model.device import by_one_thread, choose_device

CALLS = 20


def rests():
    statuses = [task.read_text() for task in Path("/proc/self/task").glob("*/status")]
    of_tensorflow = [status for status in statuses if "tf_Compute" in status]
    return sum(int(status.split("\\nvoluntary_ctxt_switches:")[1].split()[0]) for status in of_tensorflow)


choose_device("cpu", lanes=3)
said = {}
artifact = Artifact.load(first_to_serve(Settings()).folder)
images = np.random.default_rng(0).integers(0, 256, (1, 128, 128, 3), np.uint8)
for device in ("cpu", "gpu of some kind"):
    with by_one_thread(device):
        artifact.predict(images)
        before = rests()
        for _ in range(CALLS):
            answer = artifact.predict(images)
    said[device] = [(rests() - before) / CALLS, answer.logits.tolist()]
print(json.dumps(said))
"""


@pytest.fixture(scope="module")
def said() -> dict[str, object]:
    """What a process that sees no GPU, whatever the machine has, says to each wish."""
    return answers_of(ASK)


def answers_of(program: str) -> dict[str, Any]:
    blind = {**os.environ, "CUDA_VISIBLE_DEVICES": "-1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", program], env=blind, capture_output=True, text=True, check=True)
    answers: dict[str, Any] = json.loads(done.stdout)
    return answers


def test_a_gpu_that_is_asked_for_and_absent_is_refused_with_what_was_expected_and_found(
    said: dict[str, object],
) -> None:
    message = str(said["gpu"])
    assert message.startswith("missing: Expected a GPU that TensorFlow can use; found none. This TensorFlow is")
    assert message.endswith("`nvidia-smi` shows whether the driver sees one")


def test_without_a_gpu_auto_is_the_cpu(said: dict[str, object]) -> None:
    assert said["auto"] == "cpu"


def test_the_cpu_runs_what_is_to_run_on_the_cpu(said: dict[str, object]) -> None:
    assert (said["cpu"], said["visible"], said["ran on"]) == ("cpu", ["CPU"], "device:CPU:0")


def test_each_lane_computes_on_a_core_of_its_own(said: dict[str, object]) -> None:
    assert said["threads"] == [1, 3]


def test_once_tensorflow_runs_its_threads_stay_as_they_are(said: dict[str, object]) -> None:
    assert said["once it runs"] == "cpu"


def test_one_thread_computes_a_photo_from_start_to_end() -> None:
    said = answers_of(WAKE)
    (rests, logits), (_, logits_usually) = said["cpu"], said["gpu of some kind"]
    assert rests < 1.2  # of TensorFlow's threads, for a photo: the one that computes it waits for the next
    np.testing.assert_allclose(logits, logits_usually, rtol=1e-5, atol=1e-5)
