"""Two true worker processes on one port."""

import collections
import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from app.observing.shared_metrics import VARIABLE, counting_together, locked, shared_folder
from tests.app.loopback import PATIENCE
from tests.app.observing.counting_workers import DIGEST, IN_FLIGHT
from tests.app.observing.test_metrics import Samples, parsed, value, values_of
from tests.app.service_process import ROOT, STOPPING, Process

IN_FLIGHT_NAME = "catscan_photos_in_flight"


class Workers:
    """The processes, asked over a new connection each time: any of them may answer."""

    def __init__(self, process: Process, folder: Path) -> None:
        self.process, self.folder = process, folder
        process.wait_for(r"Application startup (complete)", times=2)
        self._address = httpx.URL(process.address())

    def get(self, path: str) -> httpx.Response:
        start = time.monotonic()
        while True:
            try:
                return httpx.get(self._address.join(path), timeout=PATIENCE, trust_env=False)
            except httpx.TransportError:  # a killed worker had just taken this connection
                assert time.monotonic() - start < PATIENCE

    def ask_both(self, times: int) -> collections.Counter[int]:
        """So many requests at least, and until both have answered; who answered how many."""
        answers: collections.Counter[int] = collections.Counter()
        while answers.total() < times or len(answers) < 2:
            answers[self.get("/pid").json()] += 1
            assert answers.total() < 2000, "one worker never came to serve"
        return answers

    def samples_when(self, true: Callable[[Samples], bool]) -> Samples:
        """What GET /metrics says, once this is so: a request is counted just after its answer."""
        start = time.monotonic()
        while not true(samples := parsed(self.get("/metrics").text)):
            assert time.monotonic() - start < PATIENCE, samples
            time.sleep(0.02)
        return samples


@pytest.fixture(scope="module")
def workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workers]:
    folder = tmp_path_factory.mktemp("workers")
    command = [sys.executable, "-m", "tests.app.observing.counting_workers", str(folder / "place")]
    with (folder / "log").open("wb") as log:
        running = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, start_new_session=True)
    try:
        yield Workers(Process(running, folder / "log"), folder / "place")
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)
        running.wait()


def asked(samples: Samples) -> float:
    return value(samples, "catscan_http_requests_total", method="GET", route="/pid", status="200")


def pids(samples: Samples) -> set[int]:
    return {int(pid) for pid in values_of(samples, IN_FLIGHT_NAME, "pid")}


def test_the_workers_count_together(workers: Workers) -> None:
    before = asked(workers.samples_when(lambda _: True))
    answers = workers.ask_both(times=20)
    samples = workers.samples_when(lambda samples: asked(samples) >= before + answers.total())
    assert asked(samples) == before + answers.total()
    assert value(samples, "catscan_http_request_duration_seconds_count", route="/pid") == asked(samples)
    assert value(samples, "catscan_http_request_duration_seconds_bucket", route="/pid", le="+Inf") == asked(samples)
    assert value(samples, "catscan_worker_requests_total") == value(samples, "catscan_http_requests_total")
    assert values_of(samples, "catscan_worker_requests_total", "worker") == {"0", "1"}


def test_what_is_true_of_a_moment_is_said_of_each_worker(workers: Workers) -> None:
    answers = workers.ask_both(times=2)
    samples = workers.samples_when(lambda _: True)
    for pid in answers:
        assert value(samples, IN_FLIGHT_NAME, pid=str(pid)) == IN_FLIGHT
        assert value(samples, "process_resident_memory_bytes", pid=str(pid)) > 2**20
        assert value(samples, "process_cpu_seconds_total", pid=str(pid)) > 0
    assert pids(samples) == set(answers)
    assert values_of(samples, IN_FLIGHT_NAME, "worker") == {"0", "1"}
    assert value(samples, "catscan_model_info", digest=DIGEST) == 1  # once for all, and of version 1 no more
    assert values_of(samples, "catscan_model_info", "version") == {"2"}
    assert values_of(samples, "catscan_model_share", "version") == {"2"}


def test_a_dead_worker_leaves_its_counts_and_nothing_else(workers: Workers) -> None:
    answers = workers.ask_both(times=20)
    before = workers.samples_when(lambda samples: asked(samples) >= answers.total())
    dead, other = answers
    workers.process.running.send_signal(signal.SIGSTOP)  # it would start a new worker at once
    os.kill(dead, signal.SIGKILL)
    after = workers.samples_when(lambda samples: dead not in pids(samples))
    assert asked(after) == asked(before)
    for name in (IN_FLIGHT_NAME, "process_cpu_seconds_total"):
        assert values_of(after, name, "pid") == {str(other)}

    workers.process.running.send_signal(signal.SIGCONT)
    replaced = workers.samples_when(lambda samples: len(pids(samples)) == 2)
    (new,) = pids(replaced) - {other}
    assert new != dead
    assert value(replaced, IN_FLIGHT_NAME, pid=str(new)) == 0
    assert asked(replaced) == asked(before)
    assert values_of(replaced, IN_FLIGHT_NAME, "worker") == {"0", "1"}

    answers = workers.ask_both(times=20)
    workers.samples_when(lambda samples: asked(samples) == asked(before) + answers.total())


def test_nothing_is_left_when_the_workers_have_stopped(workers: Workers) -> None:
    assert list(workers.folder.iterdir())
    workers.process.running.send_signal(signal.SIGTERM)
    assert workers.process.exit_code(STOPPING) == 0
    assert not list(workers.folder.iterdir())


def test_the_folder_is_private_fresh_and_told_to_the_processes_that_are_started(tmp_path: Path) -> None:
    assert shared_folder() is None
    with counting_together(tmp_path / "place"):
        folder = shared_folder()
        assert folder is not None
        assert folder.parent == tmp_path / "place"
        assert (folder.parent.stat().st_mode & 0o777, folder.stat().st_mode & 0o777) == (0o700, 0o700)
        assert not list(folder.iterdir())
        assert os.environ[VARIABLE] == str(folder)
    assert shared_folder() is None
    assert not folder.exists()


def test_what_a_killed_service_left_is_removed_and_what_another_uses_is_not(tmp_path: Path) -> None:
    left, used = tmp_path / "metrics-left", tmp_path / "metrics-used"
    for folder in (left, used):
        folder.mkdir()
        (folder / "counter_0.db").touch()
    with locked(used, fcntl.LOCK_EX), counting_together(tmp_path):
        assert not left.exists()
        assert (used / "counter_0.db").exists()
