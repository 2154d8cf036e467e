"""Several devices train as one does. Here a CPU passes for two devices, and two processes for two hosts."""

import csv
import os
import socket
import subprocess
import sys
from pathlib import Path

import keras
import pytest

from training.devices import own_rows, spread

ROOT = Path(__file__).resolve().parents[2]
QUICK_TO_COMPILE = "--xla_backend_optimization_level=0"
PATIENCE = 600.0  # seconds until a busy machine counts as a failure

LEARN = """
import sys
from pathlib import Path
from model.network import NETWORKS
from tests.training.networks import TINY
from training.config import Config, Stage
from training.train import train

NETWORKS["tiny"] = TINY
photos, folder = map(Path, sys.argv[1:])
config = Config(
    photos=str(photos), network="tiny", height=24, width=24, cache_side=32, validation_share=0.2, test_share=0.2,
    epoch_photos=128, batch=16, warmup_epochs=0.5, learning_rate=0.02,
    stages=(Stage(epochs=2, side=16, smallest_area=0.5),),
)
"""

ONE_DEVICE_AND_TWO = """
from unittest.mock import patch
import jax

whole, parts = jax.make_array_from_process_local_data, set()

def noted(layout, batch):
    array = whole(layout, batch)
    parts.add(tuple(sorted((part.device.id, len(part.data)) for part in array.addressable_shards)))
    return array

with patch("jax.make_array_from_process_local_data", noted):
    with patch("training.train.spread"):
        train(config, folder / "one")
    assert not parts, parts
    train(config, folder / "two")
    assert ((0, 8), (1, 8)) in parts, parts
"""


HOSTS = """
from training.devices import process_number

train(config, folder / "hosts")
if process_number() == 1:  # as if it had been killed before it saved what the other has saved
    (folder / "hosts" / "host-1" / "checkpoints" / "epoch-0002.weights.h5").unlink()
train(config, folder / "hosts")
"""


def on_jax(program: str, folders: tuple[Path, ...], *processes: dict[str, str]) -> None:
    """Runs processes with these environment variables at the same time, to their end."""
    command: list[str | Path] = [sys.executable, "-c", LEARN + program, *folders]
    started = []
    for number, variables in enumerate(processes):
        environment = os.environ | {"KERAS_BACKEND": "jax", "XLA_FLAGS": QUICK_TO_COMPILE} | variables
        with (folders[-1] / f"output-{number}").open("wb") as output:
            started.append(subprocess.Popen(command, env=environment, cwd=ROOT, stdout=output, stderr=output))
    try:
        for number, process in enumerate(started):
            assert process.wait(PATIENCE) == 0, (folders[-1] / f"output-{number}").read_text()
    finally:
        for process in started:
            process.kill()
            process.wait()


def log_of(run: Path) -> list[dict[str, float]]:
    with (run / "log.csv").open(newline="") as lines:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(lines)]


@pytest.fixture(scope="module")
def runs(shapes: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the same run on `one` device and on `two`."""
    folder = tmp_path_factory.mktemp("devices")
    two = {"XLA_FLAGS": f"{QUICK_TO_COMPILE} --xla_force_host_platform_device_count=2"}
    on_jax(ONE_DEVICE_AND_TWO, (shapes, folder), two)
    return folder


def assert_alike(run: Path, one: Path) -> None:
    """That a run has the losses of the one on one device, but for sums in another order."""
    assert len(log_of(one)) == 2
    for row, expected in zip(log_of(run), log_of(one), strict=True):
        assert row["loss"] == pytest.approx(expected["loss"], rel=1e-4)
        assert row["accuracy"] == pytest.approx(expected["accuracy"], abs=0.01)
        assert row["val_loss"] == pytest.approx(expected["val_loss"], abs=0.05)  # of one photo less, if they are odd


def test_two_devices_learn_what_one_does(runs: Path) -> None:
    assert_alike(runs / "two", runs / "one")


def test_two_hosts_learn_what_one_device_does_and_go_on_from_where_both_were(runs: Path, shapes: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    hosts = {"KERAS_DISTRIBUTION_JOB_ADDRESSES": address, "KERAS_DISTRIBUTION_NUM_PROCESSES": "2"}
    on_jax(HOSTS, (shapes, runs), *(hosts | {"KERAS_DISTRIBUTION_PROCESS_ID": number} for number in "01"))
    for run in (runs / "hosts", runs / "hosts" / "host-1"):
        assert_alike(run, runs / "one")


@pytest.fixture
def devices(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What Keras says there is; tests add to it."""
    there: list[str] = []
    monkeypatch.setattr(keras.distribution, "list_devices", lambda: there)
    return there


def test_a_batch_that_cannot_be_dealt_out_is_refused(devices: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    devices += ["cpu:0", "cpu:1", "cpu:2"]
    with pytest.raises(ValueError, match=r"^batch: expected a multiple of the 3 devices; received: 16$"):
        spread(16)


def test_another_backend_says_that_it_trains_on_one_device_alone(devices: list[str]) -> None:
    devices += ["gpu:0", "gpu:1"]
    with pytest.warns(UserWarning, match=r"^Trains on gpu:0 alone of gpu:0, gpu:1: only KERAS_BACKEND=jax spreads$"):
        spread(16)


def test_another_backend_refuses_several_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_DISTRIBUTION_NUM_PROCESSES", "2")
    with pytest.raises(ValueError, match=r"^Expected KERAS_BACKEND=jax to train on several hosts; received: tensorf"):
        spread(16)


def test_a_process_alone_provides_all_rows() -> None:
    assert own_rows(7) == slice(0, 7)
