import json
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from model.artifact import Artifact
from model.errors import ArtifactError
from model.explanations.question import METHODS
from model.manifest import MANIFEST_FILE, Manifest
from model.snapshots import SNAPSHOTS
from tests.training.tiny_run import confused, exported, tiny_config, tiny_network, trained
from training.cache import Cache
from training.calibration import fit_temperature
from training.checkpoints import Checkpoints
from training.config import Config
from training.evaluation.measures import measure
from training.evaluation.thresholds import thresholds
from training.export import CERTIFYING, ExportError, certificates, compare, export, some_of_each
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


def test_the_artifact_answers_as_the_trained_network(run: Path, folder: Path) -> None:
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
    photos = split(cache, Config.load(run)).training
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
    photos = split(cache, config).validation
    logits, labels = artifact.predict(inputs(cache, photos, config)).logits, cache.labels[photos]
    chosen = artifact.manifest.layers[-1].temperature
    assert chosen is not None
    assert chosen == pytest.approx(fit_temperature(logits, labels), rel=1e-3)
    assert chosen != 1
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


def best(artifact: Artifact, run: Path, photos: NDArray[np.int64]) -> dict[str, float]:
    cache = Cache.load(run / "cache")
    measures = measure(artifact, inputs(cache, photos, Config.load(run)), cache.labels[photos])
    return thresholds(measures, [cache.sources[photo] for photo in photos])


def test_the_thresholds_are_the_best_for_the_validation_photos(run: Path, folder: Path) -> None:
    artifact = Artifact.load(folder)
    expected = best(artifact, run, split(Cache.load(run / "cache"), Config.load(run)).validation)
    assert set(expected) == {"disc", "square"}
    assert artifact.manifest.thresholds == pytest.approx(expected, abs=5e-5)
    assert all(round(threshold, 4) == threshold for threshold in artifact.manifest.thresholds.values())


def test_where_sources_were_left_out_the_thresholds_are_the_best_for_them(copy: Path, folder: Path) -> None:
    Config.load(copy).model_copy(update={"left_out": ("phone",)}).save(copy)
    artifact = Artifact.load(export(copy, copy / "saved", "shapes"))
    cache = Cache.load(copy / "cache")
    phones = np.flatnonzero([source == "phone" for source in cache.sources])
    assert artifact.manifest.thresholds == pytest.approx(best(artifact, copy, phones), abs=5e-5)
    assert artifact.manifest.thresholds != Artifact.load(folder).manifest.thresholds
    assert artifact.manifest.training is not None
    assert set(artifact.manifest.training.sources) == {"camera"}


def judged(run: Path, elsewhere: object) -> Path:
    """The folder of a run that was evaluated on photos from elsewhere."""
    (run / "evaluation").mkdir(parents=True)
    thresholds = {"disc": 0.25, "square": 0.625}
    measures = {"focus": "square", "elsewhere": elsewhere, "thresholds": thresholds}
    (run / "evaluation" / "measures.json").write_text(json.dumps(measures))
    return run


def test_a_run_that_left_sources_out_gives_its_measures_of_them_and_its_threshold(run: Path, tmp_path: Path) -> None:
    rows = {"web": {"photos": 12.0, "balanced_accuracy": 0.75}, "average": {"photos": 12.0}}
    manifest = Artifact.load(export(run, tmp_path, "shapes", judged(tmp_path / "out", rows))).manifest
    assert manifest.elsewhere == rows
    assert manifest.thresholds == {"square": 0.625}


def test_a_run_that_was_not_evaluated_elsewhere_is_refused(run: Path, tmp_path: Path) -> None:
    with pytest.raises(
        FileNotFoundError, match=f"^Expected an evaluated run in {tmp_path / 'out'}: python -m training"
    ):
        export(run, tmp_path / "saved", "shapes", tmp_path / "out")
    with pytest.raises(ValueError, match=r"that left sources out; received: .*out, which trained on all of them$"):
        export(run, tmp_path / "saved", "shapes", judged(tmp_path / "out", {}))
    assert not (tmp_path / "saved").exists()


def test_the_runs_snapshots_come_with_the_artifact_and_belong_to_it(run: Path, folder: Path, tmp_path: Path) -> None:
    kept = {file.name: file.read_bytes() for file in (folder / SNAPSHOTS).iterdir()}
    assert set(kept) == {"epoch-0000.npz", "epoch-0001.npz", "epoch-0002.npz"}
    assert kept == {file.name: file.read_bytes() for file in (run / "snapshots").iterdir()}
    changed = Path(shutil.copytree(folder, tmp_path / "1"))
    (changed / SNAPSHOTS / "epoch-0001.npz").write_bytes(kept["epoch-0002.npz"])
    with pytest.raises(ArtifactError, match="digest"):
        Artifact.load(changed)


def test_an_artifact_of_a_run_without_snapshots_has_none(copy: Path) -> None:
    shutil.rmtree(copy / "snapshots")
    written = export(copy, copy / "saved", "shapes")
    assert list((written / SNAPSHOTS).iterdir()) == []
    Artifact.load(written)


def test_each_method_of_explanation_has_a_record_over_the_validation_photos(run: Path, folder: Path) -> None:
    validation = len(split(Cache.load(run / "cache"), Config.load(run)).validation)
    records = Manifest.load(folder).explanations
    assert records.keys() == set(METHODS)
    assert all(record["photos"] == min(validation, CERTIFYING) for record in records.values())
    assert all(-1 <= record["randomised_similarity"] <= 1 for record in records.values())


def test_a_single_photo_is_too_few_for_a_record(folder: Path) -> None:
    artifact = Artifact.load(folder)
    photo = np.zeros((1, artifact.manifest.height, artifact.manifest.width, 3), np.uint8)
    assert certificates(artifact, photo, np.zeros(1, np.int64)) == {}


def test_the_photos_for_a_record_are_of_all_classes_alike() -> None:
    labels = np.array([0] * 90 + [1] * 4 + [2] * 6)
    assert Counter(labels[some_of_each(labels, 9)].tolist()) == {0: 3, 1: 3, 2: 3}
    assert Counter(labels[some_of_each(labels, 20)].tolist()) == {0: 10, 1: 4, 2: 6}
    assert sorted(some_of_each(labels, 1000).tolist()) == list(range(100))


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
    """Its logits are so large that what float32 rounds away, which differs, is more than the tolerance."""
    learner = restored(copy)
    conv = learner.get_layer("network").get_layer("conv2")
    gamma, beta, mean, variance = conv.normalisation.get_weights()
    conv.normalisation.set_weights([1e7 * gamma, beta, mean, variance])
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
