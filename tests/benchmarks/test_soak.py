"""All that the soak asks of the service is answered as expected."""

import asyncio

import pytest

from benchmarks.server import Server
from benchmarks.soak import STEPS, soak


def test_a_short_soak_finds_nothing_unexpected(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    asyncio.run(soak(server, 300))
    _, *lines, verdict = capsys.readouterr().out.splitlines()
    assert len(lines) == STEPS
    assert all(line.endswith("{}") for line in lines), lines[-1]
    assert "RSS at the end / after a tenth" in verdict
