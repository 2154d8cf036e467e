"""`catscan-batch` in a process of its own, and what it left."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pyarrow import parquet

from tests.app.loopback import PATIENCE


class Batch:
    """One run of the command."""

    def __init__(self, environment: Mapping[str, str], folder: Path, *arguments: str) -> None:
        """Begins it in this folder."""
        command = [sys.executable, "-m", "app.cluster.batch", *arguments]
        self._log = folder / "log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command, env=dict(environment), cwd=folder, stdout=log, stderr=log, start_new_session=True
            )

    def wait_for_a_part(self, out: Path, after: int) -> None:
        """Until there are more parts than so many."""
        start = time.monotonic()
        while len(parts_in(out)) <= after:
            assert self._process.poll() is None, self.text()
            assert time.monotonic() - start < PATIENCE, self.text()
            time.sleep(0.02)

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def ended(self) -> tuple[int, str]:
        """The exit code, and all that it said."""
        return self._process.wait(PATIENCE), self.text()

    def text(self) -> str:
        return self._log.read_text()

    def close(self) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


def parts_in(out: Path) -> list[Path]:
    return sorted(out.glob("*.parquet"))


def rows_in(out: Path) -> list[dict[str, Any]]:
    """All rows of all parts, as Arrow itself reads a folder."""
    rows: list[dict[str, Any]] = parquet.read_table(out).to_pylist()
    return rows
