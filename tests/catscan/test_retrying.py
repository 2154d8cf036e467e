"""The bounds of asking again: by hand, and for any service."""

import math
from email.utils import formatdate
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catscan.retrying import Attempts, Retrying, retry_after_s


def refused(status: int = 429, **headers: str) -> httpx.Response:
    return httpx.Response(status, headers={name.replace("_", "-"): value for name, value in headers.items()})


def pauses(retrying: Retrying, response: httpx.Response, share: float = 1.0) -> list[float]:
    """All pauses for a service that goes on answering so."""
    attempts, found = Attempts(retrying, lambda: share), []
    while (pause := attempts.pause_s(response)) is not None:
        found.append(pause)
    return found


@pytest.mark.parametrize("status", [429, 503])
def test_what_is_refused_for_now_is_asked_again(status: int) -> None:
    assert pauses(Retrying(times=3), refused(status, retry_after="2")) == [2, 2, 2]


@pytest.mark.parametrize("status", [200, 304, 400, 404, 413, 415, 422, 500, 502, 504])
def test_nothing_else_is(status: int) -> None:
    assert pauses(Retrying(), refused(status, retry_after="0")) == []


def test_a_client_may_ask_but_once() -> None:
    assert pauses(Retrying(times=0), refused(retry_after="0")) == []


def test_all_pauses_together_are_bounded() -> None:
    assert pauses(Retrying(patience_s=6), refused(retry_after="2")) == [2, 2, 2]
    assert pauses(Retrying(patience_s=5.9), refused(retry_after="2")) == [2, 2]


def test_a_pause_that_would_be_too_long_is_not_begun() -> None:
    assert pauses(Retrying(patience_s=60), refused(retry_after="61")) == []


def test_without_a_header_the_longest_pause_doubles_up_to_a_bound() -> None:
    retrying = Retrying(times=6, first_pause_s=0.5, longest_pause_s=4)
    assert pauses(retrying, refused()) == [0.5, 1, 2, 4, 4, 4]
    assert pauses(retrying, refused(), share=0.25) == [0.125, 0.25, 0.5, 1, 1, 1]


def test_jitter_never_shortens_what_the_service_says() -> None:
    assert pauses(Retrying(times=1), refused(retry_after="3"), share=0.0) == [3]


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("0", 0), ("120", 120), (" 7 ", 7), ("soon", None), ("-1", None), ("1.5", None), ("", None)],
)
def test_retry_after_is_read_as_seconds(said: str, seconds: float | None) -> None:
    assert retry_after_s(refused(retry_after=said)) == seconds


def test_retry_after_may_be_a_date_by_the_service_s_own_clock() -> None:
    ninety_later = refused(retry_after="Wed, 21 Oct 2015 07:29:30 GMT", date="Wed, 21 Oct 2015 07:28:00 GMT")
    assert retry_after_s(ninety_later) == 90
    past = refused(retry_after="Wed, 21 Oct 2015 07:28:00 GMT", date="Wed, 21 Oct 2015 07:29:30 GMT")
    assert retry_after_s(past) == 0
    assert retry_after_s(refused(retry_after=formatdate(0, usegmt=True))) == 0  # without one, by ours


@pytest.mark.parametrize("wrong", [{"times": -1}, {"patience_s": -0.1}, {"first_pause_s": math.nan}])
def test_bounds_below_zero_are_a_mistake(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="no bound below zero"):
        Retrying(**wrong)


@given(
    times=st.integers(0, 50),
    patience=st.floats(0, 1e4),
    first=st.floats(0, 1e3),
    longest=st.floats(0, 1e3),
    share=st.floats(0, 1),
    said=st.none() | st.integers(0, 10**6).map(str) | st.text(st.characters(codec="latin-1"), max_size=9),
)
def test_however_a_service_refuses_a_client_keeps_its_bounds(
    times: int, patience: float, first: float, longest: float, share: float, said: str | None
) -> None:
    response = httpx.Response(503, headers={} if said is None else [(b"retry-after", said.encode("latin-1"))])
    found = pauses(Retrying(times, patience, first, longest), response, share)
    assert len(found) <= times
    assert sum(found) <= patience
    assert all(pause >= 0 for pause in found)
    named = retry_after_s(response)
    assert all(pause == named if named is not None else pause <= longest for pause in found)


@given(st.text(max_size=40))
def test_any_date_is_read_as_some_time_or_none(date: str) -> None:
    response = httpx.Response(503, headers=[(b"retry-after", date.encode()), (b"date", date[::-1].encode())])
    seconds = retry_after_s(response)
    assert seconds is None or seconds >= 0
