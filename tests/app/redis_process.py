"""A real Redis on the loopback, as Debian packages it; it can be stopped, killed, paused and started again."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from tests.app.loopback import PATIENCE


class RedisProcess:
    """Keeps nothing on a disk: each start begins empty."""

    def __init__(self, folder: Path, *options: str, password: str | None = None) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self._log = folder / "redis.log"
        self._command = [
            "redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", "",
            "--appendonly", "no", *options, *(["--requirepass", password] if password else []),
        ]  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None
        self._client = redis.Redis(port=self.port, password=password)
        self.url = f"redis://{f':{password}@' if password else ''}127.0.0.1:{self.port}/0"

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)
        started = time.monotonic()
        while True:
            with contextlib.suppress(redis.ConnectionError):
                self.ask("PING")
                return
            assert self._process.poll() is None and time.monotonic() - started < PATIENCE, self._log.read_text()
            time.sleep(0.02)

    def ask(self, *command: object) -> Any:
        """Over a connection of the test's own."""
        return self._client.execute_command(*command)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """From now on it takes connections and questions, and answers none."""
        assert self._process
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        assert self._process
        self._process.send_signal(signal.SIGCONT)

    def _end(self, how: signal.Signals) -> None:
        self._client.close()
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
            self._process.send_signal(how)
            self._process.wait(PATIENCE)
            self._process = None


@contextlib.contextmanager
def running_redis(folder: Path, *options: str, password: str | None = None) -> Iterator[RedisProcess]:
    """One that runs; the test is skipped where there is none, but for CI, which has to have one."""
    if shutil.which("redis-server") is None:
        assert "CI" not in os.environ, "redis-server is missing: install Debian's package of this name"
        pytest.skip("redis-server is missing: install Debian's package of this name")
    process = RedisProcess(folder, *options, password=password)
    process.start()
    try:
        yield process
    finally:
        process.kill()


def let_pass(redis: RedisProcess, seconds: int) -> None:
    """Makes all that expires expire so much sooner."""
    for key in redis.ask("KEYS", "*"):
        redis.ask("PEXPIRE", key, redis.ask("PTTL", key) - seconds * 1000)
