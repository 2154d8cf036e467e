import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import ParameterInvalid
from app.formats.selection import select_channels


@pytest.mark.parametrize(
    ("chosen", "numbers"),
    [
        (None, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
        ("0", [0]),
        ("9", [9]),
        ("0,5-9", [0, 5, 6, 7, 8, 9]),
        ("7,3,5", [7, 3, 5]),
        ("4-4", [4]),
        ("3-5,4,2-4", [3, 4, 5, 2]),
        (" 1 , 2-3 ", [1, 2, 3]),
        ("007", [7]),
    ],
)
def test_channels_come_in_the_order_of_the_query_and_each_once(chosen: str | None, numbers: list[int]) -> None:
    assert select_channels(chosen, 10) == numbers


@pytest.mark.parametrize(
    "chosen", ["", ",", "1,", "-1", "1-", "-", "1--2", "a", "1.0", "1e1", "0x1", "1 2", "²", "٣", "1000000000", "+1"]
)
def test_what_is_no_list_of_channels_is_refused_with_an_example(chosen: str) -> None:
    with pytest.raises(
        ParameterInvalid, match=r"channels: expected numbers and ranges such as 0,5-9; received: "
    ) as it:
        select_channels(chosen, 10)
    assert repr(chosen) in it.value.detail
    assert it.value.facts == {"parameter": "channels"}


@pytest.mark.parametrize("chosen", ["10", "0,10", "8-10", "5-4", "999999"])
def test_a_channel_that_the_layer_lacks_is_refused_with_the_highest_that_it_has(chosen: str) -> None:
    with pytest.raises(ParameterInvalid, match="channels from 0 to 9"):
        select_channels(chosen, 10)


@given(st.text("0123456789-, x", max_size=12), st.integers(1, 12))
def test_any_text_names_channels_of_the_layer_or_is_refused(chosen: str, channels: int) -> None:
    try:
        numbers = select_channels(chosen, channels)
    except ParameterInvalid:
        return
    assert numbers
    assert len(set(numbers)) == len(numbers)
    assert set(numbers) <= set(range(channels))


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)).map(sorted), min_size=1, max_size=6))
def test_a_list_of_ranges_names_what_they_hold(ranges: list[list[int]]) -> None:
    chosen = ",".join(str(first) if first == last else f"{first}-{last}" for first, last in ranges)
    named = [number for first, last in ranges for number in range(first, last + 1)]
    assert select_channels(chosen, 41) == list(dict.fromkeys(named))
