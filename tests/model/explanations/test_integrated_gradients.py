import numpy as np
import pytest

from model.artifact import Artifact
from model.explanations.baselines import BASELINES, Baseline, colour
from model.explanations.integrated_gradients import integrated_gradients
from model.explanations.sensitivity import BATCH
from model.manifest import IMAGES
from tests.model.artifacts import SIZE
from tests.model.explanations.networks import averaged, coloured, drawn, linear


@pytest.mark.parametrize("baseline", BASELINES)
@pytest.mark.parametrize("steps", [1, BATCH, BATCH + 1])
def test_of_a_linear_network_it_is_each_weight_times_the_way_from_the_baseline(baseline: Baseline, steps: int) -> None:
    photo = drawn(2, 3)
    found = integrated_gradients(linear(), photo, 1, baseline, steps)
    start = colour(photo, baseline)
    shares = 2 * np.arange(1, 19).reshape(2, 3, 3) * (photo.astype(float) - start)
    assert found.values.dtype == np.float32
    np.testing.assert_allclose(found.values, shares.sum(axis=-1), rtol=1e-5)
    blank = np.broadcast_to(start, photo.shape)
    assert found.logit == linear()(photo[None]).numpy()[0, 1]
    assert found.facts["baseline_logit"] == linear()(blank[None]).numpy()[0, 1]
    assert found.facts["baseline_colour"] == start.tolist()
    assert found.facts["completeness_error"] == pytest.approx(0, abs=0.1)  # of thousands
    assert (found.facts["baseline"], found.facts["steps"]) == (baseline, steps)


def test_a_bend_on_the_way_is_met_halfway() -> None:
    """From black, red of 200 passes 100 at the middle: of four steps the last two see the slope of 4/4 of a logit."""
    photo = coloured(red=[[200, 100], [0, 160]], green=[[0] * 2] * 2)
    found = integrated_gradients(averaged(), photo, 1, "black", steps=4)
    # Red of 160 is at 140, 100 (on the edge: below), 60 and 20 in the middles of the steps: a quarter of the way.
    np.testing.assert_allclose(found.values, [[200 / 2, 0], [0, 160 / 4]], rtol=1e-6)
    assert found.logit == (100 + 60) * 4 / 4 + 1
    assert found.facts["baseline_logit"] == 1
    assert found.facts["completeness_error"] == pytest.approx(100 + 40 - 160)


def test_more_steps_make_the_sum_complete(shipped: Artifact, maps: Artifact) -> None:
    for artifact, size in ((maps, SIZE), (shipped, (shipped.manifest.height, shipped.manifest.width))):
        photo = drawn(*size)
        found = integrated_gradients(artifact.tail(IMAGES), photo, 1, steps=256)
        baseline_logit = found.facts["baseline_logit"]
        assert isinstance(baseline_logit, float)
        change = found.logit - baseline_logit
        assert found.values.sum(dtype=np.float64) - change == pytest.approx(found.facts["completeness_error"], abs=1e-4)
        assert found.facts["completeness_error"] == pytest.approx(0, abs=0.02 * abs(change))
        assert abs(change) > 0.1


def test_a_photo_of_the_baselines_colour_gets_nothing(maps: Artifact) -> None:
    found = integrated_gradients(maps.tail(IMAGES), np.full((*SIZE, 3), 128, np.uint8), 0, "grey", steps=2)
    assert not found.values.any()
    assert found.facts["completeness_error"] == 0


def test_no_step_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one step; received: 0"):
        integrated_gradients(linear(), drawn(2, 3), label=0, steps=0)
