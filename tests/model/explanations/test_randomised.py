import numpy as np

from model.artifact import Artifact
from model.explanations.randomised import randomised


def test_weights_by_chance_have_the_mean_and_spread_of_those_that_were_learnt(shipped: Artifact) -> None:
    records = shipped.manifest.layers
    weights = {record.name: shipped.weights(record.name) for record in records}
    found = randomised(records, weights, seed=3)
    assert found.keys() == {record.name for record in records if record.weights}
    for layer, named in found.items():
        for name, drawn in named.items():
            learnt = weights[layer][name]
            assert drawn.dtype == np.float32
            assert drawn.shape == learnt.shape
            error = 5 * learnt.std() / np.sqrt(learnt.size)
            assert abs(drawn.mean() - learnt.mean()) < error
            assert abs(drawn.std() - learnt.std()) < error
            assert abs(np.corrcoef(drawn.ravel(), learnt.ravel())[0, 1]) < 5 / np.sqrt(learnt.size)


def test_the_same_seed_draws_the_same_weights(maps: Artifact) -> None:
    records = maps.manifest.layers
    weights = {record.name: maps.weights(record.name) for record in records}
    one, same, other = (randomised(records, weights, seed)["conv1"]["kernel"] for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()
