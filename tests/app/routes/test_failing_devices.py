"""Real servers whose TensorFlow fails as it does when memory or a GPU does: the artifact is asked, and raises."""

import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray

from app.failures import DeviceFailed, EngineExhausted
from app.settings import Settings
from model.artifact import Answer, Artifact
from tests.app.conftest import answer_of, problem_of, serving, wait_until_ready
from tests.app.faults.load import Load
from tests.app.observing.test_metrics import parsed, value
from tests.app.registry.operating import wait_until

predict = Artifact.predict
Images = NDArray[np.uint8]


@pytest.fixture
def served(tmp_path: Path, manifest_folder: Path) -> Iterator[httpx.Client]:
    with serving(Settings(store=tmp_path / "photos.sqlite", models=manifest_folder)) as client:
        wait_until_ready(client)
        yield client


def failing(monkeypatch: pytest.MonkeyPatch, error: Exception, from_photos: int = 1) -> None:
    """From now on batches of so many photos and more fail."""

    def fail(artifact: Artifact, images: Images) -> Answer:
        if len(images) >= from_photos:
            raise error
        return predict(artifact, images)

    monkeypatch.setattr(Artifact, "predict", fail)


NO_MEMORY = [
    tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor"),
    # As oneDNN says it on a CPU: seen where a process was not allowed more memory.
    tf.errors.AbortedError(
        None, None, "Operation received an exception:Status: 1, message: could not create a primitive, in file x.cc"
    ),
    MemoryError(),
]  # fmt: skip


def test_too_little_memory_for_one_photo_is_said_and_passes(
    served: httpx.Client, chelsea: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    for error in NO_MEMORY:
        with monkeypatch.context() as patch:
            failing(patch, error)
            problem_of(served.post("/predict", content=chelsea), EngineExhausted)
            assert served.get("/health/live").status_code == 200
        assert answer_of(served, chelsea)["label"] == "cat"


def test_a_device_that_works_no_longer_is_not_alive(
    served: httpx.Client, chelsea: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        failing(patch, tf.errors.InternalError(None, None, "CUDA_ERROR_ILLEGAL_ADDRESS\nand a long trace"))
        problem = problem_of(served.post("/predict", content=chelsea), DeviceFailed)
        assert problem["detail"].endswith("CUDA_ERROR_ILLEGAL_ADDRESS")
    for path in ("/health/live", "/health/ready"):
        assert problem_of(served.get(path), DeviceFailed)["detail"] == problem["detail"]


def test_batches_that_do_not_fit_into_memory_are_answered_photo_by_photo(
    served: httpx.Client, chelsea: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(monkeypatch, tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor"), from_photos=2)
    with ThreadPoolExecutor(24) as threads:
        answers = list(threads.map(lambda _: answer_of(served, chelsea), range(96)))
    assert {answer["label"] for answer in answers} == {"cat"}
    assert max(answer["batch_size"] for answer in answers) > 1


def test_memory_that_comes_and_goes_under_load_loses_no_photo(
    served: httpx.Client, chelsea: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = itertools.count()

    def fail_now_and_then(artifact: Artifact, images: Images) -> Answer:
        if next(turns) % 3 == 0:
            raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")
        return predict(artifact, images)

    with monkeypatch.context() as patch:
        patch.setattr(Artifact, "predict", fail_now_and_then)
        with Load(served.base_url, chelsea) as load:
            load.go_on(100)
    assert load.outcomes[EngineExhausted.status] > 0
    assert load.sent == load.answered + load.outcomes[EngineExhausted.status]
    assert load.lost == 0
    assert served.get("/health/live").status_code == 200
    assert in_flight(served) == 0
    with Load(served.base_url, chelsea) as load:
        load.go_on(50)
    assert load.sent == load.answered


def test_a_device_that_fails_under_load_loses_no_photo(
    served: httpx.Client, chelsea: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Load(served.base_url, chelsea) as load:
        load.go_on(50)
        failing(monkeypatch, tf.errors.InternalError(None, None, "CUDA_ERROR_ECC_UNCORRECTABLE"))
        wait_until(lambda: load.outcomes[DeviceFailed.status] >= 50)
        answered = load.answered
        wait_until(lambda: load.outcomes[DeviceFailed.status] >= 100)
        assert load.answered == answered  # nothing is computed any more
        problem_of(served.get("/health/live"), DeviceFailed)
    assert load.sent == load.answered + load.outcomes[DeviceFailed.status]
    assert load.lost == 0
    assert in_flight(served) == 0


def in_flight(client: httpx.Client) -> float:
    return value(parsed(client.get("/metrics").text), "catscan_photos_in_flight")
