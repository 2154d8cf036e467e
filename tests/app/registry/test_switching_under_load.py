"""Versions loaded, switched, rolled back and let go of, again and again, while photos come and are looked into."""

import contextlib
import queue
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from app.photos.image_decoder import decode
from app.settings import Settings
from model.artifact import Artifact
from tests.app.conftest import serving, wait_until_ready
from tests.app.loopback import PATIENCE
from tests.app.registry.operating import KEYS, listed, operate, operated
from tests.app.registry.versions_on_disk import real_version
from tests.conftest import encoded, photo_of

OLD, NEW, SHIFT = 4, 5, 2.0  # the new version's first logit is so much higher
CLOSE = 1e-3  # of a logit, in float32: sums in another order differ by 1e-5
ROUNDS = 4
Logits = dict[tuple[int, bytes], NDArray[np.float32]]  # by version and file


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    real_version(folder, OLD)
    real_version(folder.parent / "aside", NEW, SHIFT)
    return folder


@pytest.fixture(scope="module")
def files() -> list[bytes]:
    photos = [photo_of(name) for name in ("chelsea", "coffee", "rocket")]
    noise = [Image.effect_noise((90 + 10 * number, 80), 60) for number in range(3)]
    return [encoded(photo, "JPEG") for photo in photos] + [encoded(photo, "PNG") for photo in noise]


@pytest.fixture(scope="module")
def expected(models: Path, files: list[bytes]) -> Logits:
    """Computed without the service: one photo at a time."""
    found: Logits = {}
    for folder in (models / "cat" / str(OLD), models.parent / "aside" / "cat" / str(NEW)):
        artifact = Artifact.load(folder)
        for file in files:
            seen = decode(file, 10**7, artifact.manifest.height, artifact.manifest.width)
            found[artifact.manifest.version, file] = artifact.predict(seen.pixels[None]).logits[0]
    return found


@pytest.fixture(scope="module")
def service(models: Path, expected: Logits, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """In float32, and patient: the machine may be busy with other things."""
    assert expected  # computed before the new version is put there
    store = tmp_path_factory.mktemp("load") / "photos.sqlite"
    settings = Settings(
        models=models, store=store, admin_keys=KEYS, precision="float32", max_wait_s=3600, deadline_s=3600,
        store_photos=20_000,  # no photo is pushed out by those that come after it
    )  # fmt: skip
    with serving(settings) as client:
        wait_until_ready(client)
        (models.parent / "aside" / "cat" / str(NEW)).rename(models / "cat" / str(NEW))
        yield client


class Load:
    """Threads that ask, until they are told to stop; what is wrong with any answer ends them all."""

    def __init__(self, client: httpx.Client, files: list[bytes], expected: Logits, labels: list[str]) -> None:
        self.client, self.files, self.expected, self.labels = client, files, expected, labels
        self.answered: Counter[int] = Counter()  # photos by the version that answered
        self.looked: Counter[tuple[int, int]] = Counter()  # looks by version and status
        self.gone = 0  # how often the new version was let go of, so far
        self.is_gone = threading.Event()
        self._stop = threading.Event()
        self._photos: queue.Queue[tuple[str, int, bytes]] = queue.Queue(200)
        self._wrong: list[BaseException] = []
        work = [self._post] * 4 + [self._look] * 2
        self._threads = [threading.Thread(target=self._repeat, args=(each,)) for each in work]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        if self._wrong:
            raise self._wrong[0]

    def go_on(self, answers: int) -> None:
        """Waits for so many further answers."""
        until, start = self.answered.total() + answers, time.monotonic()
        while self.answered.total() < until and not self._stop.is_set():
            assert time.monotonic() - start < PATIENCE
            time.sleep(0.01)

    def _repeat(self, work: Callable[[httpx.Client, random.Random], None]) -> None:
        chance = random.Random(threading.get_ident())
        try:
            with httpx.Client(base_url=self.client.base_url, timeout=PATIENCE, trust_env=False) as client:
                while not self._stop.is_set():
                    work(client, chance)
        except BaseException as error:
            self._wrong.append(error)
            self._stop.set()

    def _post(self, client: httpx.Client, chance: random.Random) -> None:
        file = chance.choice(self.files)
        sticky = {"catscan-sticky": f"user {chance.randrange(1000)}"}
        response = client.post("/predict", content=file, headers=sticky)
        assert response.status_code == 200, response.text
        answer = response.json()
        version: int = answer["model"]["version"]
        logits = {each["label"]: each["logit"] for each in answer["predictions"]}
        self._check(version, file, [logits[label] for label in self.labels])
        self.answered[version] += 1
        with contextlib.suppress(queue.Full):
            self._photos.put_nowait((answer["image_id"], version, file))

    def _look(self, client: httpx.Client, chance: random.Random) -> None:
        try:
            image_id, version, file = self._photos.get(timeout=0.1)
        except queue.Empty:
            return
        was_gone, gone = self.is_gone.is_set(), self.gone
        maps = {"image_id": image_id, "layer": "logits", "format": "json"}
        response = client.get("/feature-maps", params=maps)
        self.looked[version, response.status_code] += 1
        if response.status_code == 404:
            assert response.json()["code"] == "image_unknown"
            assert version == NEW
            assert was_gone or self.is_gone.is_set() or self.gone != gone
            return
        assert response.status_code == 200, response.text
        found = response.json()
        assert found["model"]["version"] == version
        self._check(version, file, values(found))
        if chance.random() < 0.3:
            with contextlib.suppress(queue.Full):
                self._photos.put_nowait((image_id, version, file))  # again, when other versions answer

    def _check(self, version: int, file: bytes, logits: list[float]) -> None:
        np.testing.assert_allclose(logits, self.expected[version, file], rtol=0, atol=CLOSE)


def values(found: dict[str, Any]) -> list[float]:
    numbers: list[float] = np.ravel(found["data"]).tolist()
    return numbers


def test_no_answer_fails_or_is_a_mix_whatever_is_switched(
    service: httpx.Client, files: list[bytes], expected: Logits
) -> None:
    labels = listed(service, "cat")["versions"][-1]["labels"]
    with Load(service, files, expected, labels) as load:
        for _ in range(ROUNDS):
            assert operated(service, "cat/5/load", serve="canary", percent=40)["comparison"]["largest_change"] > 0.1
            load.is_gone.clear()
            load.go_on(10)
            assert operate(service, "cat/5/load", max_change=0.01).status_code == 409
            operated(service, "cat/5/load")
            load.go_on(10)
            operated(service, "cat/rollback")
            load.go_on(5)
            operated(service, "cat/5/load")
            operated(service, "cat/rollback")
            load.go_on(5)
            load.is_gone.set()
            load.gone += 1
            operated(service, "cat/5/unload")
            load.go_on(5)
    assert set(load.answered) == {OLD, NEW}
    assert load.looked[OLD, 200] > 0
    assert load.looked[NEW, 200] > 0
    assert {status for _, status in load.looked} <= {200, 404}
