"""All that the soak asks of the service is answered as expected, and leaves nothing behind; it sees what does."""

import asyncio
from pathlib import Path

import pytest

from benchmarks.server import Server, free_port, started
from benchmarks.soak import growth, report, soak

REQUESTS, STEPS, FILLED = 1800, 8, 4
MOST_MEMORY = 1.1  # caches fill until some thousands of requests are over: a benchmark of more has a closer bound
MOST_THREADS = 1.1  # of about 30: asyncio's own pool begins its six when they are first wanted


def test_a_short_soak_finds_nothing_unexpected_and_nothing_grows(
    server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    steps = asyncio.run(soak(server, REQUESTS, STEPS))
    _, *lines = capsys.readouterr().out.splitlines()
    assert len(lines) == STEPS
    assert all(line.endswith("{}") for line in lines), lines[-1]
    grown = growth(steps, FILLED)
    assert grown["open files"] <= 1
    assert grown["threads"] <= MOST_THREADS
    assert grown["RSS"] <= MOST_MEMORY
    report(steps)
    assert "open files, at the end / after a tenth" in capsys.readouterr().out


def test_a_service_that_leaks_is_found_out(tmp_path: Path) -> None:
    port = free_port()
    environment = {"CATSCAN_STORE": str(tmp_path / "photos.sqlite"), "CATSCAN_PRECISION": "float32"}
    with started("leaking", port, "-m", "tests.benchmarks.leaking", str(port), **environment) as leaking:
        grown = growth(asyncio.run(soak(leaking, REQUESTS // 3, STEPS)), FILLED)
    assert grown["open files"] > 1
    assert grown["threads"] > MOST_THREADS
    assert grown["RSS"] > MOST_MEMORY
