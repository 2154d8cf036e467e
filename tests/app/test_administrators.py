"""Who may change which versions answer."""

from collections.abc import Iterator

import httpx
import pytest

from app.access.refusals import AdminClosed, KeyWrong
from app.keys import hash_of
from app.settings import Settings
from model.manifest import Manifest
from tests.app.conftest import problem_of, serving, wait_until_ready
from tests.app.registry.operating import KEY, KEYS, listed

PATHS = ["cat/1/load", "cat/rollback", "cat/canary?percent=0", "cat/1/unload"]


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Asks a service with a key."""
    with serving(Settings(store=tmp_path_factory.mktemp("keyed") / "photos.sqlite", admin_keys=KEYS)) as client:
        wait_until_ready(client)
        yield client


@pytest.mark.parametrize("path", PATHS)
def test_without_the_setting_nobody_may(client: httpx.Client, path: str) -> None:
    for headers in ({}, {"authorization": f"Bearer {KEY}"}):
        problem = problem_of(client.post(f"/admin/models/{path}", headers=headers), AdminClosed)
        assert "CATSCAN_ADMIN_KEYS" in problem["detail"]
        assert "python -m app.new_key NAME" in problem["detail"]


WRONG: dict[str, dict[str, str]] = {
    "nothing": {},
    "an empty header": {"authorization": ""},
    "a scheme alone": {"authorization": "Bearer"},
    "too short": {"authorization": f"Bearer {KEY[:-1]}"},
    "too long": {"authorization": f"Bearer {KEY}x"},
    "another scheme": {"authorization": f"Basic {KEY}"},
    "an empty key": {"x-api-key": ""},
    "a scheme in the key": {"x-api-key": f"Bearer {KEY}"},
    "the name": {"x-api-key": "tests"},
    "the hash": {"x-api-key": hash_of(KEY).hex()},
}
RIGHT = {
    "Bearer": {"authorization": f"Bearer {KEY}"},
    "bearer": {"authorization": f"bearer {KEY}"},
    "X-Api-Key": {"x-api-key": KEY},
}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("wrong", WRONG)
def test_without_the_key_nobody_may(keyed: httpx.Client, path: str, wrong: str, manifest: Manifest) -> None:
    problem = problem_of(keyed.post(f"/admin/models/{path}", headers=WRONG[wrong]), KeyWrong)
    assert KEY not in str(problem)
    assert listed(keyed, "cat")["stable"] == manifest.version


def test_a_key_may_hold_any_bytes_and_is_wrong(keyed: httpx.Client) -> None:
    for header in (b"x-api-key", b"authorization"):
        value = "Bearer clé".encode() + b"\xff"
        problem_of(keyed.post("/admin/models/cat/rollback", headers=[(header, value)]), KeyWrong)


@pytest.mark.parametrize("right", RIGHT)
def test_with_the_key_its_holder_may(keyed: httpx.Client, right: str, manifest: Manifest) -> None:
    assert keyed.post(f"/admin/models/cat/{manifest.version}/load", headers=RIGHT[right]).status_code == 200


def test_who_did_what_is_logged_and_no_key(keyed: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    keyed.post("/admin/models/cat/rollback", headers={"x-api-key": KEY})
    assert "tests: POST /admin/models/cat/rollback" in caplog.messages
    assert KEY not in caplog.text
