import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.access.ledger import MINUTE, SECRET_BYTES, SIZE, Ledger

NOW = 10**15  # microseconds: after thirty years without a restart
RATES = st.integers(1, 1_000_000)
# Pauses of any length, and photos.
PATTERNS = st.lists(st.tuples(st.integers(0, 2 * MINUTE), st.integers(1, 70)), max_size=60)


@given(st.integers(1, 100), PATTERNS)
def test_in_no_time_are_more_photos_granted_than_the_rate_and_what_the_time_adds(
    rate: int, pattern: list[tuple[int, int]]
) -> None:
    ledger, now, granted = Ledger.of_this_process(), NOW, list[tuple[int, int]]()
    for pause, photos in pattern:
        now += pause
        if ledger.spend("ann", rate, photos, now).granted:
            granted.append((now, photos))
    for first, (start, _) in enumerate(granted):
        total = 0
        for end, photos in granted[first:]:
            total += photos
            assert total <= rate + Fraction(rate * (end - start), MINUTE)


@given(st.integers(1, 100), PATTERNS)
def test_it_grants_what_a_bucket_of_exact_fractions_grants(rate: int, pattern: list[tuple[int, int]]) -> None:
    ledger, now, bucket = Ledger.of_this_process(), NOW, Fraction(rate)
    for pause, photos in pattern:
        now += pause
        bucket = min(Fraction(rate), bucket + Fraction(rate * pause, MINUTE))
        balance = ledger.spend("ann", rate, photos, now)
        assert balance.granted == (photos <= bucket)
        bucket -= photos if balance.granted else 0
        assert balance.photos == math.floor(bucket)
        assert balance.paid_s == pytest.approx(float((rate - bucket) * 60 / rate))


@given(RATES)
def test_as_many_as_the_rate_are_granted_at_once_and_not_one_more(rate: int) -> None:
    ledger = Ledger.of_this_process()
    assert ledger.spend("ann", rate, rate, NOW).granted
    assert not ledger.spend("ann", rate, 1, NOW).granted
    assert not Ledger.of_this_process().spend("ann", rate, rate + 1, NOW).granted


@given(RATES, st.integers(1, 50), st.integers(0, MINUTE))
def test_after_the_wait_that_is_told_it_is_granted_and_not_before(rate: int, photos: int, pause: int) -> None:
    ledger, photos = Ledger.of_this_process(), min(photos, rate)
    ledger.spend("ann", rate, rate, NOW)
    refused = ledger.look("ann", rate, photos, NOW + pause)
    wait = math.ceil(Fraction(max(0, refused.debt + (photos - rate) * MINUTE), rate))
    assert refused.wait_s(photos) == pytest.approx(wait / 1e6, abs=1e-6)
    assert refused.granted == (wait == 0)
    if wait:
        assert not ledger.spend("ann", rate, photos, NOW + pause + wait - 1).granted
    assert ledger.spend("ann", rate, photos, NOW + pause + wait).granted


def test_a_refusal_costs_nothing() -> None:
    ledger = Ledger.of_this_process()
    ledger.spend("ann", 10, 4, NOW)
    for _ in range(100):
        assert not ledger.spend("ann", 10, 7, NOW).granted
    assert ledger.spend("ann", 10, 6, NOW).granted


def test_what_is_given_back_may_be_asked_for_again_and_no_more() -> None:
    ledger = Ledger.of_this_process()
    ledger.spend("ann", 10, 10, NOW)
    assert ledger.spend("ann", 10, -3, NOW).photos == 3
    assert ledger.spend("ann", 10, -30, NOW).photos == 10
    assert not ledger.spend("ann", 10, 11, NOW).granted


@given(st.text(), st.text())
def test_a_client_does_not_pay_for_another(one: str, other: str) -> None:
    ledger = Ledger.of_this_process()
    ledger.spend(one, 5, 5, NOW)
    assert ledger.look(other, 5, 5, NOW).granted == (one != other)


def test_to_look_books_nothing_and_what_is_noted_is_owed() -> None:
    ledger = Ledger.of_this_process()
    assert ledger.look("ann", 5, 5, NOW) == ledger.look("ann", 5, 5, NOW)
    ledger.note("ann", 5, 4 * MINUTE, NOW)
    assert ledger.look("ann", 5, 1, NOW).photos == 1


def test_a_clock_that_went_back_pays_nothing_back() -> None:
    ledger = Ledger.of_this_process()
    ledger.spend("ann", 5, 5, NOW)
    assert not ledger.spend("ann", 5, 1, NOW - MINUTE).granted


def test_however_many_clients_come_the_table_has_its_size_and_the_newest_are_known() -> None:
    table = bytearray(SIZE)
    ledger = Ledger(table, bytes(SECRET_BYTES))
    clients = [f"address:{number}" for number in range(100_000)]
    for moment, client in enumerate(clients):
        ledger.spend(client, 5, 5, NOW + moment)
    assert len(table) == SIZE
    known = [not ledger.look(client, 5, 5, NOW + len(clients)).granted for client in clients]
    assert all(known[-10_000:])
    assert 50_000 < sum(known) <= 65_536
    assert b"address" not in table


def test_room_is_made_by_who_soonest_owes_nothing() -> None:
    ledger = Ledger.of_this_process()
    ledger.spend("ann", 5, 5, NOW)
    for number in range(100_000):
        ledger.spend(f"address:{number}", 5, 1, NOW)
    assert not ledger.look("ann", 5, 1, NOW).granted
