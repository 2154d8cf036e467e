from pathlib import Path

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from model.network import NETWORKS
from tests.training.networks import TINY
from training.checkpoints import KEPT, Checkpoints
from training.config import Config, Stage
from training.train import compiled

Batch = tuple[NDArray[np.uint8], NDArray[np.float32]]


@pytest.fixture(autouse=True)
def tiny_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(NETWORKS, "tiny", TINY)


def learner(built: bool = True) -> keras.Model:
    stages = (Stage(epochs=4, side=16, smallest_area=0.5),)
    network = compiled(Config(photos="nowhere", network="tiny", epoch_photos=64, batch=8, stages=stages), classes=3)
    if built:  # as after the first step
        network.optimizer.build(network.trainable_variables)
    return network


def batch(number: int) -> Batch:
    random = np.random.default_rng(number)
    images = random.integers(0, 256, (8, 16, 16, 3), dtype=np.uint8)
    return images, np.eye(3, dtype=np.float32)[random.integers(0, 3, 8)]


def train_epoch(network: keras.Model, epoch: int) -> list[float]:
    """Two steps on batches of the epoch's own; the losses."""
    return [network.train_on_batch(*batch(2 * epoch + step), return_dict=True)["loss"] for step in range(2)]


def state(network: keras.Model) -> dict[str, NDArray[np.float32]]:
    """All weights and all that the optimizer remembers."""
    variables = [*network.variables, *network.optimizer.variables]
    return {
        f"{number} {variable.path}": keras.ops.convert_to_numpy(variable) for number, variable in enumerate(variables)
    }


def test_a_restored_run_goes_on_exactly_as_an_unbroken_one(tmp_path: Path) -> None:
    unbroken = learner()
    for epoch in range(2):
        train_epoch(unbroken, epoch)
    Checkpoints(tmp_path).save(unbroken, 2)

    restored = learner(built=False)
    assert Checkpoints(tmp_path).restore(restored) == 2
    for (name, left), (_, right) in zip(state(restored).items(), state(unbroken).items(), strict=True):
        np.testing.assert_array_equal(left, right, err_msg=name)
    assert restored.optimizer.iterations == 4

    before = state(restored)
    losses = train_epoch(restored, 2), train_epoch(unbroken, 2)
    assert losses[0] == pytest.approx(losses[1], abs=1e-6)
    for (name, left), (_, right) in zip(state(restored).items(), state(unbroken).items(), strict=True):
        # Sums that two threads add up in another order may round otherwise.
        np.testing.assert_allclose(left, right, rtol=1e-4, atol=1e-6, err_msg=name)
    moved = [name for name, left in state(restored).items() if (left != before[name]).any()]
    assert any("conv2" in name for name in moved)
    assert {part for name in moved for part in ("momentum", "velocity") if part in name} == {"momentum", "velocity"}


def test_without_checkpoints_a_run_begins_at_its_beginning(tmp_path: Path) -> None:
    network = learner()
    before = state(network)
    assert Checkpoints(tmp_path / "new").restore(network) == 0
    assert all((left == before[name]).all() for name, left in state(network).items())


def marked(network: keras.Model, mark: float) -> keras.Model:
    network.set_weights([np.full_like(weight, mark) for weight in network.get_weights()])
    return network


def mark_of(network: keras.Model) -> set[float]:
    return {float(value) for weight in network.get_weights() for value in np.unique(weight)}


def test_the_newest_checkpoint_is_taken_and_old_ones_are_removed(tmp_path: Path) -> None:
    network, checkpoints = learner(), Checkpoints(tmp_path)
    for epoch in (8, 9, 10, 11):
        checkpoints.save(marked(network, epoch), epoch)
    assert KEPT == 2
    assert [path.name for path in checkpoints.files()] == ["epoch-0010.weights.h5", "epoch-0011.weights.h5"]
    assert checkpoints.restore(marked(network, 0)) == 11
    assert mark_of(network) == {11}


def test_a_checkpoint_is_replaced_by_a_newer_one_of_its_epoch(tmp_path: Path) -> None:
    network, checkpoints = learner(), Checkpoints(tmp_path)
    checkpoints.save(marked(network, 1), 3)
    checkpoints.save(marked(network, 2), 3)
    assert len(checkpoints.files()) == 1
    checkpoints.restore(marked(network, 0))
    assert mark_of(network) == {2}


def test_a_half_written_checkpoint_is_not_taken(tmp_path: Path) -> None:
    network, checkpoints = learner(), Checkpoints(tmp_path)
    checkpoints.save(marked(network, 5), 5)
    whole = (tmp_path / "epoch-0005.weights.h5").read_bytes()
    (tmp_path / "unfinished.weights.h5").write_bytes(whole[: len(whole) // 2])
    assert checkpoints.restore(marked(network, 0)) == 5
    assert mark_of(network) == {5}
    checkpoints.save(network, 6)  # over what the killed run left
    assert sorted(path.name for path in tmp_path.iterdir()) == ["epoch-0005.weights.h5", "epoch-0006.weights.h5"]


def test_a_run_killed_while_it_saves_leaves_the_checkpoint_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network, checkpoints = learner(), Checkpoints(tmp_path)
    checkpoints.save(marked(network, 5), 5)

    def killed(_network: keras.Model, file: Path, **_options: object) -> None:
        file.write_bytes(b"half a")
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(keras.Model, "save_weights", killed)
        checkpoints.save(marked(network, 6), 6)
    assert checkpoints.restore(marked(network, 0)) == 5
    assert mark_of(network) == {5}
