"""`python -m app` in a process of its own, and what it writes."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from app.settings import PREFIX
from tests.app.loopback import PATIENCE

ROOT = Path(__file__).resolve().parents[2]
STOPPING = 30.0  # seconds; one, on a machine with nothing else to do


@dataclass
class Process:
    """A running `python -m app`, and what it has written."""

    running: subprocess.Popen[bytes]
    log: Path

    def text(self) -> str:
        return self.log.read_text()

    def wait_for(self, pattern: str, times: int = 1) -> list[str]:
        """What the pattern's group matches, once it is written so many times."""
        start = time.monotonic()
        while len(found := re.findall(pattern, self.text())) < times:
            assert self.running.poll() is None, self.text()
            assert time.monotonic() - start < PATIENCE, self.text()
            time.sleep(0.05)
        return found

    def address(self) -> str:
        return self.wait_for(r"running on (http://127\.0\.0\.1:\d+)")[0]

    def kill(self) -> None:
        """Ends it with all its workers, if they have not ended already."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.running.pid, signal.SIGKILL)
        self.running.wait()

    def exit_code(self, patience: float = PATIENCE) -> int:
        return self.running.wait(patience)


def start(folder: Path, *arguments: str, **variables: object) -> Process:
    folder.mkdir()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    environment |= {"CATSCAN_PORT": "0", "CATSCAN_STORE": str(folder / "photos.sqlite"), "PYTHONPATH": str(ROOT)}
    environment |= {name: str(value) for name, value in variables.items()}
    command = [sys.executable, "-m", "app", *arguments]
    with (folder / "log").open("wb") as log:
        running = subprocess.Popen(command, env=environment, cwd=folder, stdout=log, stderr=log, start_new_session=True)
    return Process(running, folder / "log")
