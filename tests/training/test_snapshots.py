from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from model.artifact import Artifact
from model.layers import AveragePooling, Convolution, Dense, GlobalAveragePooling, MaxPooling, ReLU, Softmax, Table
from model.network import NETWORKS, build, fold
from model.preprocessing import preprocess
from tests.conftest import photo_of
from tests.model.artifacts import noise, write_artifact
from training import snapshots as snapshots_module
from training.checkpoints import Checkpoints
from training.config import Config, Stage
from training.snapshots import LARGEST, Snapshots, first_photo, gather, watched_photo

SIZE = (24, 20)
POOLED: Table = (
    Convolution("conv1", filters=8, stride=2),
    ReLU("relu1"),
    MaxPooling("pool1"),
    Convolution("conv2", filters=6),
    ReLU("relu2"),
    AveragePooling("pool2"),
    GlobalAveragePooling("average"),
    Dense("logits"),
    Softmax("probabilities"),
)
KEPT = {
    "kernels/conv1": (3, 3, 3, 8), "kernels/conv2": (3, 3, 8, 6), "outputs/pool1": (6, 5, 8),
    "outputs/pool2": (3, 2, 6), "outputs/average": (6,), "outputs/logits": (2,), "outputs/probabilities": (2,),
}  # fmt: skip


@pytest.fixture(autouse=True, scope="module")
def pooled_network() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(NETWORKS, "pooled", POOLED)
        yield


def config_of(epochs: int = 5, **changes: object) -> Config:
    stages = (Stage(epochs=epochs, side=16, smallest_area=0.5),)
    small = {"photos": "nowhere", "network": "pooled", "height": SIZE[0], "width": SIZE[1], "warmup_epochs": 0}
    return Config.model_validate({**small, "stages": stages, **changes})


def learnt(table: Table = POOLED, side: int | None = None) -> keras.Model:
    """A training network with statistics by chance."""
    keras.utils.set_random_seed(7)
    network = build(table, 2, side, side, normalised=True)
    random = np.random.default_rng(6)
    for variable in network.variables:
        if "normalisation" in variable.path:
            variable.assign(random.uniform(0.5, 2, variable.shape))
    return network


def kept(folder: Path, epoch: int) -> dict[str, NDArray[np.float16]]:
    with np.load(folder / f"epoch-{epoch:04d}.npz") as arrays:
        return dict(arrays)


@pytest.mark.parametrize(
    ("epochs", "expected"),
    [
        (1, [0, 1]),
        (3, [0, 1, 2, 3]),
        (8, [0, 1, 2, 4, 8]),
        (11, [0, 1, 2, 4, 8, 11]),
        (40, [0, 1, 2, 4, 8, 16, 32, 40]),
    ],
)
def test_snapshots_are_taken_often_at_first_and_of_the_end(epochs: int, expected: list[int], tmp_path: Path) -> None:
    snapshots = Snapshots(tmp_path, config_of(epochs), noise(1, *SIZE)[0])
    assert [epoch for epoch in range(epochs + 1) if snapshots.wanted(epoch)] == expected


def test_only_the_epochs_to_remember_leave_a_file(tmp_path: Path) -> None:
    snapshots, network = Snapshots(tmp_path / "new" / "run", config_of(5), noise(1, *SIZE)[0]), learnt()
    for epoch in range(6):
        snapshots.take(network, 2, epoch)
    assert sorted(path.name for path in (tmp_path / "new" / "run").iterdir()) == [
        f"epoch-{epoch:04d}.npz" for epoch in (0, 1, 2, 4, 5)
    ]


def test_a_snapshot_has_the_exported_networks_kernels_and_what_it_makes_of_the_photo(tmp_path: Path) -> None:
    photo, network = noise(1, *SIZE)[0], learnt()
    write_artifact(tmp_path / "artifact", fold(network, POOLED, 2, *SIZE), POOLED)
    artifact = Artifact.load(tmp_path / "artifact")
    Snapshots(tmp_path, config_of(), photo).take(network, 2, 4)
    arrays, outputs = kept(tmp_path, 4), artifact.layers(photo[None])
    assert {name: array.shape for name, array in arrays.items()} == KEPT
    for name, array in arrays.items():
        part, layer = name.split("/")
        expected = artifact.weights(layer)["kernel"] if part == "kernels" else outputs[layer].numpy()[0]
        assert array.dtype == np.float16
        # Half precision has 11 bits; below them, the exported graph may add up in another order.
        np.testing.assert_allclose(array, expected, rtol=2**-11, atol=1e-6 * np.abs(expected).max(), err_msg=name)
        assert np.ptp(expected) > 0


def test_kernels_are_rounded_once_from_the_folded_ones(tmp_path: Path) -> None:
    network = learnt()
    Snapshots(tmp_path, config_of(), noise(1, *SIZE)[0]).take(network, 2, 0)
    for name in ("conv1", "conv2"):
        kernel, _ = network.get_layer(name).fold()
        np.testing.assert_array_equal(kept(tmp_path, 0)[f"kernels/{name}"], kernel.astype(np.float16))


def test_taking_a_snapshot_leaves_the_network_as_it_was(tmp_path: Path) -> None:
    network = learnt()
    before = network.get_weights()
    Snapshots(tmp_path, config_of(), noise(1, *SIZE)[0]).take(network, 2, 0)
    for left, right in zip(network.get_weights(), before, strict=True):
        np.testing.assert_array_equal(left, right)


@pytest.mark.parametrize(
    ("largest", "left_out"),
    [
        (432, set()),
        (431, {"kernels/conv2"}),
        (240, {"kernels/conv2"}),
        (239, {"kernels/conv2", "outputs/pool1"}),
        (6, {"kernels/conv1", "kernels/conv2", "outputs/pool1", "outputs/pool2"}),
        (5, set(KEPT) - {"outputs/logits", "outputs/probabilities"}),
    ],
)
def test_what_has_more_numbers_than_the_limit_is_left_out(
    largest: int, left_out: set[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots_module, "LARGEST", largest)
    Snapshots(tmp_path, config_of(), noise(1, *SIZE)[0]).take(learnt(), 2, 1)
    assert set(KEPT) - set(kept(tmp_path, 1)) == left_out


def test_of_the_shipped_network_the_first_filters_and_all_pooled_maps_are_kept(tmp_path: Path) -> None:
    config = config_of(network="convolutional", height=128, width=128)
    Snapshots(tmp_path, config, noise(1, 128, 128)[0]).take(learnt(NETWORKS["convolutional"]), 2, 0)
    arrays = kept(tmp_path, 0)
    assert {f"kernels/{layer}" for layer in ("conv1", "conv2", "conv3")} | {
        f"outputs/{layer}" for layer in ("pool1", "pool2", "pool3", "average", "logits", "probabilities")
    } == set(arrays)
    assert max(array.size for array in arrays.values()) <= LARGEST
    assert (tmp_path / "epoch-0000.npz").stat().st_size < 250_000


def test_of_a_dense_network_the_layers_without_maps_are_kept(tmp_path: Path) -> None:
    config = config_of(network="dense", height=16, width=16)
    Snapshots(tmp_path, config, noise(1, 16, 16)[0]).take(learnt(NETWORKS["dense"], 16), 2, 0)
    assert set(kept(tmp_path, 0)) == {f"outputs/{layer.name}" for layer in NETWORKS["dense"]} - {"outputs/rescale"}


def test_what_a_killed_run_left_half_written_is_no_snapshot_and_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "unfinished.npz").write_bytes(b"half a")
    snapshots, network = Snapshots(tmp_path, config_of(), noise(1, *SIZE)[0]), learnt()
    snapshots.take(network, 2, 1)
    first = kept(tmp_path, 1)["kernels/conv1"]
    network.get_layer("conv1").kernel.assign(-network.get_layer("conv1").kernel)
    snapshots.take(network, 2, 1)
    np.testing.assert_array_equal(kept(tmp_path, 1)["kernels/conv1"], -first)
    assert [path.name for path in tmp_path.iterdir()] == ["epoch-0001.npz"]


def test_a_watched_photo_is_prepared_as_served_ones_are(tmp_path: Path) -> None:
    file = tmp_path / "cat.png"
    photo_of("chelsea").save(file)
    watched = watched_photo(config_of(watched=str(file)))
    assert watched is not None
    np.testing.assert_array_equal(watched, preprocess(photo_of("chelsea"), *SIZE).pixels)


def test_without_a_file_the_first_held_out_photo_is_watched_and_without_any_a_black_one() -> None:
    held_out = noise(2, *SIZE)
    assert watched_photo(config_of()) is None
    np.testing.assert_array_equal(first_photo(held_out), held_out[0])
    nothing = first_photo(held_out[:0])
    assert nothing.dtype == np.uint8
    np.testing.assert_array_equal(nothing, np.zeros((*SIZE, 3)))


def test_a_watched_photo_that_is_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nowhere\.png"):
        watched_photo(config_of(watched=str(tmp_path / "nowhere.png")))


def finished(run: Path, epochs: int, snapshots: list[int], start: str = "") -> None:
    """A run's folder, each snapshot of which says where it is from."""
    config_of(epochs, start=start).save(run)
    (Checkpoints(run / "checkpoints").folder / f"epoch-{epochs:04d}.weights.h5").touch()
    (run / "snapshots").mkdir()
    for epoch in snapshots:
        (run / "snapshots" / f"epoch-{epoch:04d}.npz").write_text(f"{run.name} {epoch}")


def gathered(run: Path, folder: Path) -> dict[int, str]:
    gather(run, folder)
    return {int(file.stem.removeprefix("epoch-")): file.read_text() for file in folder.iterdir()}


def test_the_snapshots_of_a_run_alone_are_copied_as_they_are(tmp_path: Path) -> None:
    finished(tmp_path / "a", 4, [0, 1, 2, 4])
    (tmp_path / "a" / "snapshots" / "unfinished.npz").write_bytes(b"half a")
    assert gathered(tmp_path / "a", tmp_path / "new" / "all") == {0: "a 0", 1: "a 1", 2: "a 2", 4: "a 4"}


def test_snapshots_are_numbered_on_from_run_to_run_and_a_later_runs_start_is_the_one_befores_end(
    tmp_path: Path,
) -> None:
    finished(tmp_path / "a", 4, [0, 1, 2, 4])
    finished(tmp_path / "b", 3, [0, 1, 2, 3], start=str(tmp_path / "a"))
    finished(tmp_path / "c", 2, [0, 1, 2], start=str(tmp_path / "b"))
    assert gathered(tmp_path / "c", tmp_path / "all") == {
        0: "a 0", 1: "a 1", 2: "a 2", 4: "a 4", 5: "b 1", 6: "b 2", 7: "b 3", 8: "c 1", 9: "c 2",
    }  # fmt: skip


def test_a_run_that_started_from_one_without_snapshots_has_its_own_at_their_place(tmp_path: Path) -> None:
    finished(tmp_path / "a", 4, [])
    finished(tmp_path / "b", 2, [0, 1, 2], start=str(tmp_path / "a"))
    assert gathered(tmp_path / "b", tmp_path / "all") == {5: "b 1", 6: "b 2"}


def test_a_run_without_snapshots_gives_none(tmp_path: Path) -> None:
    config_of().save(tmp_path / "a")
    assert gathered(tmp_path / "a", tmp_path / "all") == {}
