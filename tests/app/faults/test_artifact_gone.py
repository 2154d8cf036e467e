"""The folder of the version that answers is deleted, or spoilt, under a service that goes on; and one that starts."""

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.settings import Settings
from tests.app.conftest import answer_of, serving, wait_until_ready
from tests.app.faults.load import BROKEN, Load
from tests.app.registry.operating import KEYS, listed, operate, states, wait_until
from tests.app.registry.versions_on_disk import half_copied, small_version
from tests.app.service_process import STOPPING, Process, start


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return tmp_path / "models"


def test_a_service_goes_on_without_the_folder_that_it_was_loaded_from(
    models: Path, manifest_folder: Path, tmp_path: Path, chelsea: bytes
) -> None:
    there = Path(shutil.copytree(manifest_folder, models / "cat" / manifest_folder.name))
    settings = Settings(models=models, store=tmp_path / "photos.sqlite", admin_keys=KEYS, watch_s=0.05)
    with serving(settings) as client:
        wait_until_ready(client)
        before = [snapshots_and_first_kernels(client), client.get("/layers").json(), logits(client, chelsea)]
        with Load(client.base_url, chelsea, clients=4) as load:
            for garbled in there.rglob("*.npz"):
                garbled.write_bytes(b"no snapshot any more")
            load.go_on(10)
            assert snapshots_and_first_kernels(client) == before[0]
            shutil.rmtree(there)
            load.go_on(10)
            shutil.rmtree(models)
            load.go_on(10)
            for path in ("/health/ready", "/health/live", "/models", "/metrics", "/layers"):
                assert client.get(path).status_code == 200
            assert [snapshots_and_first_kernels(client), client.get("/layers").json()] == before[:2]
            assert logits(client, chelsea) == pytest.approx(before[2], abs=0.2)
            assert operate(client, "cat/999/load").status_code == 404
        assert load.sent == load.answered >= 30
        assert load.lost == 0


def snapshots_and_first_kernels(client: httpx.Client) -> tuple[object, bytes]:
    """All that is kept of the training, and what one layer weighed at its begin."""
    kept = client.get("/snapshots").raise_for_status().json()
    first = kept["snapshots"][0]
    query = {"epoch": str(first["epochs"]), "format": "f32"}
    return kept, client.get(f"/layers/{first['kernels'][0]}/kernels", params=query).raise_for_status().content


def logits(client: httpx.Client, photo: bytes) -> dict[str, float]:
    return {found["label"]: found["logit"] for found in answer_of(client, photo)["predictions"]}


def test_a_service_starts_with_the_newest_version_that_is_whole_and_takes_the_newer_one_when_it_is(
    models: Path, tmp_path: Path, chelsea: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    small_version(models, "cat", 1, [0.0, 1.0])
    small_version(models, "cat", 2, [0.0, 1.0])
    newest = small_version(tmp_path, "cat", 4, [3.0, 0.0])
    half_copied(newest, models / "cat" / "4")
    (models / "cat" / "3").mkdir()
    with serving(Settings(models=models, store=tmp_path / "photos.sqlite", watch_s=0.05)) as client:
        wait_until_ready(client)
        assert listed(client, "cat")["stable"] == 2
        assert states(client, "cat") == {4: "failed", 3: "failed", 2: "available", 1: "on_disk"}
        assert "cat version 4 is not loaded: " in caplog.text
        with Load(client.base_url, chelsea, clients=4) as load:
            load.go_on(10)
            shutil.copytree(newest, models / "cat" / "4", dirs_exist_ok=True)
            wait_until(lambda: bool(listed(client, "cat")["stable"] == 4))
            load.go_on(10)
        assert set(load.versions) == {2, 4}
        assert load.sent == load.answered
        assert load.lost == 0


@pytest.fixture
def in_workers(models: Path, tmp_path: Path) -> Iterator[Process]:
    small_version(models, "cat", 1, [0.0, 1.0])
    process = start(tmp_path / "two", CATSCAN_WORKERS=2, CATSCAN_MODELS=models, CATSCAN_LANES=1)
    yield process
    process.kill()


def test_a_worker_that_cannot_load_what_the_others_have_waits_until_it_can(
    in_workers: Process, models: Path, tmp_path: Path, chelsea: bytes
) -> None:
    in_workers.wait_for(": cat version", times=2)
    there = models / "cat" / "1"
    aside = there.rename(tmp_path / "aside")
    half_copied(aside, there)
    with Load(in_workers.address(), chelsea, clients=3) as load:
        load.go_on(20)
        os.kill(int(in_workers.wait_for(r"Started server process \[(\d+)\]", times=2)[0]), signal.SIGKILL)
        in_workers.wait_for("Cannot serve yet, while other workers do: ArtifactChanged")
        load.go_on(20)
        shutil.rmtree(there)
        aside.rename(there)
        in_workers.wait_for(": cat version", times=3)
        load.go_on(20)
    assert load.outcomes[BROKEN] <= 3  # what the killed one had taken
    assert set(load.outcomes) <= {200, 503, BROKEN}
    in_workers.running.send_signal(signal.SIGTERM)
    assert in_workers.exit_code(STOPPING) == 0
