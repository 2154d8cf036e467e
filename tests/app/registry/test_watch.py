"""A service that looks into its models' folder ten times a second."""

import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.settings import Settings
from tests.app.conftest import serving, wait_until_ready
from tests.app.registry.operating import KEYS, listed, operated, states, wait_until
from tests.app.registry.versions_on_disk import half_copied, small_version

NAMES = (f"model-{number}" for number in itertools.count())


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("watched")
    small_version(folder, "first", 1, [0.0, 1.0])
    return folder


@pytest.fixture(scope="module")
def watching(watched: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    store = tmp_path_factory.mktemp("watching") / "photos.sqlite"
    with serving(Settings(models=watched, model="first", store=store, watch_s=0.1, admin_keys=KEYS)) as client:
        wait_until_ready(client)
        yield client


def stable(client: httpx.Client, name: str) -> int | None:
    """The version that answers; None for a model that is not there."""
    names = [model["name"] for model in client.get("/models").json()["models"]]
    return listed(client, name)["stable"] if name in names else None


@pytest.fixture
def brought_in(watching: httpx.Client, watched: Path) -> str:
    """A model of the test's own, whose first version has just come."""
    name = next(NAMES)
    small_version(watched, name, 1, [0.0, 1.0])
    wait_until(lambda: stable(watching, name) == 1)
    return name


def bring(watched: Path, aside: Path, name: str, version: int, logits: list[float]) -> Path:
    """Writes a version elsewhere and puts it there at once, as an export does."""
    whole = small_version(aside, name, version, logits)
    return whole.rename(watched / name / str(version))


def test_a_newer_version_that_comes_becomes_the_stable_one(
    watching: httpx.Client, watched: Path, brought_in: str, tmp_path: Path, chelsea: bytes
) -> None:
    bring(watched, tmp_path, brought_in, 3, [3.0, 0.0])
    wait_until(lambda: stable(watching, brought_in) == 3)
    model = listed(watching, brought_in)
    assert (model["previous"], states(watching, brought_in)) == (1, {3: "available", 1: "available"})
    answer = watching.post("/predict", content=chelsea, params={"model": brought_in}).json()
    assert (answer["model"]["version"], answer["label"]) == (3, "label 0")


def test_an_older_version_that_comes_is_left(
    watching: httpx.Client, watched: Path, brought_in: str, tmp_path: Path
) -> None:
    bring(watched, tmp_path, brought_in, 5, [3.0, 0.0])
    wait_until(lambda: stable(watching, brought_in) == 5)
    bring(watched, tmp_path, brought_in, 4, [4.0, 0.0])
    bring(watched, tmp_path, brought_in, 6, [5.0, 0.0])
    wait_until(lambda: stable(watching, brought_in) == 6)
    assert states(watching, brought_in)[4] == "on_disk"


def test_what_fails_is_logged_once_and_tried_again_when_its_files_change(
    watching: httpx.Client, watched: Path, brought_in: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    whole = small_version(tmp_path, brought_in, 2, [3.0, 0.0])
    half_copied(whole, watched / brought_in / "2")
    wait_until(lambda: states(watching, brought_in)[2] == "failed")
    bring(watched, tmp_path, brought_in, 3, [3.0, 0.0]).rename(tmp_path / "aside")
    small_version(watched, f"{brought_in}-later", 1, [0.0, 1.0])
    wait_until(lambda: stable(watching, f"{brought_in}-later") == 1)  # it has looked at everything since, twice
    assert stable(watching, brought_in) == 1
    assert len([line for line in caplog.messages if f"{brought_in} version 2 is not loaded" in line]) == 1
    shutil.copytree(whole, watched / brought_in / "2", dirs_exist_ok=True)
    wait_until(lambda: stable(watching, brought_in) == 2)


def test_the_newest_that_can_serve_is_taken(
    watching: httpx.Client, watched: Path, brought_in: str, tmp_path: Path
) -> None:
    half_copied(small_version(tmp_path / "whole", brought_in, 9, [3.0, 0.0]), watched / brought_in / "9")
    bring(watched, tmp_path, brought_in, 8, [3.0, 0.0])
    wait_until(lambda: stable(watching, brought_in) == 8)
    wait_until(lambda: states(watching, brought_in)[9] == "failed")


def test_what_was_taken_back_by_hand_does_not_come_again(
    watching: httpx.Client, watched: Path, brought_in: str, tmp_path: Path
) -> None:
    bring(watched, tmp_path, brought_in, 2, [3.0, 0.0])
    wait_until(lambda: stable(watching, brought_in) == 2)
    operated(watching, f"{brought_in}/rollback")
    operated(watching, f"{brought_in}/2/unload")
    small_version(watched, f"{brought_in}-later", 1, [0.0, 1.0])
    wait_until(lambda: stable(watching, f"{brought_in}-later") == 1)
    assert (stable(watching, brought_in), states(watching, brought_in)[2]) == (1, "on_disk")
    bring(watched, tmp_path, brought_in, 3, [4.0, 0.0])
    wait_until(lambda: stable(watching, brought_in) == 3)


def test_a_canary_that_was_set_by_hand_is_not_promoted(
    watching: httpx.Client, watched: Path, brought_in: str, tmp_path: Path
) -> None:
    bring(watched, tmp_path, brought_in, 2, [3.0, 0.0])
    wait_until(lambda: stable(watching, brought_in) == 2)
    operated(watching, f"{brought_in}/rollback")
    operated(watching, f"{brought_in}/canary", version=2, percent=5)
    small_version(watched, f"{brought_in}-later", 1, [0.0, 1.0])
    wait_until(lambda: stable(watching, f"{brought_in}-later") == 1)
    model = listed(watching, brought_in)
    assert (model["stable"], model["canary"], model["share"]) == (1, 2, 0.05)
