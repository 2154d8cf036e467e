"""The service before it is ready, and the things that only a server of one's own shows."""

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from app.errors import ImageUnknown, InternalError, NotReady
from app.photos.photo_bytes import checksum
from app.photos.photo_file import Row, open_file
from app.settings import Settings
from tests.app.conftest import answer_of, problem_of, serving, wait_until_ready
from tests.app.loopback import PATIENCE

QUESTIONS = [
    ("GET", "/health/ready"),
    ("GET", "/layers"),
    ("POST", "/predict"),
    ("POST", "/feature-maps?layer=conv1"),
    ("GET", "/feature-maps?image_id=x&layer=conv1"),
]


def test_a_service_that_is_loading_is_live_but_not_ready(tmp_path: Path, chelsea: bytes) -> None:
    with serving(Settings(store=tmp_path / "photos.sqlite")) as client:
        assert client.get("/health/live").json() == {"live": True}
        assert client.get("/docs").status_code == 200
        for method, path in QUESTIONS:
            response = client.request(method, path, content=chelsea if method == "POST" else None)
            assert "loaded" in problem_of(response, NotReady)["detail"]
            assert int(response.headers["retry-after"]) >= 1


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("forgetful") / "photos.sqlite"


@pytest.fixture(scope="module")
def forgetful(store: Path) -> Iterator[httpx.Client]:
    """Asks a service that keeps a photo for a second, in a file as several workers do."""
    with serving(Settings(workers=2, store=store, store_time=timedelta(seconds=1))) as client:
        wait_until_ready(client)
        yield client


def test_a_photo_is_forgotten_when_its_time_is_over(forgetful: httpx.Client, chelsea: bytes) -> None:
    image_id = answer_of(forgetful, chelsea)["image_id"]
    time.sleep(1.1)
    problem = problem_of(forgetful.get("/feature-maps", params={"image_id": image_id}), ImageUnknown)
    assert "within 0:00:01 (h:mm:ss)" in problem["detail"]
    answer = forgetful.post("/feature-maps", content=chelsea)
    assert answer.status_code == 200


def test_what_nobody_foresaw_is_logged_and_not_shown(
    forgetful: httpx.Client, store: Path, chelsea: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    content = b"nobody\ndigest\nno steps\npixels"  # by somebody else's hands, and with the right checksum
    file = open_file(store, busy_s=PATIENCE)
    file.put([Row("5f", "nobody", b"%08x\n" % checksum("5f", content) + content)], time.time(), too_old=0.0, most=9)
    file.close()
    problem = problem_of(forgetful.get("/feature-maps", params={"image_id": "5f"}), InternalError)
    assert "no steps" in caplog.text
    assert sorted(problem) == ["code", "detail", "status", "title", "type"]
    assert "steps" not in str(problem)
    assert answer_of(forgetful, chelsea)
