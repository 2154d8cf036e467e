import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Overloaded
from app.scheduling.admission import Admission
from app.settings import Settings
from tests.app.clock import Clock


def admission(clock: Clock, photos: int = 1000, size: int = 2**20, max_wait_s: float = 5) -> Admission:
    return Admission(Settings(queue_photos=photos, queue_bytes=size, max_wait_s=max_wait_s), clock=clock)


def paced(seconds: float, **limits: float) -> Admission:
    """One from which photos have left at this pace for a long time."""
    clock = Clock()
    limited = Admission(Settings.model_validate(limits), clock=clock)
    for _ in range(500):
        limited.enter(1, math.inf)
        clock.now += seconds
        limited.leave(1, answered=True)
    return limited


def test_as_many_photos_as_are_allowed_get_in() -> None:
    limited = admission(Clock(), photos=3)
    for _ in range(3):
        limited.enter(1, math.inf)
    with pytest.raises(Overloaded, match="Expected at most 3 photos at a time; received: one more"):
        limited.enter(1, math.inf)
    limited.leave(1, answered=True)
    limited.enter(1, math.inf)
    assert limited.photos == 3


def test_as_many_bytes_as_are_allowed_get_in() -> None:
    limited = admission(Clock(), size=2048)
    limited.enter(1024, math.inf)
    limited.enter(1024, math.inf)
    with pytest.raises(Overloaded, match="Expected at most 2048 bytes of photos at a time; received: 2049"):
        limited.enter(1, math.inf)
    limited.leave(1024, answered=False)
    limited.enter(1, math.inf)
    assert limited.bytes == 1025


def test_a_photo_that_is_alone_gets_in_however_large_and_slow() -> None:
    limited = paced(60.0, queue_bytes=1024)
    limited.enter(10_000, 1.0)
    assert limited.photos == 1


def test_the_pace_is_the_time_from_one_answer_to_the_next() -> None:
    assert paced(0.25).pace_s == pytest.approx(0.25, rel=1e-3)


def test_the_pace_counts_no_idle_time_and_no_refused_photos() -> None:
    clock = Clock()
    limited = admission(clock)
    for _ in range(500):
        clock.now += 1000
        limited.enter(1, math.inf)
        clock.now += 0.5
        limited.leave(1, answered=True)
        limited.enter(1, math.inf)
        limited.leave(1, answered=False)
    assert limited.pace_s == pytest.approx(0.5, rel=1e-3)


def test_a_first_answer_that_took_long_refuses_nobody() -> None:
    clock = Clock()
    limited = admission(clock)
    for _ in range(64):
        limited.enter(1, math.inf)
    clock.now += 2.0
    for _ in range(16):
        limited.leave(1, answered=True)
    for _ in range(16):
        limited.enter(1, math.inf)
    assert limited.photos == 64


def test_a_photo_whose_answer_would_come_in_time_gets_in_and_the_next_one_does_not() -> None:
    limited = paced(0.5, max_wait_s=2.0)
    for _ in range(3):
        limited.enter(1, math.inf)
    limited.enter(1, math.inf)  # it takes 4 x 0.5 s
    with pytest.raises(Overloaded, match=r"answered within 2 s; received: one that takes 2\.5 s. Try again in 1 s"):
        limited.enter(1, math.inf)


def test_a_client_may_be_less_patient_than_the_service() -> None:
    limited = paced(0.5)
    limited.enter(1, math.inf)
    limited.enter(1, 1.01)
    with pytest.raises(Overloaded, match=r"answered within 1 s"):
        limited.enter(1, 1)


def test_a_refusal_says_when_to_come_again() -> None:
    limited = paced(1.0, queue_photos=3, max_wait_s=100)
    for _ in range(3):
        limited.enter(1, math.inf)
    with pytest.raises(Overloaded) as it:
        limited.enter(1, math.inf)
    assert it.value.facts["retry_after_s"] == 4
    assert it.value.headers == {"Retry-After": "4"}


@given(st.lists(st.tuples(st.integers(0, 4000), st.booleans(), st.floats(0, 3)), max_size=60), st.integers(1, 5))
def test_whoever_comes_and_goes_the_limits_hold_and_every_place_is_given_back(
    steps: list[tuple[int, bool, float]], photos: int
) -> None:
    clock, inside = Clock(), list[int]()
    limited = admission(clock, photos=photos, size=5000)
    for size, leaves, seconds in steps:
        clock.now += seconds
        if leaves and inside:
            limited.leave(inside.pop(0), answered=True)
            continue
        try:
            limited.enter(size, 10.0)
            inside.append(size)
        except Overloaded as error:
            assert inside, error
        assert limited.photos == len(inside) <= photos
        assert limited.bytes == sum(inside)
        assert limited.bytes <= 5000 or len(inside) == 1
    for size in inside:
        limited.leave(size, answered=False)
    assert (limited.photos, limited.bytes) == (0, 0)


def test_several_photos_of_one_request_take_as_many_places() -> None:
    limited = admission(Clock(), photos=5)
    limited.enter(100, math.inf)
    limited.enter(0, math.inf, photos=4)
    assert limited.photos == 5
    limited.leave(100, answered=True, photos=5)
    assert (limited.photos, limited.bytes) == (0, 0)
    with pytest.raises(Overloaded, match="Expected at most 5 photos at a time; received: 6 more"):
        limited.enter(100, math.inf, photos=6)


def test_several_photos_that_are_answered_together_set_the_pace_of_one() -> None:
    clock = Clock()
    limited = admission(clock)
    for _ in range(500):
        limited.enter(1, math.inf, photos=4)
        clock.now += 2.0
        limited.leave(1, answered=True, photos=4)
    assert limited.pace_s == pytest.approx(0.5, rel=1e-3)
