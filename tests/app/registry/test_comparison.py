"""Two versions on the golden images, beside numbers computed by hand."""

from pathlib import Path

import pytest

from app.registry.comparison import Comparison, compare
from app.registry.refusals import VersionDiffers
from model.artifact import Artifact
from tests.app.registry.versions_on_disk import probabilities, small_version
from tests.model.artifacts import SMALLEST, constant_network, write_artifact

OLD, NEW = [0.0, 1.0, 0.5], [0.2, 0.3, 2.0]


def small(folder: Path, version: int, logits: list[float], **options: int) -> Artifact:
    return Artifact.load(small_version(folder, "small", version, logits, **options))


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    folder = tmp_path_factory.mktemp("models")
    return compare(small(folder, 3, OLD), small(folder, 4, NEW, size=11))


def test_the_largest_change_is_found_with_its_label(compared: Comparison) -> None:
    before, after = probabilities(OLD), probabilities(NEW)
    changes = [abs(new - old) for old, new in zip(before, after, strict=True)]
    assert compared.largest_change == pytest.approx(max(changes), abs=1e-6)
    assert compared.largest.label == "label 2"
    assert compared.largest.before == pytest.approx(before[2], abs=1e-6)
    assert compared.largest.after == pytest.approx(after[2], abs=1e-6)
    assert (compared.version, compared.images, compared.same_labels) == (3, 6, True)


def test_a_most_probable_label_that_changes_is_a_flip_in_each_image(compared: Comparison) -> None:
    assert len(compared.flips) == 6
    assert {(flip.before, flip.after) for flip in compared.flips} == {("label 1", "label 2")}
    assert len({flip.image for flip in compared.flips}) == 6


def test_a_version_is_like_itself(tmp_path: Path) -> None:
    artifact = small(tmp_path, 3, OLD)
    same = compare(artifact, artifact)
    assert (same.largest_change, same.flips, same.same_labels) == (0.0, [], True)
    same.check(max_change=0.0, max_flips=0)


def test_a_label_that_one_of_them_lacks_is_compared_with_nothing(tmp_path: Path) -> None:
    changes = {"name": "small", "labels": ("label 0", "lynx")}
    write_artifact(tmp_path / "renamed", constant_network([0.0, 2.0], 8, 8), SMALLEST, changes)
    compared = compare(small(tmp_path, 1, [0.0, 2.0]), Artifact.load(tmp_path / "renamed"))
    assert not compared.same_labels
    assert compared.largest_change == pytest.approx(probabilities([0.0, 2.0])[1], abs=1e-6)
    assert {(flip.before, flip.after) for flip in compared.flips} == {("label 1", "lynx")}


def test_a_limit_holds_at_itself_and_not_below(compared: Comparison) -> None:
    compared.check()
    compared.check(max_change=compared.largest_change, max_flips=6)
    with pytest.raises(VersionDiffers, match=r"of at most 5 images .* received: 6") as refused:
        compared.check(max_flips=5)
    assert refused.value.facts["comparison"] == compared.model_dump()
    with pytest.raises(VersionDiffers, match=r"by more than 0\.\d+ from version 3; received: .*'label 2' for"):
        compared.check(max_change=compared.largest_change - 1e-6)
