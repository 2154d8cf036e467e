"""The true process: `python -m app`. All are started at once, as each spends seconds on importing TensorFlow."""

import http.client
import json
import re
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from app.registry.registry import first_to_serve
from app.settings import PREFIX, Settings
from tests.app.conftest import answer_of, wait_until_ready
from tests.app.loopback import PATIENCE
from tests.app.service_process import STOPPING, Process, start


def damaged_artifact(folder: Path) -> Path:
    """A copy of the artifact with one bit of its weights turned."""
    shutil.copytree(first_to_serve(Settings()).folder, folder / "1")
    weights = max((folder / "1" / "variables").iterdir(), key=lambda file: file.stat().st_size)
    content = bytearray(weights.read_bytes())
    content[len(content) // 2] ^= 1
    weights.write_bytes(content)
    return folder


def unreadable_artifact(folder: Path) -> Path:
    (folder / "1").mkdir(parents=True)
    (folder / "1" / "saved_model.pb").touch()
    (folder / "1" / "manifest.json").write_text('{"name": "cat"')
    return folder


@pytest.fixture(scope="module")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Process]]:
    folder = tmp_path_factory.mktemp("processes")
    started = {
        "plain": start(folder / "plain"),
        "workers": start(folder / "workers", CATSCAN_WORKERS=2, CATSCAN_ACCESS_LOG=True),
        "gpu": start(folder / "gpu", CATSCAN_DEVICE="gpu", CUDA_VISIBLE_DEVICES="-1"),
        "damaged": start(folder / "damaged", CATSCAN_MODELS=damaged_artifact(folder / "a"), CATSCAN_WORKERS=2),
        "unreadable": start(folder / "unreadable", CATSCAN_MODELS=unreadable_artifact(folder / "b")),
        "missing": start(folder / "missing", CATSCAN_MODELS=folder / "nowhere"),
        "wrong": start(folder / "wrong", CATSCAN_PORT=99999, CATSCAN_DEVICE="tpu"),
        "help": start(folder / "help", "--help"),
    }
    yield started
    for process in started.values():
        process.kill()


def test_a_gpu_that_is_not_there_is_an_error_at_the_start(processes: dict[str, Process]) -> None:
    process = processes["gpu"]
    assert process.exit_code() == 1
    assert "Expected a GPU that TensorFlow can use; found none" in process.text()


def test_a_damaged_artifact_is_an_error_at_the_start_and_not_tried_again(processes: dict[str, Process]) -> None:
    process = processes["damaged"]
    assert process.exit_code() == 1
    assert "expected files with digest" in process.text()
    assert process.text().count("Cannot serve") <= 2  # once in each worker


def test_an_artifact_that_cannot_be_read_is_an_error_at_the_start(processes: dict[str, Process]) -> None:
    process = processes["unreadable"]
    assert process.exit_code() == 1
    assert re.search(r"catscan: .*1/manifest\.json: .*Invalid JSON", process.text(), re.DOTALL)


def test_a_missing_artifact_is_an_error_at_the_start(processes: dict[str, Process]) -> None:
    process = processes["missing"]
    assert process.exit_code() == 1
    assert re.fullmatch(r"catscan: CATSCAN_MODELS: Expected an artifact, .*/nowhere; there is none\n", process.text())


def test_wrong_variables_are_errors_at_the_start_and_named(processes: dict[str, Process]) -> None:
    process = processes["wrong"]
    assert process.exit_code() == 1
    first, second = process.text().splitlines()
    assert re.fullmatch(r"catscan: CATSCAN_PORT: .*; received: '99999'", first)
    assert re.fullmatch(r"CATSCAN_DEVICE: .*'auto', 'cpu' or 'gpu'; received: 'tpu'", second)


def test_help_names_every_variable(processes: dict[str, Process]) -> None:
    process = processes["help"]
    assert process.exit_code() == 0
    named = set(re.findall(r"^  (CATSCAN_\w+) ", process.text(), re.MULTILINE))
    assert named == {PREFIX + name.upper() for name in Settings.model_fields}


def served_by(client_port: int, server_port: int, workers: list[int]) -> int:
    """Which of the workers holds the other end of a connection (Linux: /proc/net/tcp, man 5 proc)."""
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, remote, *_, inode = line.split()[:10]
        if local.endswith(f":{server_port:04X}") and remote.endswith(f":{client_port:04X}"):
            for worker in workers:
                if f"socket:[{inode}]" in [str(file.readlink()) for file in Path(f"/proc/{worker}/fd").iterdir()]:
                    return worker
    raise AssertionError("nobody holds the other end")


def test_two_workers_count_together_and_log_each_request(processes: dict[str, Process], chelsea: bytes) -> None:
    process = processes["workers"]
    address = httpx.URL(process.address())
    process.wait_for(": cat version", times=2)
    for number in range(8):
        headers = {"x-request-id": f"photo-{number}"}
        assert httpx.post(address.join("/predict"), content=chelsea, headers=headers, timeout=PATIENCE).is_success
    families = text_string_to_metric_families(httpx.get(address.join("/metrics"), timeout=PATIENCE).text)
    samples = [sample for family in families for sample in family.samples]
    answered = [sample.value for sample in samples if sample.name == "catscan_photos_total"]
    by_worker = [sample.value for sample in samples if sample.name == "catscan_worker_requests_total"]
    living = [sample.labels["worker"] for sample in samples if sample.name == "catscan_photos_in_flight"]
    assert (sum(answered), len(by_worker), sorted(living)) == (8, 2, ["0", "1"])
    assert sum(by_worker) >= 8
    lines = [json.loads(line) for line in process.text().splitlines() if line.startswith("{")]
    logged = {line["request_id"]: line for line in lines if line["route"] == "/predict"}
    assert sorted(logged) == [f"photo-{number}" for number in range(8)]
    assert all(line["status"] == 200 and line["timings_ms"]["compute"] > 0 for line in logged.values())


def test_a_photo_that_one_worker_took_is_found_by_the_other(processes: dict[str, Process], chelsea: bytes) -> None:
    process = processes["workers"]
    address = httpx.URL(process.address())
    assert address.port
    process.wait_for(": cat version", times=2)
    workers = [int(number) for number in process.wait_for(r"Started server process \[(\d+)\]", times=2)]
    image_id = httpx.post(address.join("/predict"), content=chelsea, timeout=PATIENCE).json()["image_id"]
    served: set[int] = set()
    asked = 0
    while served != set(workers) or asked < 20:
        connection = http.client.HTTPConnection(address.host, address.port, PATIENCE)
        connection.request("GET", f"/feature-maps?image_id={image_id}")
        answer = connection.getresponse()
        assert answer.status == 200
        assert answer.read()
        served.add(served_by(connection.sock.getsockname()[1], address.port, workers))
        connection.close()
        asked += 1
        assert asked < 1000, "one worker never came to serve"
    process.running.send_signal(signal.SIGTERM)
    assert process.exit_code(STOPPING) == 0


def test_the_service_answers_and_stops_when_it_is_told_to(processes: dict[str, Process], chelsea: bytes) -> None:
    process = processes["plain"]
    with httpx.Client(base_url=process.address(), timeout=PATIENCE, trust_env=False) as client:
        wait_until_ready(client)
        assert answer_of(client, chelsea)["label"]
        assert "server" not in client.get("/health/live").headers
        process.running.send_signal(signal.SIGTERM)  # while the client still holds its connection
        assert process.exit_code(STOPPING) == 0
    assert "Traceback" not in process.text()
    assert re.search(r"ready after [\d.]+ s: cat version \d+, digest [0-9a-f]{12}, on (cpu|gpu)", process.text())
