"""That SECURITY.md keeps its word: each promise names a test that is there, each limit is the default."""

import os
import re
from pathlib import Path

import pytest

from app.settings import PREFIX, Settings

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "SECURITY.md").read_text()
PROMISED = TEXT.partition("## What is promised")[2].partition("## What is not promised")[0]
ROWS = [line for line in PROMISED.splitlines() if line.startswith("| ") and "---" not in line and line.strip("| ")]
PATHS = sorted(set(re.findall(r"`([\w./-]+/[\w./-]+)`", TEXT)))
LIMITS = re.findall(r"`CATSCAN_([A-Z_]+)=([^`]+)`", TEXT)


@pytest.mark.parametrize("row", ROWS)
def test_every_promise_names_a_test(row: str) -> None:
    _, promise, tests, _ = row.split("|")
    assert promise.strip().endswith(".")
    named = re.findall(r"`([^`]+)`", tests)
    assert any(name.startswith("tests/") for name in named)
    assert all(re.fullmatch(r"tests/[\w/]+/test_\w+\.py|\.ci/container", name) for name in named)


@pytest.mark.parametrize("path", [path for path in PATHS if not path.startswith("/")])
def test_every_file_that_is_named_is_there(path: str) -> None:
    assert (ROOT / path).exists()


@pytest.mark.parametrize("path", [path for path in PATHS if path.startswith("tests/")])
def test_every_test_that_is_named_tests_something(path: str) -> None:
    assert re.search(r"^(?:async )?def test_", (ROOT / path).read_text(), re.MULTILINE)


@pytest.mark.parametrize(("name", "value"), LIMITS)
def test_every_limit_is_the_default(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in [variable for variable in os.environ if variable.startswith(PREFIX)]:
        monkeypatch.delenv(variable)
    assert str(getattr(Settings(), name.lower())) == value


def test_every_variable_that_is_named_is_a_setting() -> None:
    assert set(re.findall(r"CATSCAN_([A-Z_]+)", TEXT)) <= {name.upper() for name in Settings.model_fields}


def test_there_is_something_to_look_at() -> None:
    assert len(ROWS) > 25
    assert len(PATHS) > 40
    assert len(LIMITS) >= 8
