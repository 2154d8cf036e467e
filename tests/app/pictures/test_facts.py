import pytest

from app.pictures.facts import MOST_LETTERS, GridFacts
from app.pictures.scaling import Limits


def facts_with(count: int) -> GridFacts:
    """Of so many channels, each with limits of ten letters, and a blank before them."""
    return GridFacts("channel", (Limits(0.0, 12.875),) * count, "viridis", "dark is low", 0.25, 3)


def test_chunks_and_headers_tell_the_scale_in_full() -> None:
    facts = facts_with(2)
    assert facts.scale_text == "channel 0.0,12.875 0.0,12.875"
    assert facts.chunks == {
        "Scale": "channel 0.0,12.875 0.0,12.875",
        "Colormap": "viridis",
        "Sign": "dark is low",
        "Clipped": "0.25",
        "Not finite": "3",
    }
    assert facts.headers == {
        "Map-Scale": "channel 0.0,12.875 0.0,12.875",
        "Map-Colormap": "viridis",
        "Map-Sign": "dark is low",
    }


@pytest.mark.parametrize(("count", "in_full"), [(272, True), (273, False)])
def test_more_limits_than_a_header_should_hold_are_in_the_chunks_only(count: int, in_full: bool) -> None:
    facts = facts_with(count)
    assert (len(facts.scale_text) <= MOST_LETTERS) == in_full
    assert facts.headers["Map-Scale"] == (facts.scale_text if in_full else "channel")
    assert facts.chunks["Scale"].count("12.875") == count
