"""A service that looks into its models' folder ten times a second."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.app.registry.operating import listed, operated, states, wait_until
from tests.app.registry.versions_on_disk import half_copied, small_version
from tests.app.registry.watching_service import brought_in, stable, watching_service


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("watching") / "models"


@pytest.fixture(scope="module")
def watching(watched: Path) -> Iterator[httpx.Client]:
    with watching_service(watched, 0.1) as client:
        yield client


@pytest.fixture
def name(watching: httpx.Client, watched: Path) -> str:
    """A model of the test's own."""
    return brought_in(watching, watched)


def bring(watched: Path, aside: Path, name: str, version: int, logits: list[float]) -> Path:
    """Writes a version elsewhere and puts it there at once, as an export does."""
    whole = small_version(aside, name, version, logits)
    return whole.rename(watched / name / str(version))


def test_a_newer_version_that_comes_becomes_the_stable_one(
    watching: httpx.Client, watched: Path, name: str, tmp_path: Path, chelsea: bytes
) -> None:
    bring(watched, tmp_path, name, 3, [3.0, 0.0])
    wait_until(lambda: stable(watching, name) == 3)
    model = listed(watching, name)
    assert (model["previous"], states(watching, name)) == (1, {3: "available", 1: "available"})
    answer = watching.post("/predict", content=chelsea, params={"model": name}).json()
    assert (answer["model"]["version"], answer["label"]) == (3, "label 0")


def test_an_older_version_that_comes_is_left(watching: httpx.Client, watched: Path, name: str, tmp_path: Path) -> None:
    bring(watched, tmp_path, name, 5, [3.0, 0.0])
    wait_until(lambda: stable(watching, name) == 5)
    bring(watched, tmp_path, name, 4, [4.0, 0.0])
    bring(watched, tmp_path, name, 6, [5.0, 0.0])
    wait_until(lambda: stable(watching, name) == 6)
    assert states(watching, name)[4] == "on_disk"


def test_what_fails_is_logged_once_and_tried_again_when_its_files_change(
    watching: httpx.Client, watched: Path, name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    whole = small_version(tmp_path, name, 2, [3.0, 0.0])
    half_copied(whole, watched / name / "2")
    wait_until(lambda: states(watching, name)[2] == "failed")
    bring(watched, tmp_path, name, 3, [3.0, 0.0]).rename(tmp_path / "aside")
    small_version(watched, f"{name}-later", 1, [0.0, 1.0])
    wait_until(lambda: stable(watching, f"{name}-later") == 1)  # it has looked at everything since, twice
    assert stable(watching, name) == 1
    assert len([line for line in caplog.messages if f"{name} version 2 is not loaded" in line]) == 1
    shutil.copytree(whole, watched / name / "2", dirs_exist_ok=True)
    wait_until(lambda: stable(watching, name) == 2)


def test_the_newest_that_can_serve_is_taken(watching: httpx.Client, watched: Path, name: str, tmp_path: Path) -> None:
    half_copied(small_version(tmp_path / "whole", name, 9, [3.0, 0.0]), watched / name / "9")
    bring(watched, tmp_path, name, 8, [3.0, 0.0])
    wait_until(lambda: stable(watching, name) == 8)
    wait_until(lambda: states(watching, name)[9] == "failed")


def test_what_was_taken_back_by_hand_does_not_come_again(
    watching: httpx.Client, watched: Path, name: str, tmp_path: Path
) -> None:
    bring(watched, tmp_path, name, 2, [3.0, 0.0])
    wait_until(lambda: stable(watching, name) == 2)
    operated(watching, f"{name}/rollback")
    operated(watching, f"{name}/2/unload")
    small_version(watched, f"{name}-later", 1, [0.0, 1.0])
    wait_until(lambda: stable(watching, f"{name}-later") == 1)
    assert (stable(watching, name), states(watching, name)[2]) == (1, "on_disk")
    bring(watched, tmp_path, name, 3, [4.0, 0.0])
    wait_until(lambda: stable(watching, name) == 3)


def test_a_canary_that_was_set_by_hand_is_not_promoted(
    watching: httpx.Client, watched: Path, name: str, tmp_path: Path
) -> None:
    bring(watched, tmp_path, name, 2, [3.0, 0.0])
    wait_until(lambda: stable(watching, name) == 2)
    operated(watching, f"{name}/rollback")
    operated(watching, f"{name}/canary", version=2, percent=5)
    small_version(watched, f"{name}-later", 1, [0.0, 1.0])
    wait_until(lambda: stable(watching, f"{name}-later") == 1)
    model = listed(watching, name)
    assert (model["stable"], model["canary"], model["share"]) == (1, 2, 0.05)
