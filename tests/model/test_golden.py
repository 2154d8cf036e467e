import hashlib

import numpy as np
import pytest

from model.artifact import Artifact
from model.errors import ArtifactMalformed
from model.golden import TOLERANCE, golden_batch, golden_images, golden_of
from model.manifest import Golden, GoldenExample
from tests.model.plain_numpy import recompute

# SHA-256, the first 16 digits. Artifacts hold answers to these very images: a change here makes all of them disagree.
SQUARE = {
    "black": "2aae7dc846aaf25f", "red": "f5a1354d58ca08d5", "slope": "c479c76f0e740727",
    "squares": "a04d8287bbded00b", "rings": "50d6cf179a9305dc", "noise": "28664eee1a15a1f6",
}  # fmt: skip
OBLONG = {
    "black": "02116a4b7ca27cd5", "red": "2fce633adf1e2219", "slope": "ebf1bf5bc02e8cf3",
    "squares": "fdc9600a3c9d2014", "rings": "d507971b19425821", "noise": "a18b9e8f7c3bac61",
}  # fmt: skip


@pytest.mark.parametrize(("height", "width", "digests"), [(128, 128, SQUARE), (33, 47, OBLONG)])
def test_the_images_are_the_same_on_every_machine(height: int, width: int, digests: dict[str, str]) -> None:
    images = golden_images(height, width)
    assert all(image.shape == (height, width, 3) and image.dtype == np.uint8 for image in images.values())
    assert {name: hashlib.sha256(image.tobytes()).hexdigest()[:16] for name, image in images.items()} == digests


def test_the_images_differ_and_use_every_brightness() -> None:
    images = golden_images(64, 64)
    assert len({image.tobytes() for image in images.values()}) == len(images)
    assert np.unique(np.concatenate([image.ravel() for image in images.values()])).size == 256


def golden_with(*names: str) -> Golden:
    return golden_of(list(names), np.zeros((len(names), 2), np.float32), np.full((len(names), 2), 0.5, np.float32))


def test_a_batch_holds_the_images_of_the_examples_in_their_order() -> None:
    batch, images = golden_batch(golden_with("noise", "black"), 8, 6), golden_images(8, 6)
    assert batch.dtype == np.uint8
    np.testing.assert_array_equal(batch, [images["noise"], images["black"]])


def test_an_image_that_is_not_drawn_here_is_refused_by_its_name() -> None:
    with pytest.raises(ArtifactMalformed, match=r"among black, red, .*; received: tiger$"):
        golden_batch(golden_with("black", "tiger"), 8, 6)


def test_the_record_holds_every_answer_to_the_last_digit() -> None:
    logits, probabilities = np.array([[0.1, -3e-8]], np.float32), np.array([[1 / 3, 2 / 3]], np.float32)
    golden = Golden.model_validate_json(golden_of(["red"], logits, probabilities).model_dump_json())
    (example,) = golden.examples
    assert golden.tolerance == TOLERANCE
    assert example == GoldenExample(
        image="red", logits=(float(np.float32(0.1)), float(np.float32(-3e-8))),
        probabilities=(float(np.float32(1 / 3)), float(np.float32(2 / 3))),
    )  # fmt: skip
    np.testing.assert_array_equal(np.array([example.logits], np.float32), logits)


def test_the_shipped_answers_are_those_of_exact_arithmetic_far_within_the_tolerance(shipped: Artifact) -> None:
    """From pixels to probabilities in float64, as a network without any rounding would answer."""
    manifest = shipped.manifest
    outputs = {"images": golden_batch(manifest.golden, manifest.height, manifest.width).astype(np.float64)}
    for layer in manifest.layers:
        outputs[layer.name] = recompute(layer, shipped.weights(layer.name), outputs[layer.input]).values
    logits, probabilities = (
        np.array([getattr(example, quantity) for example in manifest.golden.examples])
        for quantity in ("logits", "probabilities")
    )
    assert np.abs(outputs[manifest.layers[-2].name] - logits).max() < manifest.golden.tolerance / 20
    assert np.abs(outputs[manifest.layers[-1].name] - probabilities).max() < manifest.golden.tolerance / 20
    assert np.ptp(logits, axis=0).min() > 10 * manifest.golden.tolerance  # or one answer would do for all images
