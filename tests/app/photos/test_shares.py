from hypothesis import given
from hypothesis import strategies as st

from app.photos.shares import SPARE, Shares

OWNERS = "anna", "ben", "carl", "dora"


def first_to_go(kept: list[tuple[str, str]]) -> str:
    """As one would find it by hand: `kept` is owners and ids, the oldest first."""
    owners = [owner for owner, _ in kept]
    most = max(map(owners.count, owners))
    return next(image_id for owner, image_id in kept if owners.count(owner) == most)


@given(st.lists(st.one_of(st.sampled_from(OWNERS), st.integers(0, 30)), max_size=80))
def test_the_oldest_of_the_one_who_has_the_most_goes_whatever_came_and_went_before(steps: list[str | int]) -> None:
    shares, kept = Shares(), list[tuple[str, str]]()
    for number, step in enumerate(steps):
        if isinstance(step, str):
            shares.add(step, f"{number}")
            kept.append((step, f"{number}"))
        elif kept:  # any one goes: it may have expired
            shares.remove(*kept.pop(step % len(kept)))
        if kept:
            assert shares.first_to_go() == first_to_go(kept)


def test_it_grows_with_what_is_kept_and_not_with_what_came() -> None:
    shares = Shares()
    for number in range(10_000):
        shares.add(OWNERS[number % 4], f"{number}")
        if number >= 20:
            shares.remove(OWNERS[(number - 20) % 4], f"{number - 20}")  # as if it had expired: nobody asks who goes
    assert len(shares._places) <= 2 * len(OWNERS) + SPARE + 1
    assert shares.first_to_go() == "9980"
