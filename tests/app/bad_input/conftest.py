"""One true process that all the bad input goes to; after it, it is the same one, and answers as before."""

import collections
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from benchmarks.processes import family, memory
from tests.app.conftest import answer_of, wait_until_ready
from tests.app.loopback import PATIENCE
from tests.app.service_process import STOPPING, Process, start

DECODE_BYTES, DECODE_S = 2**28, 2
MAX_PIXELS, MAX_BODY = 2_000_000, 4 * 2**20
GROWTH_MB = 300  # of all processes together: the decoders' own memory, and what allocators keep


@dataclass(frozen=True)
class Victim:
    """A running service and a client of it."""

    process: Process
    client: httpx.Client

    @property
    def address(self) -> tuple[str, int]:
        return self.client.base_url.host, self.client.base_url.port or 80

    def resident_mb(self) -> float:
        return memory(self.process.running.pid).rss

    def largest_decoder_mb(self) -> float:
        """The most that any of the processes below the service has had at a time."""
        pids = [pid for pid in family(self.process.running.pid) if pid != self.process.running.pid]
        peaks = [line for pid in pids for line in status_of(pid) if line.startswith("VmHWM")]
        return max((int(peak.split()[1]) / 1024 for peak in peaks), default=0.0)


def status_of(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return []


@pytest.fixture(scope="package")
def victim(tmp_path_factory: pytest.TempPathFactory, chelsea: bytes) -> Iterator[Victim]:
    """A service with small limits, in a process of its own."""
    process = start(
        tmp_path_factory.mktemp("victim") / "served", CATSCAN_WORKERS=1, CATSCAN_DECODE_BYTES=DECODE_BYTES,
        CATSCAN_DECODE_S=DECODE_S, CATSCAN_MAX_PIXELS=MAX_PIXELS, CATSCAN_MAX_BODY_BYTES=MAX_BODY,
    )  # fmt: skip
    try:
        with httpx.Client(base_url=process.address(), timeout=PATIENCE, trust_env=False) as client:
            wait_until_ready(client)
            before = answer_of(client, chelsea)
            victim = Victim(process, client)
            resident = victim.resident_mb()
            yield victim
            assert answer_of(client, chelsea)["predictions"] == before["predictions"]
            assert victim.resident_mb() - resident < GROWTH_MB
            assert process.text().count("Started server process") == 1
            assert not [line for line in process.text().splitlines() if "ERROR" in line or "Traceback" in line]
        os.kill(process.running.pid, signal.SIGTERM)
        assert process.exit_code(STOPPING) == 0
    finally:
        process.kill()


def outcomes(victim: Victim, files: list[bytes]) -> list[str]:
    """What becomes of each file: `answered`, or the code of its refusal; they are posted many at a time."""
    found: list[str] = []
    for first in range(0, len(files), 64):
        parts = [("file", ("photo", file)) for file in files[first : first + 64]]
        response = victim.client.post("/predict/batch", files=parts, headers={"cache-control": "no-store"})
        assert response.status_code == 200, response.text
        found += [each["problem"]["code"] if "problem" in each else "answered" for each in response.json()["results"]]
    assert len(found) == len(files)
    return found


def counted(found: list[str]) -> dict[str, int]:
    return dict(collections.Counter(found))
