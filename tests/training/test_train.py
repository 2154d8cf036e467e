import csv
import shutil
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from model.network import NETWORKS
from model.preprocessing import preprocess
from tests.conftest import photo_of
from tests.training.networks import TINY
from tests.training.shapes import cache_of
from training import train as train_module
from training.batches import EpochBatches
from training.cache import Cache
from training.checkpoints import Checkpoints
from training.config import Config, Stage
from training.muon import Muon
from training.split import split
from training.train import compiled, input_size, inputs, stage_of, train, weights_to_start_from


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
        "stages": (
            Stage(epochs=1, side=16, smallest_area=0.6, strength=0.3),
            Stage(epochs=1, side=24, smallest_area=0.6, strength=0.3),
        ),
        "learning_rate": 0.05, "label_smoothing": 0, "mix_share": 0.1,
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


@pytest.fixture
def copy(unbroken: Path, tmp_path: Path) -> Path:
    """The run that nothing stopped, to be changed."""
    return Path(shutil.copytree(unbroken, tmp_path / "copy"))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_run_leaves_all_that_it_says_in_its_folder(shapes: Path, unbroken: Path) -> None:
    assert names(unbroken) == ["cache", "checkpoints", "config.json", "log.csv", "snapshots", "tensorboard"]
    assert Config.load(unbroken) == config_of(shapes)
    assert (unbroken / "cache" / "index.json").exists()
    assert [path.name for path in Checkpoints(unbroken / "checkpoints").files()] == [
        "epoch-0001.weights.h5", "epoch-0002.weights.h5",
    ]  # fmt: skip
    assert names(unbroken / "snapshots") == ["epoch-0000.npz", "epoch-0001.npz", "epoch-0002.npz"]
    assert [row["epoch"] for row in log_of(unbroken)] == [0, 1]
    assert {*log_of(unbroken)[0]} >= {"loss", "accuracy", "val_loss", "val_accuracy"}


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


def test_a_run_killed_between_its_log_and_its_checkpoint_logs_the_epoch_once(shapes: Path, copy: Path) -> None:
    first, lost = log_of(copy)
    (copy / "checkpoints" / "epoch-0002.weights.h5").unlink()
    (copy / "snapshots" / "epoch-0002.npz").unlink()
    train(config_of(shapes), copy)
    again, repeated = log_of(copy)
    assert again == first
    assert repeated == pytest.approx(lost, abs=1e-3)
    assert names(copy / "snapshots") == ["epoch-0000.npz", "epoch-0001.npz", "epoch-0002.npz"]


def test_a_run_killed_in_its_first_epoch_begins_anew(shapes: Path, unbroken: Path, copy: Path) -> None:
    shutil.rmtree(copy / "checkpoints")
    (copy / "log.csv").write_bytes(b"")
    train(config_of(shapes), copy)
    for row, expected in zip(log_of(copy), log_of(unbroken), strict=True):
        assert row == pytest.approx(expected, abs=1e-3)


def test_a_run_that_is_done_does_nothing_more(shapes: Path, copy: Path) -> None:
    def contents() -> dict[Path, bytes]:
        return {file: file.read_bytes() for file in copy.rglob("*") if file.is_file()}

    before = contents()
    train(config_of(shapes), copy)
    assert contents() == before


def test_a_loss_that_is_no_number_stops_the_run_and_leaves_no_checkpoint(shapes: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"loss stays a number; received: 1e\+30$"):
        train(config_of(shapes, learning_rate=1e30, warmup_epochs=0, mix_share=0), tmp_path)
    assert Checkpoints(tmp_path / "checkpoints").files() == []
    assert names(tmp_path / "snapshots") == ["epoch-0000.npz"]


def test_the_network_that_flattens_trains_at_its_inputs_size(shapes: Path, tmp_path: Path) -> None:
    train(config_of(shapes, network="dense", width=24), tmp_path)
    assert len(log_of(tmp_path)) == 2


def snapshot(run: Path, epoch: int) -> dict[str, NDArray[np.float16]]:
    with np.load(run / "snapshots" / f"epoch-{epoch:04d}.npz") as arrays:
        return dict(arrays)


def logits_of(run: Path, photo: NDArray[np.uint8]) -> NDArray[np.float32]:
    """What the network that a run ended with makes of a photo."""
    learner = compiled(Config.load(run), classes=2)
    assert Checkpoints(run / "checkpoints").restore(learner) == 2
    logits: NDArray[np.float32] = learner.predict(photo[None], verbose=0)[0]
    return logits


def test_the_snapshots_watch_the_first_validation_photo(shapes: Path, unbroken: Path) -> None:
    cache, config = Cache.load(unbroken / "cache"), config_of(shapes)
    (photo,) = inputs(cache, split(cache, config).validation[:1], config)
    # Half precision has 11 bits, and folding rounds as well.
    expected = pytest.approx(logits_of(unbroken, photo), rel=1e-3, abs=1e-4)
    assert snapshot(unbroken, 2)["outputs/logits"] == expected
    assert snapshot(unbroken, 1)["outputs/logits"] != expected


def test_the_snapshots_watch_the_photo_that_is_named(shapes: Path, tmp_path: Path) -> None:
    photo_of("chelsea").save(tmp_path / "cat.png")
    train(config_of(shapes, watched=str(tmp_path / "cat.png")), tmp_path / "run")
    expected = logits_of(tmp_path / "run", preprocess(photo_of("chelsea"), 24, 24).pixels)
    assert snapshot(tmp_path / "run", 2)["outputs/logits"] == pytest.approx(expected, rel=1e-3, abs=1e-4)


@pytest.mark.parametrize("content", [None, b"no photo"], ids=["missing", "no photo"])
def test_a_named_photo_that_cannot_be_watched_is_refused_before_anything_is_written(
    content: bytes | None, shapes: Path, tmp_path: Path
) -> None:
    if content:
        (tmp_path / "cat.png").write_bytes(content)
    with pytest.raises(OSError, match=r"cat\.png"):
        train(config_of(shapes, watched=str(tmp_path / "cat.png")), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_sources_that_are_left_out_neither_train_nor_choose(
    shapes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[NDArray[np.int64]] = []

    def noted(cache: Cache, photos: NDArray[np.int64], config: Config, stage: Stage, epoch: int) -> EpochBatches:
        batches = EpochBatches(cache, photos, config, stage, epoch)
        seen.extend([batches.order, batches.scenes])
        return batches

    def noted_inputs(cache: Cache, photos: NDArray[np.int64], config: Config) -> NDArray[np.uint8]:
        seen.append(photos)
        return inputs(cache, photos, config)

    monkeypatch.setattr(train_module, "EpochBatches", noted)
    monkeypatch.setattr(train_module, "inputs", noted_inputs)
    stages = (Stage(epochs=1, side=16, smallest_area=0.6),)
    train(config_of(shapes, left_out=["phone"], scenes="disc", stages=stages), tmp_path)
    cache = Cache.load(tmp_path / "cache")
    assert set(cache.sources) == {"camera", "phone"}
    assert len(seen) == 3
    assert all({cache.sources[photo] for photo in photos} == {"camera"} for photos in seen)


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
    begun, ended = snapshot(tmp_path, 0), snapshot(unbroken, 2)
    for name in ("kernels/conv1", "kernels/conv2"):
        np.testing.assert_array_equal(begun[name], ended[name])


def test_a_run_cannot_start_from_one_without_a_checkpoint(shapes: Path, tmp_path: Path) -> None:
    config_of(shapes).save(tmp_path / "other")
    with pytest.raises(FileNotFoundError, match=r"checkpoint to start from; found none in .*other$"):
        train(config_of(shapes, start=str(tmp_path / "other")), tmp_path / "run")


def test_a_run_cannot_start_from_one_that_saw_what_it_leaves_out(shapes: Path, unbroken: Path, tmp_path: Path) -> None:
    config = config_of(shapes, start=str(unbroken), left_out=["phone"])
    with pytest.raises(ValueError, match=r"^start: expected a run that left out phone too; received: .*unbroken0$"):
        train(config, tmp_path)
    assert Checkpoints(tmp_path / "checkpoints").files() == []


def test_a_run_may_start_from_one_that_left_out_as_much_or_more(tmp_path: Path) -> None:
    before = config_of(Path("nowhere"), left_out=["web", "phone", "camera"])
    before.save(tmp_path)
    learner = compiled(before, classes=2)
    learner.optimizer.build(learner.trainable_variables)
    Checkpoints(tmp_path / "checkpoints").save(learner, 1)
    config = config_of(Path("nowhere"), start=str(tmp_path), left_out=["phone", "web"], seed=2)
    for left, right in zip(weights_to_start_from(config, classes=2), learner.get_weights(), strict=True):
        np.testing.assert_array_equal(left, right)
    with pytest.raises(ValueError, match="left out chan, tfds too"):
        weights_to_start_from(config.model_copy(update={"left_out": ("tfds", "phone", "chan")}), classes=2)


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


def test_the_learner_is_the_network_up_to_its_logits() -> None:
    config = config_of(Path("nowhere"))
    learner = compiled(config, classes=3)
    images = np.random.default_rng(2).integers(0, 256, (4, 24, 24, 3), dtype=np.uint8)
    expected = keras.ops.convert_to_numpy(learner.get_layer("network")(images)["logits"])
    received = keras.ops.convert_to_numpy(learner(images, training=False))
    np.testing.assert_allclose(received, expected, rtol=1e-5, atol=1e-6)
    assert np.ptp(expected) > 0


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


@pytest.mark.parametrize(("name", "kind"), [("muon", Muon), ("adamw", keras.optimizers.AdamW)], ids=["muon", "adamw"])
def test_the_learner_learns_as_the_configuration_says(name: str, kind: type[keras.optimizers.Optimizer]) -> None:
    config = config_of(Path("nowhere"), optimizer=name, weight_decay=0.3, label_smoothing=0.2)
    learner = compiled(config, classes=2)
    assert type(learner.optimizer) is kind
    assert learner.optimizer.weight_decay == 0.3
    logits = np.array([[2.0, 0.0]])
    # The right class counts 0.9, the other 0.1: ln(1 + e^-2) + 0.1 * 2.
    assert float(learner.loss(np.array([[1.0, 0.0]]), logits)) == pytest.approx(0.126928 + 0.2, abs=1e-5)
