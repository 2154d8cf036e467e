"""Only networks with one of the digests that the settings name are loaded, whenever they come."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.loading import open_artifact
from app.pinned_digests import ANY, PinnedDigests
from app.registry.refusals import VersionUnusable
from app.settings import Settings, SettingsInvalid, load_settings
from model.errors import ArtifactChanged, ArtifactUnpinned
from model.manifest import Manifest
from tests.app.conftest import problem_of, serving, wait_until_ready
from tests.app.registry.operating import KEYS, operate, states, wait_until
from tests.app.registry.versions_on_disk import small_version

ONE, TWO = "0123456789abcdef" * 4, "f" * 64


def test_digests_are_taken_as_manifests_have_them() -> None:
    assert PinnedDigests.of(f"{ONE}, {TWO},{ONE},").digests == (ONE, TWO)
    assert str(PinnedDigests.of(ONE)) == ONE
    assert not PinnedDigests.of("")
    assert str(ANY) == "any"


@pytest.mark.parametrize("text", [ONE[1:], ONE + "0", ONE.upper(), ONE[:-1] + "g", f"sha256:{ONE}", "any", "٣" * 64])
def test_what_is_no_digest_is_refused_by_its_place(text: str) -> None:
    with pytest.raises(ValueError, match=r"64 hexadecimal digits, unlike part 2"):
        PinnedDigests.of(f"{TWO},{text}")


def test_the_setting_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CATSCAN_DIGESTS", ONE)
    assert load_settings().digests == PinnedDigests((ONE,))
    monkeypatch.setenv("CATSCAN_DIGESTS", "latest")
    with pytest.raises(SettingsInvalid, match=r"^CATSCAN_DIGESTS: .*64 hexadecimal digits.*; received: 'latest'$"):
        load_settings()


@given(st.text(alphabet="0123456789abcdefg, "))
def test_whatever_is_taken_is_a_digest_or_nothing(text: str) -> None:
    try:
        taken = PinnedDigests.of(text)
    except ValueError:
        return
    assert all(len(bytes.fromhex(digest)) == 32 for digest in taken.digests)


def digest_of(folder: Path) -> str:
    return Manifest.load(folder).digest


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_version(tmp_path_factory.mktemp("small"), "first", 1, [0.0, 1.0])


def test_a_network_with_a_pinned_digest_is_opened_and_another_is_not(small: Path) -> None:
    assert open_artifact(small).manifest.name == "first"
    assert open_artifact(small, PinnedDigests((TWO, digest_of(small)))).manifest.name == "first"
    with pytest.raises(ArtifactUnpinned, match=rf"CATSCAN_DIGESTS, ffffffffffff; received: {digest_of(small)}$"):
        open_artifact(small, PinnedDigests((TWO,)))


def test_nothing_of_another_is_looked_at(small: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(small, tmp_path / "1"))
    (folder / "saved_model.pb").write_bytes(b"what could be anything")
    with pytest.raises(ArtifactUnpinned):
        open_artifact(folder, PinnedDigests((TWO,)))


def test_other_files_under_a_pinned_digest_are_found_out(small: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(small, tmp_path / "1"))
    (folder / "more").touch()
    with pytest.raises(ArtifactChanged):
        open_artifact(folder, PinnedDigests((digest_of(small),)))


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of a model with two versions; two newer ones lie in the folder beside it."""
    folder = tmp_path_factory.mktemp("models") / "now"
    for version in (1, 2, 3, 4):
        small_version(folder if version < 3 else folder.with_name("later"), "first", version, [0.0, float(version)])
    return folder


@pytest.fixture(scope="module")
def pinned(models: Path) -> Iterator[httpx.Client]:
    """Asks a service that may load the first and the third, and looks out for newer ones."""
    may = models / "first" / "1", models.with_name("later") / "first" / "3"
    store, digests = models.with_name("photos.sqlite"), PinnedDigests(tuple(map(digest_of, may)))
    settings = Settings(models=models, model="first", store=store, admin_keys=KEYS, watch_s=0.1, digests=digests)
    with serving(settings) as client:
        wait_until_ready(client)
        yield client


def test_a_service_starts_with_the_newest_that_is_pinned_and_keeps_to_those(pinned: httpx.Client, models: Path) -> None:
    assert states(pinned, "first") == {1: "available", 2: "failed"}
    refused = problem_of(operate(pinned, "first/2/load"), VersionUnusable)
    assert "CATSCAN_DIGESTS" in refused["detail"]
    for version in ("4", "3"):
        (models.with_name("later") / "first" / version).rename(models / "first" / version)
    wait_until(lambda: pinned.get("/health/ready").json()["model"]["version"] == 3)
    assert states(pinned, "first") == {1: "available", 2: "failed", 3: "available", 4: "failed"}


def test_a_start_without_any_that_is_pinned_is_refused(small: Path) -> None:
    variables = {"CATSCAN_MODELS": str(small.parent), "CATSCAN_DIGESTS": TWO, "CATSCAN_PORT": "0"}
    done = subprocess.run(
        [sys.executable, "-m", "app"], env=os.environ | variables, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "expected a digest of CATSCAN_DIGESTS" in done.stderr
    assert "Traceback" not in done.stderr
