import json
import logging
import os
import queue
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from app.observing.access_log import LOGGER, LONGEST, log_request
from app.observing.observed import CLIENT_GONE, Observation
from tests.app.loopback import PATIENCE, half_a_request, on_loopback
from tests.app.observing.observed_app import STAGES, observed_app


class Log:
    """An application that logs, and its lines."""

    def __init__(self, client: httpx.Client, ended: "queue.Queue[Observation]", caplog: pytest.LogCaptureFixture):
        self.client, self._ended, self._caplog = client, ended, caplog

    def entry(self) -> dict[str, Any]:
        """The one line of the next request."""
        self._ended.get(timeout=PATIENCE)
        (record,) = (record for record in self._caplog.records if record.name == LOGGER)
        self._caplog.clear()
        assert "\n" not in record.getMessage()
        entry: dict[str, Any] = json.loads(record.getMessage())
        return entry


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[Log]:
    ended: queue.Queue[Observation] = queue.Queue()
    caplog.set_level(logging.INFO, LOGGER)
    with on_loopback(observed_app([log_request, ended.put])) as client:
        yield Log(client, ended, caplog)


def test_a_line_says_all_about_a_request(log: Log) -> None:
    before = datetime.now(UTC)
    headers = {"User-Agent": "a test", "X-Request-Id": "abc"}
    response = log.client.post("/read?name=value&name=other", content=b"x" * 1000, headers=headers)
    entry = log.entry()
    assert entry.pop("time").endswith("Z")
    assert 0 < entry.pop("duration_ms") < 1e3 * (datetime.now(UTC) - before).total_seconds()
    assert entry == {
        "request_id": "abc", "method": "POST", "path": "/read", "query": "name=value&name=other", "route": "/read",
        "status": 200, "bytes_in": 1000, "bytes_out": len(response.content),
        "user_agent": "a test", "pid": os.getpid(), "timings_ms": STAGES,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("layer=conv1&image_id=abc&channels=0,5-9", "layer=conv1&channels=0,5-9"),
        ("image_id=abc", None),
        ("image%5Fid=abc&image_id=def&x", "x"),
        ("image_id", None),
        ("image_ids=1&id=2", "image_ids=1&id=2"),
    ],
)
def test_what_shows_a_photo_is_left_out_of_the_query(log: Log, query: str, shown: str | None) -> None:
    log.client.get(f"/stream?{query}")
    assert log.entry().get("query") == shown


def test_the_time_is_when_the_request_came(log: Log) -> None:
    before = datetime.now(UTC)
    log.client.get("/stream")
    came = datetime.fromisoformat(log.entry()["time"])
    assert before - timedelta(milliseconds=1) <= came <= datetime.now(UTC)


def test_what_a_request_does_not_have_is_left_out(log: Log) -> None:
    log.client.get("/stream", headers={"User-Agent": ""})
    entry = log.entry()
    assert not {"query", "timings_ms", "problem", "client_gone"} & entry.keys()
    assert entry["user_agent"] == ""


def test_a_refusal_has_its_code(log: Log) -> None:
    log.client.get("/refused")
    entry = log.entry()
    assert (entry["status"], entry["problem"]) == (404, "image_unknown")


def test_a_failure_is_logged(log: Log) -> None:
    log.client.get("/failing")
    assert log.entry()["status"] == 500


def test_a_client_that_goes_away_is_logged(log: Log) -> None:
    half_a_request(log.client, b"POST /read HTTP/1.1\r\nHost: here\r\nContent-Length: 1000\r\n\r\nonly this")
    entry = log.entry()
    assert (entry["status"], entry["client_gone"], entry["bytes_in"]) == (CLIENT_GONE, True, len("only this"))


def test_a_client_cannot_make_a_line_long(log: Log) -> None:
    long = "x" * 5000
    log.client.get(f"/{long}?{long}", headers={"User-Agent": long, "X-Request-Id": long})
    entry = log.entry()
    assert [len(entry[name]) for name in ("path", "query", "user_agent")] == [LONGEST] * 3
    assert len(entry["request_id"]) == 32


def test_a_client_cannot_break_a_line(log: Log) -> None:
    log.client.get("/%0a%22%00%ff", headers={b"User-Agent": b'\xff"\\'})
    entry = log.entry()
    assert entry["path"] == '/\n"\0�'
    assert entry["user_agent"] == 'ÿ"\\'
