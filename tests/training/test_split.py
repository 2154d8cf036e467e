import dataclasses
import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.training.shapes import cache_of
from training.cache import Cache
from training.config import Config
from training.split import split


def cache_with(digests: list[str], sources: list[str] | None = None) -> Cache:
    photos = [np.zeros((1, 1, 3), np.uint8)] * len(digests)
    return dataclasses.replace(cache_of(photos, [0] * len(digests), sources), digests=digests)


def config_of(validation: float, test: float, *left_out: str) -> Config:
    return Config(photos="nowhere", validation_share=validation, test_share=test, left_out=left_out)


def many_digests(count: int) -> list[str]:
    return [hashlib.blake2b(number.to_bytes(4), digest_size=16).hexdigest() for number in range(count)]


digests = st.lists(st.binary(min_size=16, max_size=16).map(bytes.hex), min_size=1)
shares = st.floats(0.01, 0.49)


def sides_of(cache: Cache, config: Config) -> list[str]:
    """The side of each photo, each on just one."""
    parts = dataclasses.asdict(split(cache, config))
    found = {int(index): name for name, indices in parts.items() for index in indices}
    assert sum(len(indices) for indices in parts.values()) == len(cache)
    assert all((np.diff(indices) > 0).all() for indices in parts.values())
    return [found[index] for index in range(len(cache))]


def sides(digests: list[str], validation: float, test: float) -> list[str]:
    return sides_of(cache_with(digests), config_of(validation, test))


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
    parts = split(cache_with(many_digests(20_000)), config_of(validation, test))
    # Four standard deviations of a share of 20,000 photos are at most 0.0142.
    assert len(parts.test) / 20_000 == pytest.approx(test, abs=0.0142)
    assert len(parts.validation) / 20_000 == pytest.approx(validation, abs=0.0142)


def test_every_photo_of_a_source_that_is_left_out_judges_only_and_the_others_stay_where_they_were() -> None:
    sources = [("web", "phone", "phone 2")[number % 3] for number in range(300)]
    cache = cache_with(many_digests(300), sources)
    before, after = (sides_of(cache, config_of(0.2, 0.2, *left_out)) for left_out in ((), ("phone",)))
    assert set(before) == {"training", "validation", "test"}
    for source, old, new in zip(sources, before, after, strict=True):
        assert new == ("left_out" if source == "phone" else old)


@pytest.mark.parametrize("count", [1, 50, 183, 184, 185, 10_000])
def test_of_the_training_photos_only_so_many_are_taken_and_the_other_sides_stay(count: int) -> None:
    cache = cache_with(many_digests(300))
    whole = split(cache, config_of(0.2, 0.2))
    assert len(whole.training) == 184
    part = split(cache, config_of(0.2, 0.2).model_copy(update={"training_photos": count}))
    assert len(part.training) == min(count, 184)
    assert set(part.training) <= set(whole.training)
    assert (np.diff(part.training) > 0).all()
    np.testing.assert_array_equal(part.validation, whole.validation)
    np.testing.assert_array_equal(part.test, whole.test)


@given(first=st.integers(1, 200), second=st.integers(1, 200), order=st.permutations(range(100)))
def test_fewer_training_photos_are_among_the_more_whatever_their_order(
    first: int, second: int, order: list[int]
) -> None:
    digests = many_digests(100)

    def taken(digests: list[str], count: int) -> set[str]:
        config = config_of(0.2, 0.2).model_copy(update={"training_photos": count})
        return {digests[photo] for photo in split(cache_with(digests), config).training}

    assert taken(digests, min(first, second)) <= taken([digests[photo] for photo in order], max(first, second))


def test_a_source_that_has_no_photos_cannot_be_left_out() -> None:
    cache = cache_with(many_digests(4), ["web", "phone", "web", "phone"])
    with pytest.raises(ValueError, match=r"^left_out: expected sources of the photos; received: chan, phon$"):
        split(cache, config_of(0.2, 0.2, "phon", "web", "chan"))


def test_all_sources_may_be_left_out() -> None:
    cache = cache_with(many_digests(20), ["web", "phone"] * 10)
    assert sides_of(cache, config_of(0.2, 0.2, "phone", "web")) == ["left_out"] * 20


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
