"""What becomes of photos under load when the service stops, and when one of its workers dies."""

import collections
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.app.conftest import wait_until_ready
from tests.app.faults.load import BROKEN, CLIENTS, REFUSED, Load
from tests.app.loopback import PATIENCE
from tests.app.service_process import STOPPING, Process, start


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "served"


@pytest.fixture
def alone(folder: Path, manifest_folder: Path) -> Iterator[Process]:
    process = start(folder, CATSCAN_ACCESS_LOG=True, CATSCAN_MODELS=manifest_folder)
    yield process
    process.kill()


@pytest.fixture
def in_workers(folder: Path, manifest_folder: Path) -> Iterator[Process]:
    process = start(folder, CATSCAN_ACCESS_LOG=True, CATSCAN_MODELS=manifest_folder, CATSCAN_WORKERS=2)
    yield process
    process.kill()


def logged(process: Process) -> collections.Counter[int]:
    """How often each status is in the access log of POST /predict."""
    lines = [json.loads(line) for line in process.text().splitlines() if line.startswith("{")]
    return collections.Counter(line["status"] for line in lines if line["route"] == "/predict")


def test_a_service_that_is_told_to_stop_answers_every_photo_that_it_has_taken(alone: Process, chelsea: bytes) -> None:
    with httpx.Client(base_url=alone.address(), timeout=PATIENCE, trust_env=False) as client:
        wait_until_ready(client)
    load = Load(alone.address(), chelsea)
    load.wait_for(200)
    alone.running.send_signal(signal.SIGTERM)
    assert alone.exit_code(STOPPING) == 0
    load.stop()
    counted = logged(alone)
    assert set(counted) == {200}
    assert counted[200] == load.outcomes[200]  # none was taken and lost
    assert load.outcomes[REFUSED] > 0


def test_a_worker_that_is_killed_takes_its_own_photos_with_it_and_comes_back(
    in_workers: Process, chelsea: bytes
) -> None:
    in_workers.wait_for(": cat version", times=2)
    load = Load(in_workers.address(), chelsea)
    load.wait_for(100)
    killed = int(in_workers.wait_for(r"Started server process \[(\d+)\]", times=2)[0])
    os.kill(killed, signal.SIGKILL)
    answered = load.outcomes[200]
    load.wait_for(answered + 100)  # by the other
    in_workers.wait_for(": cat version", times=3)  # the one that came for it
    answered = load.outcomes[200]
    load.wait_for(answered + 100)
    load.stop()
    assert load.outcomes[BROKEN] <= CLIENTS  # what the killed one had taken; nothing else was lost
    assert set(load.outcomes) <= {200, 503, BROKEN}
    in_workers.running.send_signal(signal.SIGTERM)
    assert in_workers.exit_code(STOPPING) == 0
