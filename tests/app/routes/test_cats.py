"""The shipped network on photos that it was not trained on."""

import httpx
import pytest

from tests.app.conftest import answer_of
from tests.conftest import encoded, photo_of


def test_chelsea_is_a_cat(client: httpx.Client) -> None:
    answer = answer_of(client, encoded(photo_of("chelsea"), "JPEG"))
    assert answer["label"] == "cat"
    assert answer["probability"] >= 0.8


@pytest.mark.parametrize("name", ["coffee", "astronaut", "rocket"])
def test_what_is_no_cat_is_not_called_one(client: httpx.Client, name: str) -> None:
    assert answer_of(client, encoded(photo_of(name), "JPEG"))["label"] != "cat"
