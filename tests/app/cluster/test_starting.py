"""`python -m app.cluster`, as `make serve-ray` starts it, until Ctrl-C."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from tests.app.cluster.conftest import ENVIRONMENT, ROOT
from tests.app.conftest import answer_of
from tests.app.loopback import PATIENCE

TOO_BUSY = "timed out during startup"  # Ray's own limit of 15 s, which nothing sets


class Started:
    """A running `python -m app.cluster`; all its processes know the folder, for their environment names it."""

    def __init__(self, folder: Path, **variables: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.address, self._folder, self._log = f"http://127.0.0.1:{port}", folder, folder / "log"
        own = {"CATSCAN_PORT": str(port), "CATSCAN_STORE": str(folder / "photos.sqlite")}
        self._environment = {**os.environ, **ENVIRONMENT, **own, **variables}
        self._environment.pop("PYTHONDONTWRITEBYTECODE", None)  # see conftest.py
        self.running = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "app.cluster"]
        with self._log.open("wb") as log:
            return subprocess.Popen(
                command, env=self._environment, cwd=ROOT, stdout=log, stderr=log, process_group=0
            )  # a group, as a shell makes one: Ctrl-C tells all of it

    def text(self) -> str:
        return self._log.read_text()

    def wait_until_ready(self, client: httpx.Client) -> None:
        started = time.monotonic()
        while not answers(client):
            assert time.monotonic() - started < PATIENCE, self.text()
            if self.running.poll() is not None:
                assert TOO_BUSY in self.text(), self.text()
                self.running = self._start()
            time.sleep(0.5)

    def processes(self) -> list[int]:
        found = []
        for environment in Path("/proc").glob("[0-9]*/environ"):
            with contextlib.suppress(OSError):
                found += [int(environment.parent.name)] if bytes(self._folder) in environment.read_bytes() else []
        return found


def answers(client: httpx.Client) -> bool:
    try:
        return client.get("/health/ready").status_code == 200
    except httpx.TransportError:
        return False


@contextlib.contextmanager
def started(folder: Path, **variables: str) -> Iterator[Started]:
    service = Started(folder, **variables)
    try:
        yield service
    finally:
        for process in service.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        service.running.wait(PATIENCE)


def test_it_serves_until_ctrl_c_and_then_leaves_nothing_behind(tmp_path: Path, chelsea: bytes) -> None:
    with (
        started(tmp_path) as service,
        httpx.Client(base_url=service.address, timeout=PATIENCE, trust_env=False) as client,
    ):
        service.wait_until_ready(client)
        assert answer_of(client, chelsea)["label"] == "cat"
        assert len(service.processes()) > 1
        os.killpg(service.running.pid, signal.SIGINT)
        assert service.running.wait(PATIENCE) == 0, service.text()
        began = time.monotonic()
        while service.processes():
            assert time.monotonic() - began < PATIENCE, service.processes()
            time.sleep(0.1)


def test_a_wrong_setting_is_said_before_anything_starts(tmp_path: Path) -> None:
    with started(tmp_path, CATSCAN_MAX_BATCH="0") as service:
        assert service.running.wait(PATIENCE) == 1
        assert service.text().startswith("catscan: CATSCAN_MAX_BATCH: ")
