import dataclasses
from typing import get_args

import pytest

from model.layers import Convolution, Dense, Layer, Rescaling

KINDS = get_args(Layer)


def test_rows_with_the_same_words_are_the_same_row() -> None:
    assert Convolution("conv1", 8) == Convolution("conv1", filters=8, size=3, stride=1, padding="same")
    assert Convolution("conv1", 8) != Convolution("conv1", 8, padding="valid")


@pytest.mark.parametrize("field", ["name", "units"])
def test_a_row_cannot_be_changed(field: str) -> None:
    row = Dense("logits")
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(row, field, 3)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_kind_of_layer_begins_with_its_name_and_says_what_it_does(kind: type[Layer]) -> None:
    assert dataclasses.fields(kind)[0].name == "name"
    assert kind.__doc__
    assert not kind.__doc__.startswith(kind.__name__ + "(")  # what a dataclass writes for itself


def test_rescaling_maps_black_to_minus_one_and_white_to_one() -> None:
    row = Rescaling("rescale")
    assert 0 * row.scale + row.offset == -1
    assert 255 * row.scale + row.offset == 1
