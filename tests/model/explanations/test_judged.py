import inspect

import numpy as np
import pytest

from model.artifact import Artifact
from model.explanations.gradient import smooth_gradient
from model.explanations.integrated_gradients import integrated_gradients
from model.explanations.judged import JUDGED, SAMPLES, STEPS, Judged
from model.explanations.question import METHODS
from model.manifest import IMAGES
from model.tail import Tails
from tests.model.artifacts import SIZE
from tests.model.explanations.networks import drawn


def test_every_method_is_judged() -> None:
    assert set(JUDGED) == set(METHODS)


def test_half_the_steps_are_taken() -> None:
    assert inspect.signature(integrated_gradients).parameters["steps"].default == 2 * STEPS
    assert inspect.signature(smooth_gradient).parameters["samples"].default == 2 * SAMPLES


@pytest.mark.parametrize("method", JUDGED.values(), ids=JUDGED)
def test_a_method_explains_any_network(method: Judged, maps: Artifact, vectors: Artifact) -> None:
    photo = drawn(*SIZE)
    for artifact in (maps, vectors):
        layers = artifact.manifest.layers
        tails = Tails(layers, {layer.name: artifact.weights(layer.name) for layer in layers})
        found = method.explain(tails, photo, 1)
        assert found.logit == pytest.approx(float(tails.tail(IMAGES)(photo[None])[0, 1]), rel=1e-5)
        assert found.values.dtype == np.float32
        assert np.ptp(found.values) > 0


def test_what_speaks_for_the_label_is_relevant() -> None:
    """A gradient says where the logit moves, either way."""
    values = np.array([-2.0, 1])
    assert {name: method.relevance(values).tolist() for name, method in JUDGED.items()} == {
        "grad-cam": [-2, 1],
        "occlusion": [-2, 1],
        "integrated-gradients": [-2, 1],
        "gradient": [2, 1],
        "smooth-gradient": [2, 1],
    }
