"""From a folder to what predicts; `test_engine.py` does so with lanes around it."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from app.loading import BFLOAT16_TOLERANCE, blank, choose_hardware, compute_in, open_artifact, warm
from app.registry.registry import first_to_serve
from app.settings import Settings
from model.artifact import Artifact
from model.errors import ArtifactDisagrees, ArtifactMissing
from model.manifest import Manifest
from model.precision import Precision, predict_in

InThread = Callable[..., None]


@pytest.fixture
def opened() -> Artifact:
    return open_artifact(first_to_serve(Settings()).folder)


@pytest.fixture
def warm_in_thread() -> Iterator[InThread]:
    """`warm` in a thread of its own, as the precision stays with the thread."""

    def settle_and_warm(artifact: Artifact, precision: Precision, sizes: list[int]) -> None:
        compute_in(precision)
        warm(artifact, "cpu", precision, sizes)

    with ThreadPoolExecutor(1) as thread:
        yield lambda *what: thread.submit(settle_and_warm, *what).result()
    predict_in("float32")  # of threads that come later


def golden_off_by(difference: float, manifest: Manifest) -> Manifest:
    golden = manifest.golden
    examples = [
        example.model_copy(update={"logits": tuple(logit + difference for logit in example.logits)})
        for example in golden.examples
    ]
    return manifest.model_copy(update={"golden": golden.model_copy(update={"examples": tuple(examples)})})


def test_what_the_settings_name_is_opened_and_answers(opened: Artifact, manifest: Manifest) -> None:
    assert opened.manifest == manifest
    golden = manifest.golden.examples[0].logits
    assert opened.predict(blank(opened, 2)).logits.shape == (2, len(golden))


def test_the_hardware_is_what_the_settings_ask_for() -> None:
    device, precision = choose_hardware(Settings(precision="float32"))
    assert device == "cpu" or device.startswith("gpu")
    assert precision == "float32"


def test_a_folder_without_a_network_is_not_opened(tmp_path: Path) -> None:
    with pytest.raises(ArtifactMissing, match=str(tmp_path)):
        open_artifact(tmp_path)


def test_blank_photos_are_the_networks_size(opened: Artifact, manifest: Manifest) -> None:
    photos = blank(opened, 3)
    assert photos.shape == (3, manifest.height, manifest.width, 3)
    assert photos.dtype == np.uint8
    assert not photos.any()


def test_a_batch_of_each_size_is_computed(
    opened: Artifact, warm_in_thread: InThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes, predict = list[int](), opened.predict

    def counted(images: NDArray[np.uint8]) -> object:
        sizes.append(len(images))
        return predict(images)

    monkeypatch.setattr(opened, "predict", counted)
    warm_in_thread(opened, "float32", [1, 2, 4])
    assert sizes == [1, 2, 4]


@pytest.mark.parametrize(("share", "refused"), [(0.5, False), (1.5, True)])
def test_in_bfloat16_the_golden_examples_may_be_a_little_off_and_no_more(
    opened: Artifact, warm_in_thread: InThread, monkeypatch: pytest.MonkeyPatch, share: float, refused: bool
) -> None:
    off = golden_off_by(share * BFLOAT16_TOLERANCE, opened.manifest)
    monkeypatch.setattr(opened, "manifest", off)
    warm_in_thread(opened, "float32", [1])  # which was verified when it was opened
    if refused:
        with pytest.raises(ArtifactDisagrees, match=f"within {BFLOAT16_TOLERANCE}"):
            warm_in_thread(opened, "bfloat16", [1])
    else:
        warm_in_thread(opened, "bfloat16", [1])
