"""Devices belong to the whole process: each question is asked in one of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

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


@pytest.fixture(scope="module")
def said() -> dict[str, object]:
    """What a process that sees no GPU, whatever the machine has, says to each wish."""
    blind = {**os.environ, "CUDA_VISIBLE_DEVICES": "-1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", ASK], env=blind, capture_output=True, text=True, check=True)
    answers: dict[str, object] = json.loads(done.stdout)
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
