from pathlib import Path

import numpy as np
import pytest

from model.artifact import Artifact
from model.digest import digest_of
from tests.model.artifacts import MAPS, SIZE, noise


def test_a_loaded_artifact_knows_its_manifest_and_its_files(shipped: Artifact, shipped_folder: Path) -> None:
    manifest = shipped.manifest
    assert manifest.name == "cat"
    assert str(manifest.version) == shipped_folder.name
    assert manifest.digest == digest_of(shipped_folder, manifest)


@pytest.mark.parametrize("photos", [1, 2, 7])
def test_any_number_of_photos_is_answered_one_row_each(photos: int, shipped: Artifact) -> None:
    labels = len(shipped.manifest.labels)
    answer = shipped.predict(noise(photos, shipped.manifest.height, shipped.manifest.width))
    assert answer.probabilities.shape == answer.logits.shape == (photos, labels)
    assert answer.probabilities.dtype == answer.logits.dtype == np.float32
    assert (answer.probabilities >= 0).all()
    np.testing.assert_allclose(answer.probabilities.sum(axis=1), 1, rtol=1e-6)


def test_a_photo_gets_the_same_answer_alone_and_among_others(shipped: Artifact) -> None:
    photos = noise(7, shipped.manifest.height, shipped.manifest.width)
    together = shipped.predict(photos)
    for number, photo in enumerate(photos):
        np.testing.assert_allclose(
            shipped.predict(photo[None]).logits[0], together.logits[number], rtol=1e-5, atol=1e-4
        )
    assert np.ptp(together.logits, axis=0).max() > 1e-3  # the photos differ, and so do their answers


def test_the_same_photo_gets_the_same_bits_again(shipped: Artifact) -> None:
    photo = noise(1, shipped.manifest.height, shipped.manifest.width)
    assert shipped.predict(photo).logits.tobytes() == shipped.predict(photo).logits.tobytes()
    first, again = shipped.layers(photo), shipped.layers(photo)
    assert all(first[name].numpy().tobytes() == again[name].numpy().tobytes() for name in first)


def test_probabilities_are_the_softmax_of_the_logits_at_the_manifests_temperature(shipped: Artifact) -> None:
    temperature = shipped.manifest.layers[-1].temperature
    assert temperature is not None
    answer = shipped.predict(noise(3, shipped.manifest.height, shipped.manifest.width))
    powers = np.exp(answer.logits.astype(np.float64) / temperature)
    np.testing.assert_allclose(answer.probabilities, powers / powers.sum(axis=1, keepdims=True), rtol=1e-5)


def test_every_layer_comes_by_its_name_and_in_its_shape(maps: Artifact) -> None:
    outputs = maps.layers(noise(2, *SIZE))
    assert set(outputs) == {layer.name for layer in MAPS}
    for layer in maps.manifest.layers:
        assert outputs[layer.name].shape == (2, *layer.shape)


def test_weights_come_by_layer(maps: Artifact) -> None:
    assert {name: weight.shape for name, weight in maps.weights("conv1").items()} == {
        "kernel": (3, 3, 3, 5),
        "bias": (5,),
    }
    assert maps.weights("relu1") == {}
    assert maps.weights("conv") == {}
    counted = sum(weight.size for layer in maps.manifest.layers for weight in maps.weights(layer.name).values())
    assert counted == maps.manifest.parameters


@pytest.mark.parametrize("dtype", ["float32", "float64", "int8", "int64", "bool"])
def test_photos_of_another_type_are_refused(dtype: str, maps: Artifact) -> None:
    photos = noise(1, *SIZE).astype(dtype)
    for ask in (maps.predict, maps.layers):
        with pytest.raises(TypeError, match=f"^Expected images of dtype uint8; received: {dtype}$"):
            ask(photos)


@pytest.mark.parametrize(
    "shape",
    [
        (19, 26, 3),
        (1, 26, 19, 3),
        (1, 19, 26, 1),
        (1, 19, 26, 4),
        (1, 20, 26, 3),
        (1, 1, 19, 26, 3),
        (3,),
        (),
        (0, 19, 26, 3),
    ],
)
def test_photos_of_another_shape_are_refused(shape: tuple[int, ...], maps: Artifact) -> None:
    for ask in (maps.predict, maps.layers):
        with pytest.raises(ValueError) as refused:
            ask(np.zeros(shape, np.uint8))
        assert str(refused.value) == f"Expected images of shape [n, 19, 26, 3], n at least 1; received: {shape}"


def test_photos_may_lie_in_memory_in_any_order(maps: Artifact) -> None:
    photos = noise(2, *SIZE)
    mirrored = np.asfortranarray(photos[:, :, ::-1])[:, :, ::-1]
    assert maps.predict(mirrored).logits.tobytes() == maps.predict(photos).logits.tobytes()
