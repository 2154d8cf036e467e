import csv
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from model.network import NETWORKS
from model.preprocessing import preprocess
from tests.training.networks import TINY
from tests.training.shapes import cache_of
from training import train as train_module
from training.batches import EpochBatches
from training.cache import Cache
from training.checkpoints import Checkpoints
from training.config import Config, Stage
from training.train import compiled, input_size, inputs, stage_of, train


@pytest.fixture(autouse=True, scope="module")
def tiny_network() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(NETWORKS, "tiny", TINY)
        yield


def config_of(photos: Path, **changes: object) -> Config:
    """Two epochs of seconds, each of a stage of its own."""
    small = {
        "photos": str(photos), "network": "tiny", "height": 24, "width": 24, "cache_side": 32,
        "validation_share": 0.2, "test_share": 0.2, "epoch_photos": 128, "batch": 16, "warmup_epochs": 0.5,
        "stages": (Stage(epochs=1, side=16, smallest_area=0.6), Stage(epochs=1, side=24, smallest_area=0.6)),
        "learning_rate": 0.02, "label_smoothing": 0, "mix_share": 0.1,
    }  # fmt: skip
    return Config.model_validate({**small, **changes})


def log_of(run: Path) -> list[dict[str, float]]:
    with (run / "log.csv").open() as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


@pytest.fixture(scope="module")
def unbroken(shapes: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that nothing stopped."""
    run = tmp_path_factory.mktemp("unbroken")
    train(config_of(shapes), run)
    return run


def test_a_run_leaves_its_configuration_cache_checkpoints_and_log(shapes: Path, unbroken: Path) -> None:
    assert Config.load(unbroken) == config_of(shapes)
    assert (unbroken / "cache" / "index.json").exists()
    assert [path.name for path in Checkpoints(unbroken / "checkpoints").files()] == [
        "epoch-0001.weights.h5", "epoch-0002.weights.h5",
    ]  # fmt: skip
    assert [row["epoch"] for row in log_of(unbroken)] == [0, 1]


def test_the_loss_falls_on_photos_that_are_easy_to_tell(unbroken: Path) -> None:
    first, last = log_of(unbroken)
    assert last["loss"] < 0.8 * first["loss"]
    assert last["accuracy"] > 0.85


def test_a_stopped_run_goes_on_and_ends_as_an_unbroken_one(
    shapes: Path, unbroken: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped_in_the_second_epoch(
        cache: Cache, photos: NDArray[np.int64], config: Config, stage: Stage, epoch: int
    ) -> EpochBatches:
        if epoch == 1:
            raise KeyboardInterrupt
        return EpochBatches(cache, photos, config, stage, epoch)

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(train_module, "EpochBatches", stopped_in_the_second_epoch)
        train(config_of(shapes), tmp_path)
    assert len(log_of(tmp_path)) == 1
    cached = (tmp_path / "cache" / "pixels.bin").stat().st_mtime_ns

    train(config_of(shapes), tmp_path)
    assert (tmp_path / "cache" / "pixels.bin").stat().st_mtime_ns == cached
    for row, expected in zip(log_of(tmp_path), log_of(unbroken), strict=True):
        assert row == pytest.approx(expected, abs=1e-3)


def test_a_run_that_is_done_does_nothing_more(shapes: Path, unbroken: Path) -> None:
    before = (unbroken / "log.csv").read_bytes()
    train(config_of(shapes), unbroken)
    assert (unbroken / "log.csv").read_bytes() == before


def test_a_loss_that_is_no_number_stops_the_run_and_leaves_no_checkpoint(shapes: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"loss stays a number; received: 1e\+30$"):
        train(config_of(shapes, learning_rate=1e30, warmup_epochs=0, mix_share=0), tmp_path)
    assert Checkpoints(tmp_path / "checkpoints").files() == []


def test_the_network_that_flattens_trains_at_its_inputs_size(shapes: Path, tmp_path: Path) -> None:
    train(config_of(shapes, network="dense", width=24), tmp_path)
    assert len(log_of(tmp_path)) == 2


def test_a_run_may_start_from_another_runs_weights(shapes: Path, unbroken: Path, tmp_path: Path) -> None:
    stages = (Stage(epochs=1, side=16, smallest_area=0.6),)
    config = config_of(shapes, start=str(unbroken), stages=stages, learning_rate=1e-9)
    train(config, tmp_path)
    started, first, last = (compiled(config, classes=2) for _ in range(3))
    Checkpoints(tmp_path / "checkpoints").restore(started)
    Checkpoints(unbroken / "checkpoints").restore(last)
    kernels = [keras.ops.convert_to_numpy(learner.trainable_weights[0]) for learner in (started, first, last)]
    np.testing.assert_allclose(kernels[0], kernels[2], atol=1e-6)
    assert np.abs(kernels[0] - kernels[1]).max() > 0.01


def test_a_run_cannot_start_from_one_without_a_checkpoint(shapes: Path, tmp_path: Path) -> None:
    config_of(shapes).save(tmp_path / "other")
    with pytest.raises(FileNotFoundError, match=r"checkpoint to start from; found none in .*other$"):
        train(config_of(shapes, start=str(tmp_path / "other")), tmp_path / "run")


def test_photos_that_are_missing_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="at least two; received"):
        train(config_of(tmp_path / "nowhere"), tmp_path / "run")


def test_an_epoch_belongs_to_its_stage() -> None:
    sides = (16, 16, 16, 24, 24, 32)
    stages = tuple(Stage(epochs=epochs, side=side, smallest_area=0.5) for epochs, side in ((3, 16), (2, 24), (1, 32)))
    config = config_of(Path("nowhere"), stages=stages)
    assert tuple(stage_of(config, epoch).side for epoch in range(6)) == sides
    assert tuple(stage_of(config_of(Path("nowhere"), stages=stages, network="dense", width=24), 5)) == tuple(
        Stage(epochs=1, side=24, smallest_area=0.5)
    )


@pytest.mark.parametrize(
    ("network", "size"), [("tiny", (None, None)), ("convolutional", (None, None)), ("dense", (24, 24))]
)
def test_only_a_network_that_flattens_trains_at_one_size(network: str, size: tuple[int | None, int | None]) -> None:
    assert input_size(config_of(Path("nowhere"), network=network, width=24)) == size


def test_validation_photos_are_prepared_as_served_ones_are() -> None:
    random = np.random.default_rng(1)
    photos = [random.integers(0, 256, (*size, 3), dtype=np.uint8) for size in ((30, 40), (24, 24), (50, 20))]
    config = config_of(Path("nowhere"), height=24, width=20)
    made = inputs(cache_of(photos, [0, 1, 1]), np.array([2, 0]), config)
    assert made.shape == (2, 24, 20, 3)
    assert made.dtype == np.uint8
    for pixels, photo in zip(made, (photos[2], photos[0]), strict=True):
        np.testing.assert_array_equal(pixels, preprocess(Image.fromarray(photo), 24, 20).pixels)


def test_the_learner_is_the_network_with_augmentation_before_it() -> None:
    config = config_of(Path("nowhere"))
    learner = compiled(config, classes=3)
    images = np.random.default_rng(2).integers(0, 256, (4, 24, 24, 3), dtype=np.uint8)
    network = next(layer for layer in learner.layers if isinstance(layer, keras.Model) and layer.name != "augmentation")
    expected = keras.ops.convert_to_numpy(network(images)["logits"])
    received = keras.ops.convert_to_numpy(learner(images, training=False))
    np.testing.assert_allclose(received, expected, rtol=1e-5, atol=1e-6)
    augmented = keras.ops.convert_to_numpy(learner(images, training=True))
    assert np.abs(augmented - expected).max() > 1e-3


def test_the_same_seed_begins_with_the_same_weights_and_another_with_others() -> None:
    first, again, other = (compiled(config_of(Path("nowhere"), seed=seed), classes=2) for seed in (1, 1, 2))
    kernels = [keras.ops.convert_to_numpy(learner.trainable_weights[0]) for learner in (first, again, other)]
    np.testing.assert_array_equal(kernels[0], kernels[1])
    assert (kernels[0] != kernels[2]).any()


def test_mixed_precision_keeps_float32_weights_and_logits_and_nothing_of_it_stays_behind() -> None:
    learner = compiled(config_of(Path("nowhere"), precision="mixed_bfloat16"), classes=2)
    assert learner.output.dtype == "float32"
    assert {variable.dtype for variable in learner.trainable_variables} == {"float32"}
    assert keras.mixed_precision.global_policy().name == "float32"


def test_the_learning_rate_warms_up_and_fades_to_zero() -> None:
    config = config_of(Path("nowhere"), warmup_epochs=0.5)  # 8 batches an epoch, 2 epochs
    rate = compiled(config, classes=2).optimizer._learning_rate
    assert [float(rate(step)) for step in (0, 2, 4, 10, 16)] == pytest.approx([0, 0.01, 0.02, 0.01, 0], abs=1e-6)
