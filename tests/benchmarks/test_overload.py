"""Four times the capacity, beside clients that misbehave: whoever sent a photo has an answer or a refusal."""

import pytest

from benchmarks.nuisances import CLOSED, LEFT, nuisances
from benchmarks.overload import REFUSED, overload, report, report_nuisances
from benchmarks.server import Server

PARTS = 3


def test_nobody_is_lost_in_a_short_overload(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    with nuisances(server.port) as them:
        done = overload(server, capacity_s=2.0, seconds=6.0, parts=PARTS)
    crowd = done.crowd
    assert crowd.strangers(200, REFUSED) == {}
    assert crowd.lost == 0
    assert crowd.in_time > 0
    assert crowd.with_retry_after == crowd.statuses[REFUSED] > 0
    assert len(crowd.parts) == PARTS
    for status, count in crowd.statuses.items():
        assert sum(part.statuses.get(status, 0) for part in crowd.parts) == count
    assert them.ends["hangs_up"][LEFT] > 0
    assert not {end for ends in them.ends.values() for end in ends} & {"500", "502"}
    assert all(end in (LEFT, CLOSED) or end.isdecimal() for ends in them.ends.values() for end in ends)
    report(done)
    report_nuisances(them)
    said = capsys.readouterr().out
    answered, refused = crowd.statuses.get(200, 0), crowd.statuses[REFUSED]
    assert f"sent {answered + refused}, answered {answered}, refused {refused}, lost 0" in said
    assert "PSS, after the last part / after the first" in said
