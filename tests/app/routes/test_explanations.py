"""What the methods answer, beside what follows from other answers of the service."""

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from app.formats.tensor_formats import MEDIA_TYPES, Format
from app.routes.explanations import ExplanationAnswer
from model.explanations.question import METHODS, Method
from model.manifest import LayerRecord, Manifest
from tests.app.conftest import Looker, Weights
from tests.app.routes.asked_explanations import answered, explained, tensor, values_of
from tests.conftest import encoded

Pixels = NDArray[np.uint8]


@pytest.fixture(scope="module")
def seen(looker: Looker) -> Pixels:
    """The photo as the network sees it."""
    return looker.tensor("images").astype(np.uint8)


def logits_of(client: httpx.Client, pixels: Pixels) -> NDArray[np.float32]:
    """Of a photo that needs no preprocessing."""
    query = {"layer": "logits", "format": "f32"}
    response = client.post("/feature-maps", params=query, content=encoded(Image.fromarray(pixels), "PNG"))
    return np.frombuffer(response.content, np.float32)


@pytest.mark.parametrize("method", METHODS)
def test_npy_f32_and_json_are_the_same_numbers_bit_for_bit(looker: Looker, method: Method) -> None:
    answer, exact = explained(looker, method=method), tensor(looker, method=method)
    assert values_of(answer).tobytes() == exact.tobytes()
    assert answered(looker, method=method, format="f32").content == exact.tobytes()
    assert answer["shape"] == list(exact.shape)
    assert (answer["dtype"], answer["layout"]) == ("float32", "HW")
    assert np.isfinite(exact).all()
    assert np.ptp(exact) > 0


@pytest.mark.parametrize("method", METHODS)
def test_json_has_the_shape_that_the_documentation_says(looker: Looker, method: Method) -> None:
    answer = explained(looker, method=method)
    document = ExplanationAnswer.model_validate(answer).model_dump(mode="json")
    assert {name: answer[name] for name in document} == document
    assert (answer["image_id"], answer["method"]) == (looker.image_id, method)
    assert answer["model"] == looker.client.get("/health/ready").json()["model"]


@pytest.mark.parametrize("method", METHODS)
def test_without_a_label_the_most_probable_one_is_explained(looker: Looker, manifest: Manifest, method: Method) -> None:
    logits = looker.tensor(manifest.layers[-2].name)
    likeliest = int(logits.argmax())
    answer = explained(looker, method=method)
    assert answer["label"] == manifest.labels[likeliest]
    assert answer["logit"] == pytest.approx(float(logits[likeliest]), abs=1e-4)
    named = explained(looker, method=method, label=answer["label"])
    assert named == answer


@pytest.mark.parametrize("method", METHODS)
def test_every_label_has_its_own_explanation(looker: Looker, manifest: Manifest, method: Method) -> None:
    logits, maps = looker.tensor(manifest.layers[-2].name), []
    for number, label in enumerate(manifest.labels):
        answer = explained(looker, method=method, label=label)
        assert answer["label"] == label
        assert answer["logit"] == pytest.approx(float(logits[number]), abs=1e-4)
        maps.append(values_of(answer).tobytes())
    assert len(set(maps)) == len(maps)


@pytest.mark.parametrize("name", MEDIA_TYPES)
def test_the_headers_say_what_the_body_is(looker: Looker, manifest: Manifest, name: Format) -> None:
    label = manifest.labels[1]
    headers = answered(looker, method="occlusion", label=label, format=name).headers
    assert headers["content-type"] == MEDIA_TYPES[name]
    assert headers["content-disposition"] == f'inline; filename="occlusion-{label}.{name}"'
    assert headers["tensor-shape"] == "8,8"
    assert (headers["tensor-dtype"], headers["tensor-layout"]) == ("float32", "HW")
    assert headers["catscan-image-id"] == looker.image_id
    assert headers["catscan-device"] == looker.client.get("/health/ready").json()["device"]
    assert {"queue", "compute", "render"} <= {part.split(";")[0] for part in headers["server-timing"].split(", ")}


def test_grad_cam_of_maps_that_are_averaged_is_cam(looker: Looker, manifest: Manifest, weights: Weights) -> None:
    """Zhou et al. 2015 (arXiv 1512.04150): the maps, weighed as the dense layer weighs their averages."""
    average, logits = manifest.layers[-3:-1]
    assert average.kind == "global_average_pooling"
    maps, kernel = looker.tensor(average.input), weights[logits.name]["kernel"]
    for number, label in enumerate(manifest.labels):
        expected = maps @ kernel[:, number] / (maps.shape[0] * maps.shape[1])
        answer = explained(looker, method="grad-cam", label=label)
        assert answer["layer"] == average.input
        np.testing.assert_allclose(values_of(answer), expected, rtol=1e-4, atol=1e-6)
        bias = float(weights[logits.name]["bias"][number])
        assert float(expected.sum()) + bias == pytest.approx(answer["logit"], abs=1e-4)


def test_grad_cam_of_any_layer_with_maps_is_as_large_as_those(looker: Looker, manifest: Manifest) -> None:
    for layer in manifest.layers:
        if len(layer.shape) == 3:
            answer = explained(looker, layer=layer.name)
            assert (answer["method"], answer["layer"], answer["reason"]) == ("grad-cam", layer.name, "asked for")
            assert answer["shape"] == list(layer.shape[:2])
            seen = layer.receptive_field
            assert seen is not None
            centre = seen.start[0] + seen.size[0] / 2, seen.start[1] + seen.size[1] / 2
            grid = answer["grid"]
            assert (grid["down"], grid["across"]) == (grid["height"], grid["width"]) == seen.jump
            assert (grid["top"] + grid["height"] / 2, grid["left"] + grid["width"] / 2) == centre


def test_occlusion_is_how_far_the_logit_moves_when_a_window_is_covered(
    looker: Looker, seen: Pixels, manifest: Manifest
) -> None:
    answer = explained(looker, method="occlusion", label=manifest.labels[0], window="40", stride="22", baseline="grey")
    before = logits_of(looker.client, seen)[0]
    assert answer["logit"] == pytest.approx(float(before), abs=1e-4)
    assert answer["tops"] == answer["lefts"] == [0, 22, 44, 66, 88]
    for row, column in ((0, 0), (2, 1), (4, 4)):
        top, left = answer["tops"][row], answer["lefts"][column]
        covered = seen.copy()
        covered[top : top + 40, left : left + 40] = answer["baseline_colour"]
        moved = abs(logits_of(looker.client, covered)[0] - before)
        assert abs(values_of(answer)[row, column]) == pytest.approx(float(moved), abs=1e-4)


@pytest.mark.parametrize(("baseline", "colour"), [("black", 0), ("grey", 128)])
def test_integrated_gradients_share_out_what_the_logit_gained_since_the_baseline(
    looker: Looker, manifest: Manifest, seen: Pixels, baseline: str, colour: int
) -> None:
    answer = explained(looker, method="integrated-gradients", label=manifest.labels[0], baseline=baseline)
    blank = logits_of(looker.client, np.full_like(seen, colour))[0]
    assert answer["baseline_logit"] == pytest.approx(float(blank), abs=1e-4)
    gained = answer["logit"] - answer["baseline_logit"]
    shared = float(values_of(answer).sum(dtype=np.float64))
    assert shared == pytest.approx(gained + answer["completeness_error"], abs=1e-3)
    assert answer["completeness_error"] == pytest.approx(0, abs=0.1 * abs(gained) + 0.05)


def test_the_gradient_is_how_the_logit_moves_when_the_photo_grows_brighter(
    looker: Looker, manifest: Manifest, seen: Pixels
) -> None:
    inside = np.clip(seen, 1, 254)
    photo = looker.client.post("/predict", content=encoded(Image.fromarray(inside), "PNG")).json()["image_id"]
    gradient = tensor(Looker(looker.client, photo), method="gradient", label=manifest.labels[0])
    brighter, darker = (logits_of(looker.client, inside + np.uint8(step))[0] for step in (1, 255))
    assert float(gradient.sum()) == pytest.approx(float(brighter - darker) / 2, rel=0.2, abs=0.01)


def test_smooth_gradient_without_noise_to_speak_of_is_the_gradient(looker: Looker) -> None:
    smooth = tensor(looker, method="smooth-gradient", samples="1", noise="1e-9")
    np.testing.assert_allclose(smooth, tensor(looker, method="gradient"), rtol=1e-2, atol=1e-6)


def test_the_noise_is_the_seeds(looker: Looker) -> None:
    query = {"method": "smooth-gradient", "samples": "2"}
    first, again, other = (answered(looker, format="f32", seed=seed, **query) for seed in ("1", "1", "2"))
    assert first.content == again.content != other.content


def test_a_method_goes_by_its_own_parameters_only(looker: Looker, after_relu: LayerRecord) -> None:
    plain = answered(looker, method="gradient", format="f32").content
    others = {"layer": after_relu.name, "baseline": "grey", "window": "999", "steps": "3", "seed": "5"}
    assert answered(looker, method="gradient", format="f32", **others).content == plain
