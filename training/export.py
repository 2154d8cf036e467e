"""From a finished run to an artifact: fold, calibrate, write, load it again and compare."""

import dataclasses
import tempfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from model.artifact import Artifact
from model.digest import digest_of
from model.endpoints import write_endpoints
from model.errors import ArtifactError
from model.explanations.certificates import certify
from model.geometry import describe
from model.golden import golden_images, golden_of
from model.layers import Softmax, Table
from model.manifest import Golden, Manifest
from model.network import NETWORKS, fold
from model.snapshots import SNAPSHOTS
from model.versions import versions
from training.cache import Cache
from training.calibration import fit_temperature
from training.checkpoints import Checkpoints
from training.config import Config
from training.elsewhere import Elsewhere
from training.evaluation.measures import Measures, measure
from training.evaluation.thresholds import thresholds
from training.provenance import provenance
from training.snapshots import gather
from training.split import split
from training.train import compiled, inputs

# Largest difference of a logit between Keras and the exported graph; the sums run in the same order on one machine,
# and folding rounds each weight once more.
EXPORT_TOLERANCE = 1e-3
FOLD_TOLERANCE = 1e-2
CERTIFYING = 96  # validation photos at most: some minutes for the shipped network; 32 leave too large an error


class ExportError(ArtifactError):
    """What was exported does not compute what was trained."""


def export(run: Path, folder: Path, name: str, elsewhere: Path | None = None) -> Path:
    """Exports a run's newest checkpoint as the next version of an artifact.

    Args:
        run: the run's folder.
        folder: where artifacts are; the new one comes to `folder/name/version`.
        name: of the artifact.
        elsewhere: an evaluated run of the same recipe that left sources out. Its measures of them stand in the
            manifest, and its threshold: what suits photos from elsewhere suits a stranger's. Without it, thresholds are
            chosen on the sources that this run left out, or else on its validation photos.

    Returns:
        The new version's folder.

    Raises:
        FileNotFoundError: if the run has no checkpoint yet, or the one elsewhere no evaluation.
        ValueError: if the run has no validation photos, by which to calibrate and to compare, or if the one elsewhere
            left no sources out.
        ExportError: if the folded network or the exported graph answers differently from the trained network.
    """
    judged = Elsewhere.load(elsewhere) if elsewhere else Elsewhere()
    config, cache = Config.load(run), Cache.load(run / "cache")
    classes = len(cache.classes)
    learner = compiled(config.model_copy(update={"precision": "float32"}), classes)  # as it will be served
    epochs = Checkpoints(run / "checkpoints").restore(learner)
    if not epochs:
        raise FileNotFoundError(f"Expected a trained network's checkpoint in {run / 'checkpoints'}; there is none")
    parts = split(cache, config)
    if not len(parts.validation):
        raise ValueError(f"Expected validation photos in {run / 'cache'}; received none of {len(cache)}")
    images, labels = inputs(cache, parts.validation, config), cache.labels[parts.validation]
    table = NETWORKS[config.network]
    network = learner.get_layer("network")
    logits = predicted(fold(network, table, classes, config.height, config.width), table[-2].name, images)
    table = calibrated(table, fit_temperature(logits, labels))
    plain = fold(network, table, classes, config.height, config.width)
    compare("folded", learner.predict(images[:64], verbose=0), logits[:64], FOLD_TOLERANCE)

    (folder / name).mkdir(parents=True, exist_ok=True)
    version = max(versions(folder / name), default=0) + 1
    with tempfile.TemporaryDirectory(dir=folder / name, prefix=".unfinished-") as scratch:
        unfinished = Path(scratch) / "artifact"
        write_endpoints(plain, table, config.height, config.width, unfinished)
        gather(run, unfinished / SNAPSHOTS)
        manifest = Manifest(
            name=name,
            version=version,
            digest="",
            labels=tuple(cache.classes),
            height=config.height,
            width=config.width,
            layers=describe(table, classes, config.height, config.width),
            golden=golden_answers(plain, table, config),
            training=provenance(config, cache, parts.training, epochs),
            elsewhere=judged.rows,
        )
        seal(unfinished, manifest)
        artifact = Artifact.load(unfinished)
        compare("exported", logits[:64], artifact.predict(images[:64]).logits, EXPORT_TOLERANCE)
        measures = measure(artifact, images, labels)
        chosen = {
            "metrics": measures.numbers(),
            "thresholds": judged.thresholds or chosen_thresholds(artifact, measures, cache, config),
            "explanations": certificates(artifact, images, labels),
        }
        seal(unfinished, artifact.manifest.model_copy(update=chosen))
        Artifact.load(unfinished)
        unfinished.rename(folder / name / str(version))
    return folder / name / str(version)


def chosen_thresholds(artifact: Artifact, validation: Measures, cache: Cache, config: Config) -> dict[str, float]:
    """The best thresholds on the sources left out, or else on the validation photos; four digits."""
    parts = split(cache, config)
    photos, measures = parts.validation, validation
    if len(parts.left_out):
        photos = parts.left_out
        measures = measure(artifact, inputs(cache, photos, config), cache.labels[photos])
    found = thresholds(measures, [cache.sources[photo] for photo in photos])
    return {label: round(threshold, 4) for label, threshold in found.items()}


def certificates(
    artifact: Artifact, images: NDArray[np.uint8], labels: NDArray[np.integer[Any]]
) -> dict[str, dict[str, float]]:
    """The record of each method of explanation over some photos, as many of each class; none if there are too few."""
    if len(images) < 2:
        return {}
    chosen = some_of_each(labels, CERTIFYING)
    layers = artifact.manifest.layers
    records = certify(layers, {layer.name: artifact.weights(layer.name) for layer in layers}, images[chosen])
    return {
        method: {name: float(f"{value:.4g}") for name, value in record.items()} for method, record in records.items()
    }


def some_of_each(labels: NDArray[np.integer[Any]], most: int) -> NDArray[np.intp]:
    """Indices of at most so many photos by chance, class after class in turn until none is left."""
    order = np.random.default_rng(0).permutation(len(labels))
    turn = np.empty(len(labels), np.intp)
    for label in np.unique(labels):
        own = order[labels[order] == label]
        turn[own] = np.arange(len(own))
    return order[np.argsort(turn[order], kind="stable")][:most]


def predicted(network: keras.Model, layer: str, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """One layer's output for all photos: those of all layers together would fill the memory."""
    return np.asarray(keras.Model(network.input, network.output[layer]).predict(images, batch_size=64, verbose=0))


def calibrated(table: Table, temperature: float) -> Table:
    last = table[-1]
    assert isinstance(last, Softmax), "check_table saw to it"
    return (*table[:-1], dataclasses.replace(last, temperature=round(temperature, 4)))


def compare(what: str, expected: NDArray[np.float32], received: NDArray[np.float32], tolerance: float) -> None:
    difference = float(np.abs(expected - received).max())
    if not difference <= tolerance:
        raise ExportError(f"Expected the {what} network's logits within {tolerance}; they differ by {difference}")


def golden_answers(plain: keras.Model, table: Table, config: Config) -> Golden:
    """What the network answers to the drawn images."""
    images = golden_images(config.height, config.width)
    answers = plain.predict(np.stack(list(images.values())), verbose=0)
    logits, probabilities = (answers[layer.name] for layer in table[-2:])
    return golden_of(list(images), logits, probabilities)


def seal(folder: Path, manifest: Manifest) -> None:
    """Writes the manifest with the digest of everything."""
    manifest.model_copy(update={"digest": digest_of(folder, manifest)}).save(folder)
