import pytest

from model.receipts.unit import Unit, check_unit


def test_a_units_index_is_its_place_and_its_channel_or_its_channel_alone() -> None:
    assert Unit("maps", 3, y=1, x=2).at == (1, 2, 3)
    assert Unit("vector", 3).at == (3,)


@pytest.mark.parametrize("unit", [Unit("a", 0, 0, 0), Unit("a", 3, 1, 2), Unit("a", 3, 0, 2)])
def test_the_first_and_the_last_units_of_maps_are_there(unit: Unit) -> None:
    check_unit(unit, (2, 3, 4))


@pytest.mark.parametrize("channel", [0, 4])
def test_the_first_and_the_last_units_of_a_vector_are_there(channel: int) -> None:
    check_unit(Unit("a", channel), (5,))


@pytest.mark.parametrize(
    ("unit", "shape", "refusal"),
    [
        (Unit("a", 4, 0, 0), (2, 3, 4), "channel: expected 0 to 3, as a has; received: 4"),
        (Unit("a", -1, 0, 0), (2, 3, 4), "channel: expected 0 to 3, as a has; received: -1"),
        (Unit("a", 0, 2, 0), (2, 3, 4), "y: expected 0 to 1, as a has; received: 2"),
        (Unit("a", 0, 0, 3), (2, 3, 4), "x: expected 0 to 2, as a has; received: 3"),
        (Unit("a", 0, 0, -1), (2, 3, 4), "x: expected 0 to 2, as a has; received: -1"),
        (Unit("a", 0, x=0), (2, 3, 4), "y: expected one, since the output of a are maps; received: nothing"),
        (Unit("a", 0, y=0), (2, 3, 4), "x: expected one, since the output of a are maps; received: nothing"),
        (Unit("a", 0, y=1), (5,), "y: expected none, since the output of a is a vector; received: 1"),
        (Unit("a", 0, x=1), (5,), "x: expected none, since the output of a is a vector; received: 1"),
        (Unit("a", 5), (5,), "channel: expected 0 to 4, as a has; received: 5"),
    ],
)
def test_a_unit_that_is_not_there_is_refused_by_the_name_of_what_is_wrong(
    unit: Unit, shape: tuple[int, ...], refusal: str
) -> None:
    with pytest.raises(ValueError, match=f"^{refusal}$"):
        check_unit(unit, shape)
