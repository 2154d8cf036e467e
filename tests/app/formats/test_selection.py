import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from app.errors import LayerUnknown, ParameterInvalid
from app.formats.selection import select_channels, select_label, select_layer, select_output
from tests.app.formats.manifests import MANIFEST


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
    with pytest.raises(ParameterInvalid, match="numbers from 0 to 9") as it:
        select_channels(chosen, 10)
    assert it.value.facts == {"parameter": "channels"}


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


@pytest.mark.parametrize("chosen", ["x", "10"])
def test_what_is_wrong_is_called_by_the_name_of_its_parameter(chosen: str) -> None:
    with pytest.raises(ParameterInvalid, match=r"^inputs: expected numbers") as it:
        select_channels(chosen, 10, "inputs")
    assert it.value.facts == {"parameter": "inputs"}


def test_a_layer_is_found_by_its_name() -> None:
    for record in MANIFEST.layers:
        assert select_layer(record.name, MANIFEST) is record
        output = select_output(record.name, MANIFEST)
        assert (output.name, output.kind, output.shape) == (record.name, record.kind, record.shape)
        assert output.signed == record.signed


def test_the_photo_is_no_layer_but_can_be_looked_at_like_one() -> None:
    output = select_output("images", MANIFEST)
    assert (output.kind, output.shape, output.signed) == ("input", (5, 7, 3), False)
    with pytest.raises(LayerUnknown):
        select_layer("images", MANIFEST)


@given(st.text(max_size=8))
@example("")
@example("Conv")
@example("conv ")
def test_any_other_name_is_refused_with_all_that_there_are(name: str) -> None:
    names = [record.name for record in MANIFEST.layers]
    assume(name not in [*names, "images"])
    for select, known in ((select_layer, names), (select_output, ["images", *names])):
        with pytest.raises(LayerUnknown) as it:
            select(name, MANIFEST)
        assert it.value.detail == f"Expected one of {', '.join(known)}; received: {name!r}"
        assert it.value.facts == {"layers": known}


def test_a_label_is_found_by_its_name_and_none_is_left_to_the_network() -> None:
    assert [select_label(label, MANIFEST) for label in MANIFEST.labels] == [0, 1]
    assert select_label(None, MANIFEST) is None


@given(st.text(max_size=4))
@example("")
@example("YES")
def test_any_other_label_is_refused_with_all_that_there_are(label: str) -> None:
    assume(label not in MANIFEST.labels)
    with pytest.raises(ParameterInvalid) as it:
        select_label(label, MANIFEST)
    assert it.value.detail == f"label: expected one of yes, no; received: {label!r}"
    assert it.value.facts == {"parameter": "label"}
