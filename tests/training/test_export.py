import json
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import pytest
from scipy.special import log_softmax

from model.artifact import Artifact
from model.errors import ArtifactError
from model.manifest import MANIFEST_FILE
from tests.training.tiny_run import confused, exported, tiny_config, tiny_network, trained
from training.cache import Cache
from training.checkpoints import Checkpoints
from training.config import Config
from training.export import ExportError, compare, export
from training.split import split
from training.train import compiled, inputs


@pytest.fixture(autouse=True)
def network_by_name() -> Iterator[None]:
    with tiny_network():
        yield


@pytest.fixture
def run(shapes: Path) -> Path:
    return trained(shapes)


@pytest.fixture
def folder(shapes: Path) -> Path:
    """Version 1 of the run's artifact."""
    return exported(shapes)


@pytest.fixture
def copy(run: Path, tmp_path: Path) -> Path:
    """The run, to be changed."""
    return Path(shutil.copytree(run, tmp_path / "copy"))


def restored(run: Path) -> keras.Model:
    learner = compiled(Config.load(run), classes=2)
    assert Checkpoints(run / "checkpoints").restore(learner) == 2
    return learner


def test_the_artifact_answers_as_the_trained_network_with_its_branches(run: Path, folder: Path) -> None:
    config, cache = Config.load(run), Cache.load(run / "cache")
    images = inputs(cache, np.arange(len(cache)), config)
    expected, received = restored(run).predict(images, verbose=0), Artifact.load(folder).predict(images).logits
    # Float32 rounds at 6e-8 of a sum's largest terms, and errors add up from layer to layer.
    np.testing.assert_allclose(received, expected, rtol=0, atol=1e-4 * np.abs(expected).max())
    assert np.ptp(expected, axis=0).min() > 0.1


def test_the_manifest_says_where_the_weights_come_from(shapes: Path, run: Path, folder: Path) -> None:
    manifest, cache = Artifact.load(folder).manifest, Cache.load(run / "cache")
    assert (manifest.name, manifest.version, folder.name) == ("shapes", 1, "1")
    assert manifest.labels == ("disc", "square")
    assert (manifest.height, manifest.width) == (24, 20)
    assert [layer.name for layer in manifest.layers][-2:] == ["logits", "probabilities"]
    assert manifest.training is not None
    photos = split(cache, 0.2, 0.2).training
    assert manifest.training.photos == Counter(Path(cache.names[photo]).parts[0] for photo in photos)
    assert manifest.training.sources == Counter(Path(cache.names[photo]).stem.split("_")[0] for photo in photos)
    assert manifest.training.epochs == 2
    assert Config.model_validate({**manifest.training.config, "photos": ""}) == tiny_config(
        confused(shapes)
    ).model_copy(update={"photos": ""})


def test_nothing_in_the_artifact_names_a_folder_of_this_machine(shapes: Path, run: Path, folder: Path) -> None:
    manifest = (folder / MANIFEST_FILE).read_bytes()
    assert b'"photos": {' in manifest
    for file in (path for path in folder.rglob("*") if path.is_file()):
        for place in (shapes, run, folder, Path.home(), Path(__file__).parents[2], Path(keras.__file__).parent):
            assert str(place).encode() not in file.read_bytes(), (file.name, place)
    assert not [text for text in strings(json.loads(manifest)) if text.startswith(("/", "~", "."))]


def strings(value: object) -> Iterator[str]:
    match value:
        case dict():
            yield from strings([*value, *value.values()])
        case list():
            for part in value:
                yield from strings(part)
        case str():
            yield value


def test_the_temperature_is_the_best_for_the_validation_photos(run: Path, folder: Path) -> None:
    config, cache, artifact = Config.load(run), Cache.load(run / "cache"), Artifact.load(folder)
    photos = split(cache, 0.2, 0.2).validation
    logits, labels = artifact.predict(inputs(cache, photos, config)).logits, cache.labels[photos]

    def loss(temperature: float) -> float:
        return float(-log_softmax(logits / temperature, axis=1)[np.arange(len(labels)), labels].mean())

    chosen = artifact.manifest.layers[-1].temperature
    assert chosen is not None
    assert chosen != 1
    assert loss(chosen) <= min(loss(chosen * factor) for factor in (0.5, 0.95, 1.05, 2))
    assert 0.06 < chosen < 19  # inside the bounds
    answers = artifact.predict(inputs(cache, photos, config)).probabilities.argmax(axis=1)
    assert artifact.manifest.metrics["accuracy"] == pytest.approx((answers == labels).mean(), abs=1e-5)
    assert artifact.manifest.metrics["photos"] == len(photos)


def test_a_run_of_mixed_precision_becomes_the_next_version_with_float32_answers(copy: Path) -> None:
    learner = restored(copy)
    last = learner.get_layer("network").get_layer("logits")
    last.set_weights([30 * weight for weight in last.get_weights()])  # as large as after long training
    Checkpoints(copy / "checkpoints").save(learner, 3)
    Config.load(copy).model_copy(update={"precision": "mixed_bfloat16"}).save(copy)
    (copy / "saved" / "shapes" / "7").mkdir(parents=True)
    written = export(copy, copy / "saved", "shapes")
    assert written == copy / "saved" / "shapes" / "8"
    assert sorted(path.name for path in written.parent.iterdir()) == ["7", "8"]
    artifact = Artifact.load(written)
    assert artifact.manifest.version == 8
    images = np.random.default_rng(1).integers(0, 256, (5, 24, 20, 3), dtype=np.uint8)
    expected = learner.predict(images, verbose=0)
    np.testing.assert_allclose(artifact.predict(images).logits, expected, rtol=0, atol=1e-4 * np.abs(expected).max())


def test_an_export_that_is_interrupted_leaves_nothing(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(artifact: Artifact, *_: object) -> None:
        assert artifact.manifest.version == 1  # it was written and loaded, and is not in its place
        assert [path.name[0] for path in (tmp_path / "shapes").iterdir()] == ["."]
        raise KeyboardInterrupt

    monkeypatch.setattr("training.export.measure", stopped)
    with pytest.raises(KeyboardInterrupt):
        export(run, tmp_path, "shapes")
    assert list((tmp_path / "shapes").iterdir()) == []


def test_a_network_that_does_not_survive_the_folding_is_not_exported(copy: Path, tmp_path: Path) -> None:
    """Its two branches are huge and cancel out, exactly as weights, but with a rest as sums of float32."""
    learner = restored(copy)
    conv = learner.get_layer("network").get_layer("conv2")
    window, point = conv.convolutions
    kernel = np.asarray(window.kernel) * 1e-8
    kernel[1, 1] = np.asarray(point.kernel)[0, 0]
    window.kernel.assign(kernel)
    for branch, sign in zip(conv.normalisations, (1, -1), strict=True):
        ones, zeros = np.ones(8), np.zeros(8)
        branch.set_weights([sign * 1e8 * ones, zeros, zeros, ones])  # gamma, beta, mean, variance
    Checkpoints(copy / "checkpoints").save(learner, 3)
    with pytest.raises(ExportError, match=r"^Expected the folded network's logits within 0.01; they differ by \d"):
        export(copy, tmp_path / "saved", "shapes")
    assert not (tmp_path / "saved").exists()


@pytest.mark.parametrize("over", [np.nextafter(np.float32(0.25), np.float32(1)), np.nan, np.inf, -np.inf])
def test_logits_may_differ_by_the_tolerance_and_no_more(over: float) -> None:
    expected = np.zeros((3, 2), np.float32)
    received = expected.copy()
    received[1, 1] = -0.25
    compare("new", expected, received, 0.25)
    received[2, 0] = over
    with pytest.raises(ExportError, match=f"the new network's logits within 0.25; they differ by {abs(over)}"):
        compare("new", expected, received, 0.25)
    assert issubclass(ExportError, ArtifactError)  # which the command line says in a sentence


def test_a_run_without_a_checkpoint_is_refused(copy: Path, tmp_path: Path) -> None:
    shutil.rmtree(copy / "checkpoints")
    with pytest.raises(FileNotFoundError, match=f"a trained network's checkpoint in {copy / 'checkpoints'}; there is"):
        export(copy, tmp_path / "saved", "shapes")
    assert not (tmp_path / "saved").exists()


def test_a_run_without_validation_photos_is_refused(copy: Path, tmp_path: Path) -> None:
    Config.load(copy).model_copy(update={"validation_share": 1e-9}).save(copy)
    with pytest.raises(ValueError, match=f"Expected validation photos in {copy / 'cache'}; received none of 1[12]\\d$"):
        export(copy, tmp_path / "saved", "shapes")


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=str(tmp_path / "config.json")):
        export(tmp_path, tmp_path / "saved", "shapes")
