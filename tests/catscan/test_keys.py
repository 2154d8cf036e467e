"""A service that wants a key, and its clients."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.keys import Keys, hash_of, new_key
from app.registry.registry import first_to_serve
from app.settings import Settings
from catscan import AsyncClient, Client, KeyRefused
from tests.app.conftest import serving, wait_until_ready
from tests.catscan.conftest import Command, Script, said

KEY = new_key()


@pytest.fixture(scope="module")
def keyed_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Of a service with a key."""
    keys = Keys.parse(f"ann:{hash_of(KEY).hex()}")
    store, models = tmp_path_factory.mktemp("keyed") / "photos.sqlite", first_to_serve(Settings()).folder
    with serving(Settings(store=store, models=models, api_keys=keys)) as http:
        wait_until_ready(http)
        yield str(http.base_url)


def test_with_the_key_both_clients_are_answered(keyed_url: str, cat: Path) -> None:
    with Client(keyed_url, api_key=KEY) as client:
        answer = client.predict(cat)
        assert client.feature_maps(answer.image_id or "", "images").size

    async def ask() -> str:
        async with AsyncClient(keyed_url, api_key=KEY) as client:
            return (await client.predict(cat)).label

    assert asyncio.run(ask()) == answer.label


@pytest.mark.parametrize("wrong", [None, "", "wrong", KEY[:-1]], ids=["none", "an empty one", "a word", "a part"])
def test_without_it_the_refusal_says_so_and_shows_no_key(keyed_url: str, wrong: str | None, cat: Path) -> None:
    with Client(keyed_url, api_key=wrong) as client, pytest.raises(KeyRefused) as refused:
        client.predict(cat)
    assert (refused.value.status, refused.value.code) == (401, "key_wrong")
    assert not wrong or wrong not in refused.value.detail.replace("wrong key", "")


def test_a_client_of_ones_own_shows_the_key_too_and_keeps_its_password(script: Script) -> None:
    with script(said({"models": []})) as service:
        with (
            httpx.Client(auth=("ann", "secret"), trust_env=False) as http,
            Client(service.url, api_key=KEY, http=http) as client,
        ):
            client.models()
        (heard,) = service.heard
    assert heard.headers["x-api-key"] == KEY
    assert heard.headers["authorization"].startswith("Basic ")


def test_without_a_key_none_is_shown(script: Script) -> None:
    with script(said({"models": []})) as service:
        with Client(service.url) as client:
            client.models()
        assert "x-api-key" not in service.heard[0].headers


@pytest.mark.parametrize("wrong", ["two words", "line\nbreak", "clé", " ", "key\n", "\0"])
def test_what_a_header_cannot_carry_is_a_mistake_that_is_not_shown(wrong: str) -> None:
    with pytest.raises(ValueError, match="Expected a key of letters") as mistake:
        Client(api_key=wrong)
    assert wrong == " " or wrong not in str(mistake.value)


def test_the_command_has_the_key_from_the_environment(
    command: Command, keyed_url: str, cat: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CATSCAN_KEY", raising=False)
    refused = command("layers", at=keyed_url)
    assert refused.code == 1
    assert "received: no key" in refused.err
    monkeypatch.setenv("CATSCAN_KEY", KEY)
    assert command("layers", at=keyed_url).code == 0
    assert command("predict", cat, at=keyed_url).code == 0
    for help_of in ((), ("layers",)):
        shown = command(*help_of, "--help", at=keyed_url)
        assert KEY not in shown.out + shown.err
    assert "CATSCAN_KEY" in command("--help", at=keyed_url).out
