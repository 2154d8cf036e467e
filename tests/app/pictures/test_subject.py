import pytest

from app.pictures.heading import Heading
from app.pictures.scaling import Limits
from app.pictures.subject import MOST_NUMBERS, MapsOf, which


@pytest.mark.parametrize(
    ("numbers", "of", "words"),
    [
        ((0, 1, 2), 3, "all 3 channels"),
        ((0,), 1, "its only channel"),
        ((2, 1, 0), 3, "3 of its channels: 2, 1, 0"),
        ((0,), 3, "1 of its channels: 0"),
        ((0, 5, 6, 7), 64, "4 of its channels: 0, 5-7"),
    ],
)
def test_channels_are_told_in_words(numbers: tuple[int, ...], of: int, words: str) -> None:
    assert which(numbers, of, "channel") == words


def test_very_many_single_channels_are_shortened() -> None:
    words = which(tuple(range(0, 200, 2)), 200, "channel")
    assert words.startswith("100 of its channels: 0, 2, 4, ")
    assert words.endswith("…")
    assert len(words) == len("100 of its channels: ") + MOST_NUMBERS


def test_maps_are_told_by_their_size_and_a_vector_by_its_values() -> None:
    maps = MapsOf("relu1", "relu", (3, 1), 64, Limits(0, 1))
    assert maps.names == ("3", "1")
    assert maps.heading(20, 30) == Heading("relu1", "relu", "20 x 30 x 64  ·  2 of its channels: 3, 1")
    assert maps.heading(1, 1).words == "64 values  ·  2 of its channels: 3, 1"
    assert maps.texts(20, 30) == {"Layer": "relu1", "Kind": "relu", "Shape": "20,30,64", "Channels": "3,1"}
