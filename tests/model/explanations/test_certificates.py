import json

import numpy as np
import pytest
from numpy.typing import NDArray

from model.artifact import Artifact
from model.explanations.certificates import certify
from model.explanations.judged import JUDGED, Judged
from model.explanations.record import (
    ERRORS,
    MOST_LIKE_OTHER_LABEL,
    MOST_LIKE_RANDOMISED,
    objections,
    offered,
)
from model.preprocessing import preprocess
from tests.conftest import photo_of
from tests.model.artifacts import SIZE, noise
from tests.model.explanations.exhibits import EDGES, GUIDED_BACKPROPAGATION, NOISE

Record = dict[str, float]
GRADIENT = {"gradient": JUDGED["gradient"]}
GOOD: Record = {
    "randomised_similarity": 0.25,
    "other_label_similarity": 0.5,
    "better_than_random": 0.21,
    "better_than_random_error": 0.1,
    "focus": 0.46,
    "focus_error": 0.1,
}


def records_of(
    artifact: Artifact, photos: NDArray[np.uint8], methods: dict[str, Judged] = JUDGED, seed: int = 0
) -> dict[str, Record]:
    layers = artifact.manifest.layers
    return certify(layers, {layer.name: artifact.weights(layer.name) for layer in layers}, photos, methods, seed)


@pytest.fixture(scope="module")
def photos(shipped: Artifact) -> NDArray[np.uint8]:
    """Two views of each of four photos: the whole, and what is right of the left edge and below the upper one."""
    views = []
    for name in ("chelsea", "coffee", "astronaut", "rocket"):
        photo = photo_of(name)
        width, height = photo.size
        for share in (0, 0.2):
            view = photo.crop((int(share * width), int(share * height), width, height))
            views.append(preprocess(view, shipped.manifest.height, shipped.manifest.width).pixels)
    return np.stack(views)


@pytest.fixture(scope="module")
def records(shipped: Artifact, photos: NDArray[np.uint8]) -> dict[str, Record]:
    """Of Grad-CAM, and of methods that show nothing of the network."""
    exhibits = {"edges": EDGES, "noise": NOISE, "guided backpropagation": GUIDED_BACKPROPAGATION}
    return records_of(shipped, photos, {"grad-cam": JUDGED["grad-cam"]} | exhibits)


def test_what_the_shipped_network_is_explained_with_is_better_than_chance(shipped: Artifact) -> None:
    """Over the photos of its export; eight are too few for it."""
    assert shipped.manifest.explanations.keys() == JUDGED.keys()
    assert [objections(shipped.manifest.explanations[method]) for method in ("grad-cam", "occlusion")] == [[], []]


def test_grad_cam_tells_networks_labels_and_places_apart(records: dict[str, Record]) -> None:
    record = records["grad-cam"]
    assert record["photos"] == 8
    assert record["randomised_similarity"] < MOST_LIKE_RANDOMISED
    assert record["other_label_similarity"] < MOST_LIKE_OTHER_LABEL
    assert record["better_than_random"] > ERRORS * record["better_than_random_error"]
    assert record["focus"] > 0.25


def test_the_photos_edges_are_not_offered(records: dict[str, Record]) -> None:
    """Whatever the weights and the label, they are the same."""
    record = records["edges"]
    assert record["randomised_similarity"] == record["other_label_similarity"] == pytest.approx(1)
    assert record["better_than_edges"] == pytest.approx(0, abs=1e-9)
    assert objections(record)[:2] == [
        "its maps are like those of a network with weights by chance: 1.00",
        "its maps are alike for any label: 1.00",
    ]


def test_noise_is_not_offered(records: dict[str, Record]) -> None:
    """For each label it is another, but for no network; and it is no better than chance, for it is that."""
    record = records["noise"]
    assert abs(record["other_label_similarity"]) < 0.02
    assert abs(record["better_than_random"]) < 3 * record["better_than_random_error"]
    assert record["focus"] == pytest.approx(0.25, abs=0.01)
    assert len(objections(record)) >= 2


def test_guided_backpropagation_is_not_offered(records: dict[str, Record]) -> None:
    """Its maps look better than most."""
    assert records["guided backpropagation"]["other_label_similarity"] > 0.9
    assert not offered(records["guided backpropagation"])


def test_every_method_has_a_record_that_is_numbers(maps: Artifact) -> None:
    records = records_of(maps, noise(3, *SIZE))
    assert records.keys() == JUDGED.keys()
    for name, record in records.items():
        assert json.loads(json.dumps(record, allow_nan=False)) == record
        assert ("completeness_error" in record) == (name == "integrated-gradients")
        for similar in (figure for key, figure in record.items() if "similarity" in key):
            assert -1 <= similar <= 1
        for order in ("", "random_", "edges_", "centre_"):
            assert 0 < record[f"{order}deletion"] < 1
            assert 0 < record[f"{order}insertion"] < 1


def test_how_much_better_is_the_difference_of_the_differences(maps: Artifact) -> None:
    record = records_of(maps, noise(4, *SIZE), GRADIENT)["gradient"]
    for other in ("random", "edges", "centre"):
        theirs = record[f"{other}_insertion"] - record[f"{other}_deletion"]
        better = (record["insertion"] - record["deletion"]) - theirs
        assert record[f"better_than_{other}"] == pytest.approx(better)
        assert record[f"better_than_{other}_error"] > 0


def test_the_same_seed_makes_the_same_record(maps: Artifact) -> None:
    one, same, other = (records_of(maps, noise(3, *SIZE), GRADIENT, seed)["gradient"] for seed in (1, 1, 2))
    assert one == pytest.approx(same)
    assert one != pytest.approx(other)


def test_photos_of_one_label_alone_make_no_mosaic(shipped: Artifact, photos: NDArray[np.uint8]) -> None:
    record = records_of(shipped, np.stack([photos[0]] * 2), GRADIENT)["gradient"]
    assert "focus" not in record
    assert objections(record)[-1] == "it was not tried on a mosaic, for all photos have the same label"


def test_one_photo_is_too_few(maps: Artifact) -> None:
    with pytest.raises(ValueError, match="at least two photos; received: 1"):
        records_of(maps, noise(1, *SIZE), GRADIENT)


def test_at_the_limits_a_method_is_offered() -> None:
    assert objections(GOOD) == []
    assert offered(GOOD)


@pytest.mark.parametrize(
    ("changes", "objection"),
    [
        ({"randomised_similarity": 0.26}, "its maps are like those of a network with weights by chance: 0.26"),
        ({"other_label_similarity": 0.51}, "its maps are alike for any label: 0.51"),
        ({"better_than_random": 0.2}, "its order is no better than one by chance: by 0.20, give or take 0.10"),
        ({"better_than_random": -1.0}, "its order is no better than one by chance: by -1.00, give or take 0.10"),
        ({"focus": 0.45}, "in a mosaic it does not find the photo in question: 0.45 on it, give or take 0.10"),
    ],
)
def test_beyond_a_limit_it_is_not(changes: Record, objection: str) -> None:
    assert objections(GOOD | changes) == [objection]
    assert not offered(GOOD | changes)
