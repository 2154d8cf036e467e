"""The ceiling's process measures what it is asked for."""

import pytest

from benchmarks.ceiling import Question, Work, ceiling


def test_decoding_and_the_forward_pass_cost_as_much_as_both_parts() -> None:
    works: tuple[Work, ...] = ("decode and forward", "decode", "forward")
    with ceiling("float32", lanes=1) as asker:
        both, decode, forward = (asker.measure(Question(work, "web", 4, 1, 0.5)) for work in works)
    assert 0 < decode.cpu_ms < both.cpu_ms > forward.cpu_ms > 0
    assert 0 < both.per_second < min(decode.per_second, forward.per_second)
    assert both.p50_ms > decode.p50_ms > 0


def test_rests_between_calls_count_as_no_time() -> None:
    with ceiling("float32", lanes=1) as asker:
        rested = asker.measure(Question("decode", "web", 1, 1, 0.5, rest_s=0.1))
    assert rested.p50_ms < 100
    assert rested.per_second > 10


def test_a_process_that_has_ended_is_an_error() -> None:
    with ceiling("float64", lanes=1) as asker, pytest.raises(RuntimeError, match="it ended"):
        asker.measure(Question("decode", "web", 1, 1, 0.1))
