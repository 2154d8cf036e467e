from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from model.artifact import Artifact
from model.layers import Dense, Flatten, GlobalAveragePooling, Softmax, Table
from model.network import build
from model.preprocessing import preprocess
from tests.model.artifacts import SMALLEST, constant_network, write_artifact
from training.comparison.comparison import Comparison, Endurance, Rates, compare
from training.comparison.damage import DAMAGES, SEVERITIES

SIDE = 16
LAST: Table = (Dense("logits"), Softmax("probabilities"))
PATTERNS: Table = (GlobalAveragePooling("average"), *LAST)
PLACES: Table = (Flatten("flatten"), *LAST)
CLASSES = ("bird", "cat", "dog")
CAT, DOG = 1, 2


def cat(photos: int) -> NDArray[np.uint8]:
    """Red, and brighter on the left: each shade of a little its own."""
    return np.stack([half((200 + shade, 0, 0), (60, 0, 0)) for shade in range(photos)])


def dog(photos: int) -> NDArray[np.uint8]:
    """Blue, and brighter on the right."""
    return np.stack([half((0, 0, 60), (0, 0, 200 + shade)) for shade in range(photos)])


def half(left: tuple[int, int, int], right: tuple[int, int, int]) -> NDArray[np.uint8]:
    photo = np.empty((SIDE, SIDE, 3), np.uint8)
    photo[:, : SIDE // 2], photo[:, SIDE // 2 :] = left, right
    return photo


def loaded(folder: Path, network: keras.Model, table: Table, classes: tuple[str, ...] = CLASSES) -> Artifact:
    write_artifact(folder, network, table, {"labels": classes})
    return Artifact.load(folder)


def weighted(table: Table, cat: NDArray[np.floating], dog: NDArray[np.floating], side: int = SIDE) -> keras.Model:
    """A network that weighs what comes in for cats and for dogs, and rather says cat than nothing."""
    network = build(table, len(CLASSES), side, side, normalised=False)
    network.get_layer("logits").set_weights([np.stack([np.zeros_like(cat), cat, dog], axis=1), np.array([-9, 0.5, 0])])
    return network


@pytest.fixture(scope="module")
def artifacts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Artifact]:
    """One network that sees colours wherever they are, one that sees where it is bright, and one that sees nothing."""
    folder = tmp_path_factory.mktemp("compared")
    red, blue = np.array([0.1, 0, 0]), np.array([0, 0, 0.1])
    left = np.repeat(np.where(np.arange(SIDE * SIDE) % SIDE < SIDE // 2, 1, -1), 3) / 1000
    return {
        "patterns": loaded(folder / "patterns", weighted(PATTERNS, red, blue), PATTERNS),
        "places": loaded(folder / "places", weighted(PLACES, left, -left), PLACES),
        "blind": loaded(folder / "blind", constant_network([0.0, 0.0, 1.0], SIDE, SIDE), SMALLEST),
    }


@pytest.fixture(scope="module")
def comparison(artifacts: dict[str, Artifact]) -> Comparison:
    """Six cats and two dogs; half of the cats for testing are mirrored, and none of those for training."""
    images = np.concatenate([cat(3), cat(3)[:, :, ::-1], dog(2)])
    training_images, training_labels = np.concatenate([cat(4), dog(4)]), np.repeat([CAT, DOG], 4)
    return compare(
        artifacts, images, np.array([CAT] * 6 + [DOG] * 2, np.int32), training_images, training_labels.astype(np.int32)
    )


def test_the_same_photos_are_put_to_every_network(comparison: Comparison, artifacts: dict[str, Artifact]) -> None:
    assert (comparison.focus, comparison.classes) == ("cat", CLASSES)
    assert (comparison.photos, comparison.training_photos) == (8, 8)
    assert list(comparison.networks) == list(artifacts)
    for network in comparison.networks.values():
        assert list(network.damaged) == list(DAMAGES)
        assert all(len(rates) == len(SEVERITIES) for rates in network.damaged.values())
    places = comparison.networks["places"]
    weights = SIDE * SIDE * 3 * len(CLASSES)
    assert (places.parameters, places.multiply_adds) == (weights + len(CLASSES), weights)


def test_a_network_of_places_fails_where_one_of_patterns_does_not(comparison: Comparison) -> None:
    patterns, places = comparison.networks["patterns"], comparison.networks["places"]
    assert patterns.test.against_rest == 1
    assert [rates.against_rest for rates in patterns.damaged["flip"]] == [1] * 5
    assert places.test.against_rest == 5 / 8  # the three cats that are mirrored seem dogs
    assert [rates.against_rest for rates in places.damaged["flip"]] == [3 / 8] * 5


def test_a_network_of_colours_fails_without_them(comparison: Comparison) -> None:
    rates = comparison.networks["patterns"].damaged["grey"]
    assert rates[0].against_rest == 1
    assert rates[4].against_rest == 6 / 8  # all seem cats
    assert comparison.networks["places"].damaged["grey"][4].against_rest == 5 / 8  # as ever


def test_what_was_learnt_by_heart_shows_on_the_training_photos(comparison: Comparison) -> None:
    gaps = {name: network.gap for name, network in comparison.networks.items()}
    assert gaps == {"patterns": 0, "places": 3 / 8, "blind": 4 / 8 - 2 / 8}


def test_a_network_that_always_says_dog_is_as_computed_by_hand(comparison: Comparison) -> None:
    test = comparison.networks["blind"].test
    assert (test.against_rest, test.classes) == (2 / 8, 2 / 8)
    assert test.score == pytest.approx(1 / (2 + np.e))
    assert all(rates == test for damaged in comparison.networks["blind"].damaged.values() for rates in damaged)
    assert comparison.majority == 6 / 8


def test_telling_cats_from_the_rest_is_not_telling_all_classes_apart(artifacts: dict[str, Artifact]) -> None:
    images, labels = np.concatenate([cat(1), dog(3)]), np.array([CAT, 0, 0, DOG], np.int32)
    found = compare({"blind": artifacts["blind"]}, images, labels, images, labels).networks["blind"]
    assert (found.test.against_rest, found.test.classes) == (3 / 4, 1 / 4)


def test_a_damage_is_done_to_the_photos_that_were_asked_about(
    artifacts: dict[str, Artifact], comparison: Comparison
) -> None:
    images, patterns = np.concatenate([cat(3), cat(3)[:, :, ::-1]]), comparison.networks["patterns"]
    for severity, rates in enumerate(patterns.damaged["dark"], start=1):
        dark = np.stack([DAMAGES["dark"](image, severity) for image in images])
        scores = artifacts["patterns"].predict(dark).probabilities[:, CAT]
        assert rates.score == pytest.approx(scores.mean())
    assert patterns.damaged["dark"][4].score < patterns.test.score - 0.01


def test_another_class_may_be_told_from_the_rest(artifacts: dict[str, Artifact]) -> None:
    images, labels = np.concatenate([cat(1), dog(3)]), np.array([CAT, DOG, DOG, DOG], np.int32)
    blind = {"blind": artifacts["blind"]}
    found = compare(blind, images, labels, images, labels, focus="dog")
    assert (found.focus, found.networks["blind"].test.against_rest) == ("dog", 3 / 4)
    birds = np.zeros(4, np.int32)
    assert compare(blind, images, birds, images, birds, focus="fish").focus == "bird"


def test_each_network_sees_the_photos_at_its_own_size_and_damaged_before_they_shrink(
    artifacts: dict[str, Artifact], tmp_path: Path
) -> None:
    for_cats, for_dogs = np.random.default_rng(4).normal(0, 0.002, (2, 8 * 8 * 3))
    small = loaded(tmp_path / "small", weighted(PLACES, for_cats, for_dogs, side=8), PLACES)
    images, labels = cat(3), np.full(3, CAT, np.int32)
    found = compare({"small": small, "large": artifacts["places"]}, images, labels, images, labels).networks
    assert [(network.height, network.width) for network in found.values()] == [(8, 8), (SIDE, SIDE)]
    for kind in ("noise", "hidden"):
        damaged = [DAMAGES[kind](image, 5) for image in images]
        shrunk = np.stack([preprocess(Image.fromarray(image), 8, 8).pixels for image in damaged])
        for name, artifact, seen in (("small", small, shrunk), ("large", artifacts["places"], np.stack(damaged))):
            score = artifact.predict(seen).probabilities[:, CAT].mean()
            assert found[name].damaged[kind][4].score == pytest.approx(score), (name, kind)
    assert found["small"].test.score != pytest.approx(found["small"].damaged["noise"][4].score, abs=1e-3)


def test_networks_of_other_classes_are_refused(artifacts: dict[str, Artifact], tmp_path: Path) -> None:
    other = loaded(tmp_path / "other", constant_network([0.0] * 3, 8, 8), SMALLEST, ("cat", "bird", "dog"))
    images, labels = cat(1), np.array([CAT], np.int32)
    message = r"same labels: patterns has \('bird', 'cat', 'dog'\); received: other with \('cat'"
    with pytest.raises(ValueError, match=f"Expected networks of the {message}"):
        compare({"patterns": artifacts["patterns"], "other": other}, images, labels, images, labels)


def test_without_networks_or_cats_there_is_nothing_to_compare(artifacts: dict[str, Artifact]) -> None:
    images, cats, dogs = cat(2), np.full(2, CAT, np.int32), np.full(2, DOG, np.int32)
    with pytest.raises(ValueError, match="Expected networks to compare; received none"):
        compare({}, images, cats, images, cats)
    with pytest.raises(ValueError, match="Expected test photos of cat; received: 2 photos, none of it"):
        compare(artifacts, images, dogs, images, cats)
    with pytest.raises(ValueError, match="Expected training photos of cat; received: 2 photos, none of it"):
        compare(artifacts, images, cats, images, dogs)


def test_the_gap_is_that_of_the_focus_against_the_rest() -> None:
    rates = Rates(against_rest=0.9, classes=0.5, score=0.7)
    assert Endurance(8, 8, 1, 2, replace(rates, against_rest=0.95), rates, {}).gap == pytest.approx(0.05)
