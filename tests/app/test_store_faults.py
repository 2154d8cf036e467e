"""Two workers that share a file, posted to without a pause, while all kinds of harm are done to it: counted."""

import contextlib
import os
import resource
import shutil
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.app.conftest import wait_until_ready
from tests.app.loopback import PATIENCE
from tests.app.service_process import Process, start

CLIENTS = 3
ENOUGH = 10  # photos, to believe in a change


class Traffic:
    """Clients that post photos and follow the links of the answers, until they are stopped."""

    def __init__(self, address: str, photo: bytes) -> None:
        self.sent, self.statuses, self.seen, self.kept = 0, Counter[int](), Counter[int](), 0
        self.without_link = 0
        self._address, self._photo, self._lock = address, photo, threading.Lock()
        self._stopped = threading.Event()
        self._threads = [threading.Thread(target=self._post) for _ in range(CLIENTS)]

    def _post(self) -> None:
        with httpx.Client(base_url=self._address, timeout=PATIENCE, trust_env=False) as client:
            while not self._stopped.is_set():
                with self._lock:
                    self.sent += 1
                answer = client.post("/predict", content=self._photo)
                link = answer.json().get("feature_maps")
                seen = client.get(link).status_code if link else None
                with self._lock:
                    self.statuses[answer.status_code] += 1
                    self.kept += seen == 200
                    if seen is None:
                        self.without_link += 1
                    else:
                        self.seen[seen] += 1

    def well_again(self) -> None:
        """Waits until photos are kept and found again."""
        before, started = self.kept, time.monotonic()
        while self.kept < before + ENOUGH:
            assert time.monotonic() - started < PATIENCE, "no photo is kept any more"
            time.sleep(0.02)

    def goes_on_without_links(self) -> None:
        """Waits until photos are answered that are not kept."""
        before, started = self.without_link, time.monotonic()
        while self.without_link < before + ENOUGH:
            assert time.monotonic() - started < PATIENCE, "photos are kept all the same"
            time.sleep(0.02)

    @contextlib.contextmanager
    def flowing(self) -> Iterator[None]:
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            self._stopped.set()
            for thread in self._threads:
                thread.join()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    folder = tmp_path_factory.mktemp("faults")
    process = start(folder / "service", CATSCAN_WORKERS=2, CATSCAN_STORE=folder / "store" / "photos.sqlite")
    yield process
    process.kill()


@pytest.fixture(scope="module")
def client(service: Process) -> Iterator[httpx.Client]:
    service.wait_for(": cat version", times=2)
    with httpx.Client(base_url=service.address(), timeout=PATIENCE, trust_env=False) as client:
        wait_until_ready(client)
        yield client


@pytest.fixture
def scene(service: Process, client: httpx.Client, chelsea: bytes) -> "Scene":
    workers = [int(number) for number in service.wait_for(r"Started server process \[(\d+)\]", times=2)]
    path = service.log.parents[1] / "store" / "photos.sqlite"
    return Scene(path, workers, Traffic(str(client.base_url), chelsea))


@dataclass(frozen=True)
class Scene:
    """What is there to do harm to."""

    path: Path
    workers: list[int]
    traffic: Traffic


def deleted(scene: Scene) -> None:
    scene.path.unlink()


def all_of_it_deleted(scene: Scene) -> None:
    for file in scene.path.parent.glob("photos.sqlite*"):
        file.unlink()


def the_folder_deleted(scene: Scene) -> None:
    """The workers count their requests in it, too."""
    gone = scene.path.parent.rename(scene.path.parent.with_name("gone"))
    shutil.rmtree(gone)


def overwritten(scene: Scene) -> None:
    with scene.path.open("r+b") as file:
        file.write(os.urandom(scene.path.stat().st_size))


def emptied(scene: Scene) -> None:
    scene.path.write_bytes(b"")


def the_disk_full(scene: Scene) -> None:
    """Linux lets the workers write no file any further."""
    limits = {worker: resource.prlimit(worker, resource.RLIMIT_FSIZE) for worker in scene.workers}
    for worker, (_, hard) in limits.items():
        resource.prlimit(worker, resource.RLIMIT_FSIZE, (0, hard))
    scene.traffic.goes_on_without_links()
    for worker, limit in limits.items():
        resource.prlimit(worker, resource.RLIMIT_FSIZE, limit)


def locked_for_too_long(scene: Scene) -> None:
    with contextlib.closing(sqlite3.connect(scene.path, isolation_level=None, timeout=PATIENCE)) as other:
        other.execute("BEGIN IMMEDIATE")
        scene.traffic.goes_on_without_links()
        other.execute("ROLLBACK")


def a_folder_in_its_place(scene: Scene) -> None:
    scene.path.unlink()
    scene.path.mkdir()
    scene.traffic.goes_on_without_links()
    scene.path.rmdir()


HARMS: list[Callable[[Scene], None]] = [
    deleted, all_of_it_deleted, overwritten, emptied, the_disk_full, locked_for_too_long, a_folder_in_its_place,
]  # fmt: skip


def survives(service: Process, client: httpx.Client, scene: Scene, harm: Callable[[Scene], None]) -> None:
    traffic = scene.traffic
    with traffic.flowing():
        traffic.well_again()
        harm(scene)
        assert client.get("/health/ready").status_code == 200
        traffic.well_again()
    assert traffic.statuses == {200: traffic.sent}  # answered as sent: none refused, none lost
    assert traffic.seen.keys() <= {200, 404, 503}
    started = [int(number) for number in service.wait_for(r"Started server process \[(\d+)\]", times=2)]
    assert started == scene.workers
    assert "Traceback" not in service.text()


@pytest.mark.parametrize("harm", HARMS)
def test_every_photo_is_answered_whatever_happens_to_the_store_and_it_recovers(
    service: Process, client: httpx.Client, scene: Scene, harm: Callable[[Scene], None]
) -> None:
    survives(service, client, scene, harm)


def test_photos_that_were_not_kept_are_counted(client: httpx.Client) -> None:
    families = text_string_to_metric_families(client.get("/metrics").text)
    samples = [sample for family in families for sample in family.samples]
    failed = {each.labels["operation"]: each.value for each in samples if each.name == "catscan_store_failures_total"}
    assert failed["put"] >= 3 * ENOUGH


def test_so_is_it_if_the_whole_folder_is_deleted(service: Process, client: httpx.Client, scene: Scene) -> None:
    survives(service, client, scene, the_folder_deleted)
