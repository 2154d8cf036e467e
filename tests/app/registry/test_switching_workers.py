"""Two true worker processes, which answer alike."""

import collections
import contextlib
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.errors import VersionUnknown
from app.registry.refusals import VersionUnusable
from tests.app.conftest import problem_of
from tests.app.loopback import PATIENCE
from tests.app.observing.test_metrics import parsed, values_of
from tests.app.registry.operating import HEADERS, KEYS, wait_until
from tests.app.registry.versions_on_disk import half_copied, small_version
from tests.app.service_process import Process, start


class Workers:
    """Asked over a new connection each time, so that any of them may answer."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.address = httpx.URL(process.address())

    def ask(self, method: str, path: str, **query: object) -> httpx.Response:
        while True:
            with contextlib.suppress(httpx.TransportError):  # a killed worker had just taken this connection
                params = {name: str(each) for name, each in query.items()}
                return httpx.request(
                    method, self.address.join(path), params=params, headers=HEADERS, timeout=PATIENCE, trust_env=False
                )

    def operate(self, path: str, **query: object) -> httpx.Response:
        return self.ask("POST", f"/admin/models/cat/{path}", **query)

    def versions(self, times: int = 40) -> set[int]:
        """All that answer."""
        answers = [self.ask("GET", "/health/ready") for _ in range(times)]
        return {answer.json()["model"]["version"] for answer in answers if answer.status_code == 200}

    def pids(self) -> set[int]:
        samples = parsed(self.ask("GET", "/metrics").text)
        return {int(pid) for pid in values_of(samples, "catscan_photos_in_flight", "pid")}

    def wait_for(self, version: int) -> None:
        """Until no other answers: not long after a switch is answered, for workers look twenty times a second."""
        wait_until(lambda: self.versions() == {version})


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    small_version(folder, "cat", 1, [0.0, 1.0])
    return folder


@pytest.fixture(scope="module")
def workers(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workers]:
    hashed, name = KEYS.holders[0]
    process = start(
        tmp_path_factory.mktemp("workers") / "two", CATSCAN_WORKERS=2, CATSCAN_MODELS=models, CATSCAN_LANES=1,
        CATSCAN_ADMIN_KEYS=f"{name}:{hashed.hex()}", CATSCAN_WATCH_S=0.2,
    )  # fmt: skip
    try:
        process.wait_for(": cat version 1", times=2)
        yield Workers(process)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.running.pid, signal.SIGKILL)
        process.running.wait()


def test_a_switch_reaches_all_workers_and_so_does_a_rollback(workers: Workers, models: Path) -> None:
    assert workers.versions() == {1}
    small_version(models, "cat", 2, [2.0, 0.0])
    workers.wait_for(2)
    assert workers.operate("rollback").json()["stable"] == 1
    workers.wait_for(1)
    loaded = workers.operate("2/load")
    assert loaded.status_code == 200, loaded.text
    assert loaded.json()["comparison"]["version"] == 1
    workers.wait_for(2)
    samples = parsed(workers.ask("GET", "/metrics").text)
    for version, share in (("1", 0), ("2", 1)):  # once for all workers
        assert samples["catscan_model_share", frozenset({("name", "cat"), ("version", version)})] == share
    assert len(re.findall("cat version 2 serves stable", workers.process.text())) == 2  # the watch did so in one worker


def test_what_one_worker_unloads_no_other_has(workers: Workers) -> None:
    workers.operate("rollback")
    workers.wait_for(1)
    assert workers.operate("2/unload").status_code == 200
    wait_until(lambda: all(workers.ask("GET", "/layers", version=2).status_code == 404 for _ in range(20)))
    problem_of(workers.ask("GET", "/layers", version=2), VersionUnknown)
    wait_until(lambda: 'name="cat",version="2"' not in workers.ask("GET", "/metrics").text)
    samples = parsed(workers.ask("GET", "/metrics").text)
    assert values_of(samples, "catscan_model_info", "version") == {"1"}


def test_a_version_that_cannot_serve_is_switched_to_by_nobody(workers: Workers, models: Path, tmp_path: Path) -> None:
    half_copied(small_version(tmp_path, "cat", 3, [2.0, 0.0]), models / "cat" / "3")
    problem = problem_of(workers.operate("3/load"), VersionUnusable)
    assert "expected files with digest" in problem["detail"]
    wait_until(
        lambda: (
            collections.Counter(
                version["state"]
                for _ in range(20)
                for version in workers.ask("GET", "/models").json()["models"][0]["versions"]
                if version["version"] == 3
            )
            == {"failed": 20}
        )
    )
    assert workers.versions() == {1}


def test_a_worker_that_takes_the_place_of_a_dead_one_answers_as_the_others_do(workers: Workers) -> None:
    """Version 2 is newer, and was taken back: who starts anew must not take it for the one to serve."""
    assert workers.versions() == {1}
    assert workers.operate("2/load", serve="canary", percent=100).status_code == 200
    before = workers.pids()
    dead = min(before)
    os.kill(dead, signal.SIGKILL)
    wait_until(lambda: len(workers.pids() - {dead}) == 2)
    wait_until(lambda: all(workers.ask("GET", "/health/ready").status_code == 200 for _ in range(40)))
    assert workers.versions(times=80) == {1}
    assert {workers.ask("GET", "/layers").json()["model"]["version"] for _ in range(80)} == {2}
    assert workers.operate("canary", percent=0).status_code == 200
    wait_until(lambda: {workers.ask("GET", "/layers").json()["model"]["version"] for _ in range(40)} == {1})
