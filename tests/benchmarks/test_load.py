"""A load says truly what was answered, how often, and after how long."""

import itertools
import os
import time

import pytest

from benchmarks.load import LOST, Load, Outcome, run
from tests.benchmarks.conftest import Reply, answering

PHOTOS = (b"one photo", b"another photo")


def closed(port: int, seconds: float = 0.5) -> Load:
    return Load(port, os.getpid(), PHOTOS, connections=4, seconds=seconds, warmup=0.2)


def opened(port: int, rate: float, connections: int) -> Load:
    return Load(port, os.getpid(), PHOTOS, connections, seconds=1.0, warmup=0.2, rate=rate)


def test_a_closed_loop_counts_answers_and_their_times() -> None:
    bodies: list[bytes] = []

    def slow(body: bytes) -> Reply:
        bodies.append(body)
        time.sleep(0.02)
        return 200, {}, b"answer"

    with answering(slow) as port:
        outcome = run(closed(port))
    assert outcome.strangers(200) == {}
    assert outcome.in_time == outcome.statuses[200] == len(outcome.latencies_ms) > 0
    assert 20 <= outcome.p50_ms <= outcome.p99_ms
    assert outcome.per_second <= 4 / 0.02  # connections, and seconds of an answer
    assert outcome.server_cpu_s > 0 < outcome.generator_cpu_s
    assert len(set(bodies)) == len(bodies) > outcome.in_time


def test_refusals_are_counted_apart() -> None:
    turns = itertools.count()

    def every_other(_: bytes) -> Reply:
        return (200, {}, b"answer") if next(turns) % 2 else (429, {"Retry-After": "1"}, b"busy")

    with answering(every_other) as port:
        outcome = run(closed(port))
    assert outcome.strangers(200, 429) == {}
    assert outcome.with_retry_after == outcome.statuses[429] == outcome.strangers(200)[429] > 0
    assert len(outcome.latencies_ms) == outcome.statuses[200]


def test_lost_and_closed_connections_are_opened_again() -> None:
    turns = itertools.count()

    def fickle(_: bytes) -> Reply | None:
        turn = next(turns) % 3
        return None if turn == 0 else (200, {"Connection": "close"} if turn == 1 else {}, b"answer")

    with answering(fickle) as port:
        outcome = run(closed(port))
    assert outcome.statuses[LOST] > 4
    assert outcome.statuses[200] > 4


def test_an_open_loop_sends_at_its_rate() -> None:
    with answering(lambda _: (200, {}, b"answer")) as port:
        outcome = run(opened(port, rate=100, connections=32))
    assert 50 < outcome.statuses[200] < 150
    assert outcome.unsent == outcome.unanswered == 0


def test_an_open_loop_says_what_it_could_not_send() -> None:
    def slow(_: bytes) -> Reply:
        time.sleep(0.3)
        return 200, {}, b"answer"

    with answering(slow) as port:
        outcome = run(opened(port, rate=50, connections=2))
    assert outcome.unsent > outcome.statuses[200]


def test_percentiles_and_means() -> None:
    outcome = Outcome(
        seconds=2.0, in_time=100, statuses={200: 100, 429: 100}, latencies_ms=[float(ms) for ms in range(100)],
        server_cpu_s=1.0, generator_cpu_s=0.1, with_retry_after=100, unsent=0, unanswered=0,
    )  # fmt: skip
    assert (outcome.per_second, outcome.cpu_ms, outcome.p50_ms, outcome.p99_ms) == pytest.approx((50, 5, 49.5, 99))
