import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.formats.selection import select_channels
from catscan.channels import Channels, channels_text


@pytest.mark.parametrize(
    ("channels", "text"),
    [
        (7, "7"),
        ([0, 5, 6, 7, 8, 9], "0,5-9"),
        ([4, 3, 4], "4,3-4"),
        ([9, 8], "9,8"),
        (range(512), "0-511"),
        (np.arange(3), "0-2"),
        (np.int64(3), "3"),
        ("0,5-9", "0,5-9"),
        ("nonsense", "nonsense"),  # which the service refuses, and says why
    ],
)
def test_channels_become_what_the_service_reads(channels: Channels, text: str) -> None:
    assert channels_text(channels) == text


@given(st.lists(st.integers(0, 40), min_size=1))
def test_the_service_reads_any_channels_in_their_order_and_each_once(channels: list[int]) -> None:
    assert select_channels(channels_text(channels), 41) == list(dict.fromkeys(channels))


def test_no_channels_at_all_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="at least one channel; received: none"):
        channels_text([])


@pytest.mark.parametrize("wrong", [1.5, [1.5], [None]])
def test_what_is_no_whole_number_is_a_mistake(wrong: Channels) -> None:
    with pytest.raises(TypeError):
        channels_text(wrong)
