import re
from typing import Any

import pytest

from app.photos.owners import may_see, owner_of


def asked(address: str = "192.0.2.7", holder: str | None = None) -> dict[str, Any]:
    return {"type": "http", "client": (address, 1), "state": {"holder": holder}}


def test_an_owner_is_the_same_for_each_request_of_a_client_and_another_for_each_other() -> None:
    clients = [asked(), asked("192.0.2.8"), asked("2001:db8::1"), asked(holder="anna"), asked(holder="ben")]
    assert len({owner_of(scope) for scope in clients}) == len(clients)
    assert owner_of(asked(holder="anna")) == owner_of(asked("192.0.2.9", holder="anna"))
    assert owner_of(asked("2001:db8::1")) == owner_of(asked("2001:db8::ffff"))  # one household's


@pytest.mark.parametrize(
    "scope", [asked(), asked(holder="192.0.2.7"), asked("\udcff"), {"type": "http", "client": None}]
)
def test_neither_address_nor_name_can_be_read_from_it(scope: dict[str, Any]) -> None:
    assert re.fullmatch(r"(key|address):[0-9a-f]{32}", owner_of(scope))


def test_what_came_with_a_key_only_that_key_sees() -> None:
    owner = owner_of(asked(holder="anna"))
    assert may_see(asked("192.0.2.99", holder="anna"), owner)
    assert not may_see(asked(holder="ben"), owner)
    assert not may_see(asked(), owner)


def test_what_came_without_whoever_has_its_id_sees() -> None:
    assert all(may_see(scope, owner_of(asked())) for scope in (asked(), asked("192.0.2.8"), asked(holder="ben")))
