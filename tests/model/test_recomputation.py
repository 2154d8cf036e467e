"""What the artifact serves, beside an independent recomputation from its manifest and weights in plain numpy."""

import dataclasses
import io
from typing import get_args

import numpy as np
import pytest
import skimage
from numpy.typing import NDArray
from PIL import Image

from model.artifact import Artifact
from model.manifest import LayerKind, LayerRecord
from model.preprocessing import preprocess
from tests.model.artifacts import SIZE, noise
from tests.model.plain_numpy import Recomputed, recompute


def chelsea(artifact: Artifact) -> NDArray[np.uint8]:
    """The cat of scikit-image, as a user's JPEG comes to the network."""
    file = io.BytesIO()
    Image.fromarray(skimage.data.chelsea()).save(file, "JPEG")
    return preprocess(Image.open(file), artifact.manifest.height, artifact.manifest.width).pixels[None]


def compared(
    artifact: Artifact, images: NDArray[np.uint8]
) -> list[tuple[LayerRecord, Recomputed, NDArray[np.float32]]]:
    """Each layer, recomputed from the served output of the layer before it, and as served."""
    served = {"images": images} | {name: output.numpy() for name, output in artifact.layers(images).items()}
    return [
        (
            layer,
            recompute(layer, artifact.weights(layer.name), served[layer.input].astype(np.float64)),
            served[layer.name],
        )
        for layer in artifact.manifest.layers
    ]


def assert_within_rounding(artifact: Artifact, images: NDArray[np.uint8]) -> None:
    for layer, expected, served in compared(artifact, images):
        assert served.dtype == np.float32
        assert served.shape == expected.values.shape == (len(images), *layer.shape), layer.name
        assert (np.abs(served - expected.values) <= expected.bound).all(), layer.name
        assert np.ptp(served) > 0, layer.name  # or zeros would do


def test_every_layer_of_a_photo_is_what_plain_numpy_makes_of_the_layer_before(shipped: Artifact) -> None:
    assert_within_rounding(shipped, chelsea(shipped))


def test_every_layer_of_noise_is_what_plain_numpy_makes_of_the_layer_before(shipped: Artifact) -> None:
    assert_within_rounding(shipped, noise(1, shipped.manifest.height, shipped.manifest.width))


def test_every_kind_of_layer_is_what_plain_numpy_makes_of_the_layer_before(maps: Artifact, vectors: Artifact) -> None:
    for artifact in (maps, vectors):
        assert_within_rounding(artifact, noise(3, *SIZE))
    assert {layer.kind for artifact in (maps, vectors) for layer in artifact.manifest.layers} == {*get_args(LayerKind)}


def test_both_signs_reach_every_layer_that_treats_them_differently(maps: Artifact) -> None:
    outputs = {name: output.numpy() for name, output in maps.layers(noise(3, *SIZE)).items()}
    for layer in maps.manifest.layers:
        if layer.kind in {"relu", "max_pooling", "average_pooling"}:
            assert outputs[layer.input].min() < 0 < outputs[layer.input].max()


def test_what_is_said_of_signs_is_true(shipped: Artifact, maps: Artifact, vectors: Artifact) -> None:
    for artifact in (shipped, maps, vectors):
        outputs = artifact.layers(noise(2, artifact.manifest.height, artifact.manifest.width))
        for layer in artifact.manifest.layers:
            assert layer.signed or outputs[layer.name].numpy().min() >= 0, layer.name


@pytest.mark.parametrize("kind", ["convolution", "dense"])
def test_one_weight_that_is_off_by_a_hundredth_is_noticed(maps: Artifact, kind: LayerKind) -> None:
    layer, _, served = next(found for found in compared(maps, noise(3, *SIZE)) if found[0].kind == kind)
    weights = maps.weights(layer.name)
    weights["kernel"][(0,) * weights["kernel"].ndim] *= 1.01
    before = maps.layers(noise(3, *SIZE))[layer.input].numpy()
    wrong = recompute(layer, weights, before.astype(np.float64))
    assert (np.abs(served - wrong.values) > wrong.bound).any()


def test_another_padding_is_noticed(maps: Artifact) -> None:
    layer = next(layer for layer in maps.manifest.layers if layer.name == "conv1")
    assert layer.padding is not None
    before = maps.layers(noise(3, *SIZE))
    shifted = layer.padding.model_copy(update={"left": layer.padding.right, "right": layer.padding.left})
    assert shifted != layer.padding
    wrong = recompute(
        layer.model_copy(update={"padding": shifted}),
        maps.weights("conv1"),
        before["rescale"].numpy().astype(np.float64),
    )
    assert (np.abs(before["conv1"].numpy() - wrong.values) > wrong.bound).any()


def test_the_last_layers_are_what_serving_default_answers(shipped: Artifact, maps: Artifact) -> None:
    for artifact in (shipped, maps):
        images = noise(2, artifact.manifest.height, artifact.manifest.width)
        answer, outputs = dataclasses.asdict(artifact.predict(images)), artifact.layers(images)
        for name, layer in zip(("logits", "probabilities"), artifact.manifest.layers[-2:], strict=True):
            # The same sums, which another machine may order differently in the two graphs.
            np.testing.assert_allclose(answer[name], outputs[layer.name].numpy(), rtol=1e-5, atol=1e-5)
