"""Real servers whose TensorFlow fails as it does when memory or a GPU does: the artifact is asked, and raises."""

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


def test_too_little_memory_for_one_photo_is_said_and_passes(
    served: httpx.Client, chelsea: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        failing(patch, tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor"))
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
