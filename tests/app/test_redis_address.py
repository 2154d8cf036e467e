import os
import sys
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.__main__ import help_text
from app.redis_address import RedisAddress, redis_address
from app.settings import PREFIX, Settings, SettingsInvalid, load_settings

SECRET = "s3cret-word"


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)


def load(monkeypatch: pytest.MonkeyPatch, store: str) -> Settings:
    monkeypatch.setenv("CATSCAN_STORE", store)
    return load_settings()


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://localhost", "redis://localhost:6379/0"),
        ("redis://localhost:7000/3", "redis://localhost:7000/3"),
        ("redis://localhost/15/", "redis://localhost:6379/15"),
        (f"redis://:{SECRET}@redis.example:6379/0", "redis://redis.example:6379/0"),
        (f"redis://{SECRET}:{SECRET}@10.0.0.1/1", "redis://10.0.0.1:6379/1"),
        (f"rediss://:{SECRET}@[::1]:6380?ssl_ca_certs=/etc/{SECRET}.pem", "rediss://[::1]:6380/0"),
    ],
)
def test_an_address_is_taken_whole_and_shown_without_what_is_secret(
    monkeypatch: pytest.MonkeyPatch, url: str, shown: str
) -> None:
    settings = load(monkeypatch, url)
    assert isinstance(settings.store, RedisAddress)
    assert settings.store.url == url
    assert str(settings.store) == shown
    for text in (repr(settings.store), repr(settings), help_text()):
        assert SECRET not in text


@pytest.mark.parametrize("path", ["photos.sqlite", "/var/lib/photos:2/x", "./redis:here"])
def test_anything_else_is_a_file(monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    settings = load(monkeypatch, path)
    assert settings.store == Path(path)
    assert settings.local_folder == Path(path).parent


def test_what_the_workers_of_one_machine_share_lies_on_that_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load(monkeypatch, "redis://localhost").local_folder == Settings().local_folder


@pytest.mark.parametrize(
    "wrong",
    [
        f"redis://:{SECRET}@",
        f"redis://:{SECRET}@host:port/0",
        f"redis://:{SECRET}@host:99999/0",
        f"redis://:{SECRET}@host/photos",
        f"redis://:{SECRET}#{SECRET}@host",
        f"redis://:{SECRET}/{SECRET}@host",
        f"redis://:{SECRET}?{SECRET}@host",
        f"redis:{SECRET}@host",
        f"http://:{SECRET}@host",
        f"unix://{SECRET}@/var/run/redis.sock",
        f"redis://host?password={SECRET}",
        f"redis://host?{SECRET}",
        "redis://[::1",
        "redis://a..b",
    ],
)
def test_a_wrong_address_is_refused_without_a_word_of_it(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    with pytest.raises(SettingsInvalid, match=r"^CATSCAN_STORE: Input should be .*; received: '\w+:…'$") as it:
        load(monkeypatch, wrong)
    assert SECRET not in f"{it.value} {it.value.__cause__}"


@given(st.text(min_size=1))
def test_whatever_the_password_an_address_looks_as_if_it_had_none(password: str) -> None:
    address = redis_address(f"redis://:{quote(password, safe='')}@host")
    assert repr(address) == "RedisAddress(shown='redis://host:6379/0')"
    assert (str(address), address.shown) == ("redis://host:6379/0",) * 2


def test_a_redis_without_its_client_installed_stops_the_start_and_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(SettingsInvalid, match=r"^CATSCAN_STORE: .*pip install '\.\[redis\]'; received: 'redis:…'$"):
        load(monkeypatch, "redis://host")
    assert load(monkeypatch, "/a/file").store == Path("/a/file")
