import dataclasses
import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.training.shapes import cache_of
from training.cache import Cache
from training.split import split


def cache_with(digests: list[str]) -> Cache:
    photos = [np.zeros((1, 1, 3), np.uint8)] * len(digests)
    return dataclasses.replace(cache_of(photos, [0] * len(digests)), digests=digests)


def many_digests(count: int) -> list[str]:
    return [hashlib.blake2b(number.to_bytes(4), digest_size=16).hexdigest() for number in range(count)]


digests = st.lists(st.binary(min_size=16, max_size=16).map(bytes.hex), min_size=1)
shares = st.floats(0.01, 0.49)


def sides(digests: list[str], validation: float, test: float) -> list[str]:
    """The side of each photo, each on just one."""
    parts = split(cache_with(digests), validation, test)
    found = {int(index): name for name in ("training", "validation", "test") for index in getattr(parts, name)}
    assert len(parts.training) + len(parts.validation) + len(parts.test) == len(digests)
    return [found[index] for index in range(len(digests))]


@given(digests=digests, validation=shares, test=shares)
def test_the_same_pixels_are_always_on_the_same_side(digests: list[str], validation: float, test: float) -> None:
    once = sides(digests, validation, test)
    assert sides(digests + digests[::-1], validation, test) == once + once[::-1]


@given(old=digests, new=digests, validation=shares, test=shares)
def test_adding_photos_moves_none_of_the_old_ones(
    old: list[str], new: list[str], validation: float, test: float
) -> None:
    assert sides(new + old, validation, test)[len(new) :] == sides(old, validation, test)


@given(digests=digests, validation=shares, test=shares)
def test_a_larger_validation_share_takes_from_training_only(digests: list[str], validation: float, test: float) -> None:
    for before, after in zip(sides(digests, validation / 2, test), sides(digests, validation, test), strict=True):
        assert before == after or (before, after) == ("training", "validation")


@pytest.mark.parametrize(("validation", "test"), [(0.04, 0.1), (0.2, 0.3), (0.001, 0.49)])
def test_the_shares_are_about_right(validation: float, test: float) -> None:
    parts = split(cache_with(many_digests(20_000)), validation, test)
    # Four standard deviations of a share of 20,000 photos are at most 0.0142.
    assert len(parts.test) / 20_000 == pytest.approx(test, abs=0.0142)
    assert len(parts.validation) / 20_000 == pytest.approx(validation, abs=0.0142)


@pytest.mark.parametrize(
    ("digest", "side"),
    [
        ("00000000", "test"),
        ("3fffffff", "test"),
        ("40000000", "validation"),
        ("7fffffff", "validation"),
        ("80000000", "training"),
        ("ffffffff", "training"),
    ],
)
def test_a_quarter_of_all_digests_ends_where_it_should(digest: str, side: str) -> None:
    assert sides([digest + "0" * 24], 0.25, 0.25) == [side]
