import os
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from app.__main__ import help_text
from app.keys import hash_of
from app.settings import PREFIX, Settings, SettingsInvalid, load_settings

BOUNDS = {
    "PORT": (0, 65_535),
    "WORKERS": (1, 64),
    "MAX_BODY_BYTES": (1024, 2**30),
    "MAX_PIXELS": (1, 89_000_000),
    "LANES": (1, 256),
    "MAX_BATCH": (1, 1024),
    "QUEUE_PHOTOS": (1, 100_000),
    "QUEUE_BYTES": (1024, 2**40),
    "REQUEST_PHOTOS": (1, 1024),
    "STORE_PHOTOS": (1, 1_000_000),
    "RATE_PER_KEY": (0, 1_000_000),
    "RATE_PER_ADDRESS": (0, 1_000_000),
}


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)


def load(monkeypatch: pytest.MonkeyPatch, variables: Mapping[str, object]) -> Settings:
    for name, value in variables.items():
        monkeypatch.setenv(PREFIX + name, str(value))
    return load_settings()


@pytest.mark.parametrize("name", BOUNDS)
def test_a_number_within_its_bounds_is_taken(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for value in BOUNDS[name]:
        assert getattr(load(monkeypatch, {name: value}), name.lower()) == value


@pytest.mark.parametrize("name", BOUNDS)
def test_a_number_beyond_its_bounds_is_refused_by_name(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    least, most = BOUNDS[name]
    for value in (least - 1, most + 1, "", "many", "1.5"):
        with pytest.raises(SettingsInvalid, match=rf"^CATSCAN_{name}: Input should be .*; received: '{value}'$"):
            load(monkeypatch, {name: value})


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("0:00:01", timedelta(seconds=1)),
        ("30 days", timedelta(days=30)),
        ("PT90S", timedelta(seconds=90)),
        ("1:30:00", timedelta(minutes=90)),
    ],
)
def test_a_time_within_its_bounds_is_taken(text: str, time: timedelta, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load(monkeypatch, {"STORE_TIME": text}).store_time == time


@pytest.mark.parametrize("text", ["0:00:00.9", "30 days 0:00:01", "-1:00:00", "P31D", "soon", ""])
def test_a_time_beyond_its_bounds_is_refused_by_name(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsInvalid, match=rf"^CATSCAN_STORE_TIME: .*; received: '{text}'$"):
        load(monkeypatch, {"STORE_TIME": text})


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("DEVICE", ["auto", "cpu", "gpu"]),
        ("PRECISION", ["auto", "float32", "bfloat16"]),
        ("LOG_LEVEL", ["debug", "info", "warning", "error"]),
    ],
)
def test_a_choice_is_one_of_its_words(name: str, values: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for value in values:
        assert getattr(load(monkeypatch, {name: value}), name.lower()) == value
    with pytest.raises(SettingsInvalid, match=rf"^CATSCAN_{name}: Input should be '{values[0]}', .*; received: 'tpu'$"):
        load(monkeypatch, {name: "tpu"})


@pytest.mark.parametrize("name", ["MAX_WAIT_S", "DEADLINE_S"])
def test_seconds_are_more_than_none_and_at_most_an_hour(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for value in (0.001, 3600):
        assert getattr(load(monkeypatch, {name: value}), name.lower()) == value
    for wrong in (0, -1, 3600.1, "nan", "soon"):
        with pytest.raises(SettingsInvalid, match=rf"^CATSCAN_{name}: Input should be .*; received: '{wrong}'$"):
            load(monkeypatch, {name: wrong})


@pytest.mark.parametrize(
    ("cores", "workers", "lanes"), [(1, 1, 2), (2, 1, 3), (4, 1, 5), (7, 1, 8), (8, 2, 5), (13, 3, 5), (64, 16, 5)]
)
def test_workers_of_at_least_four_cores_have_a_lane_for_each_and_one_more(
    cores: int, workers: int, lanes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.settings.cores", lambda: cores)
    settings = load_settings()
    assert (settings.workers, settings.lanes) == (workers, lanes)


def test_workers_that_are_asked_for_share_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.settings.cores", lambda: 8)
    assert load(monkeypatch, {"WORKERS": 3}).lanes == 3
    assert load(monkeypatch, {"WORKERS": 9}).lanes == 2


def test_a_default_that_hangs_on_a_wrong_variable_is_no_second_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsInvalid, match=r"\ACATSCAN_WORKERS: .*; received: '0'\Z"):
        load(monkeypatch, {"WORKERS": 0})


def test_a_redis_may_take_more_than_no_time_and_at_most_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    for value in (0.001, 60):
        assert load(monkeypatch, {"STORE_WAIT_S": value}).store_wait_s == value
    for wrong in (0, -1, 60.1, "nan", "soon"):
        with pytest.raises(SettingsInvalid, match=rf"^CATSCAN_STORE_WAIT_S: Input should be .*; received: '{wrong}'$"):
            load(monkeypatch, {"STORE_WAIT_S": wrong})


def test_traces_without_opentelemetry_installed_stop_the_start_and_say_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert load(monkeypatch, {"TRACING": "on"}).tracing
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk", None)
    with pytest.raises(SettingsInvalid, match=r"^CATSCAN_TRACING: .*pip install '\.\[tracing\]'; received: 'on'$"):
        load(monkeypatch, {"TRACING": "on"})
    assert not load(monkeypatch, {"TRACING": "off"}).tracing


def test_a_look_for_newer_versions_is_never_or_at_least_each_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    for value in (0, 0.1, 3600):
        assert load(monkeypatch, {"WATCH_S": value}).watch_s == value
    for wrong in (-0.1, 3600.1, "nan", "soon", ""):
        with pytest.raises(SettingsInvalid, match=rf"^CATSCAN_WATCH_S: Input should be .*; received: '{wrong}'$"):
            load(monkeypatch, {"WATCH_S": wrong})


@pytest.mark.parametrize("name", ["API_KEYS", "ADMIN_KEYS"])
def test_the_keys_of_the_environment_are_those_of_their_holders(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ",".join(f"{name}:{hash_of(name * 9).hex()}" for name in ("ann", "ben"))
    keys = getattr(load(monkeypatch, {name: lines}), name.lower())
    assert [keys.holder(key) for key in ("ann" * 9, "ben" * 9, "cat" * 9)] == ["ann", "ben", None]
    assert not getattr(load(monkeypatch, {name: ""}), name.lower())


@pytest.mark.parametrize("name", ["API_KEYS", "ADMIN_KEYS"])
def test_a_key_that_stands_where_its_hash_should_is_not_shown(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsInvalid, match=rf"^CATSCAN_{name}: .*name:hash.*in part 2; received: ") as refused:
        load(monkeypatch, {name: f"ann:{'1' * 64},ben:{'s3cr3t' * 8}"})
    assert "s3cr3t" not in str(refused.value)
    assert "1" * 64 not in str(refused.value)


def test_every_wrong_variable_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsInvalid) as it:
        load(monkeypatch, {"PORT": 99_999, "DEVICE": "tpu", "WORKERS": 2})
    assert [line.partition(":")[0] for line in str(it.value).splitlines()] == ["CATSCAN_PORT", "CATSCAN_DEVICE"]


def test_paths_are_taken_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = load(monkeypatch, {"MODELS": "/models/cat", "STORE": "/photos/x.sqlite"})
    assert (loaded.models, loaded.store) == (Path("/models/cat"), Path("/photos/x.sqlite"))


@pytest.mark.parametrize("name", Settings.model_fields)
def test_the_settings_cannot_be_changed_once_they_are_read(name: str) -> None:
    with pytest.raises(ValueError, match="frozen"):
        setattr(load_settings(), name, 1)


def test_the_artifact_of_this_repository_is_the_default() -> None:
    assert load_settings().models == Path(__file__).resolve().parents[2] / "model" / "saved"


def test_the_help_says_what_each_variable_is_for_and_its_default() -> None:
    text = help_text()
    for name, field in Settings.model_fields.items():
        assert field.description
        assert f"CATSCAN_{name.upper()}" in text
        assert f"{field.description} [{getattr(load_settings(), name)}]" in text
