import shutil
from pathlib import Path

import pytest

from model.errors import ArtifactMalformed, ArtifactMissing
from model.versions import models, newest_version, versions
from tests.model.artifacts import SMALLEST, constant_network, write_artifact


def folder_of(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).mkdir(parents=True)
    return folder


def test_versions_are_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    assert versions(folder_of(tmp_path, "10", "9", "1", "2")) == [1, 2, 9, 10]


@pytest.mark.parametrize("name", [".unfinished-x1", "latest", "1.5", "-1", "0", "01", "٣", "²", "1 ", "1e2", "v1"])
def test_what_is_no_number_is_no_version(name: str, tmp_path: Path) -> None:
    assert versions(folder_of(tmp_path, name)) == []
    with pytest.raises(ArtifactMissing):
        newest_version(tmp_path)


def test_a_folder_that_is_missing_or_empty_has_no_versions(tmp_path: Path) -> None:
    assert versions(tmp_path / "nowhere") == []
    assert versions(tmp_path) == []


def test_the_newest_version_has_the_highest_number(tmp_path: Path) -> None:
    assert newest_version(folder_of(tmp_path, "9", "10", "other")) == tmp_path / "10"


def test_a_version_itself_is_taken_as_it_is(tmp_path: Path) -> None:
    folder_of(tmp_path, "7/1")
    (tmp_path / "7" / "saved_model.pb").touch()
    assert newest_version(tmp_path / "7") == tmp_path / "7"


@pytest.mark.parametrize("name", ["", "nowhere"])
def test_a_folder_without_versions_is_refused_by_its_name(name: str, tmp_path: Path) -> None:
    with pytest.raises(ArtifactMissing) as refused:
        newest_version(tmp_path / name)
    assert str(refused.value) == (
        f"Expected an artifact, or numbered versions of one, in {tmp_path / name}; there is none"
    )


def artifact_in(folder: Path, name: str, version: int) -> Path:
    write_artifact(folder, constant_network([0.0, 1.0], 8, 8), SMALLEST, {"name": name, "version": version})
    return folder


def test_one_version_is_a_model_that_its_manifest_names(tmp_path: Path) -> None:
    folder = artifact_in(tmp_path / "any", "cat", 7)
    assert models(folder) == {"cat": {7: folder}}


def test_the_versions_of_one_model_are_named_by_the_newest_ones_manifest(tmp_path: Path) -> None:
    folder_of(tmp_path, "2")
    newest = artifact_in(tmp_path / "10", "cat", 10)
    assert models(tmp_path) == {"cat": {2: tmp_path / "2", 10: newest}}
    artifact_in(tmp_path / "9", "dog", 9)
    folder_of(tmp_path, "11")  # which somebody has just begun to copy
    assert models(tmp_path) == {"cat": {number: tmp_path / str(number) for number in (2, 9, 10, 11)}}
    newest.joinpath("manifest.json").write_text("{")
    assert list(models(tmp_path)) == ["dog"]
    shutil.rmtree(tmp_path / "9")
    shutil.rmtree(tmp_path / "11")
    with pytest.raises(ArtifactMalformed, match="manifest"):
        models(tmp_path)


def test_folders_of_versions_are_models_with_the_folders_names(tmp_path: Path) -> None:
    folder_of(tmp_path, "cat/1", "cat/12", "cat/latest", "dense.2/3", "empty", "-odd/1", "a b/1", ".hidden/1")
    assert models(tmp_path) == {
        "cat": {1: tmp_path / "cat" / "1", 12: tmp_path / "cat" / "12"},
        "dense.2": {3: tmp_path / "dense.2" / "3"},
    }


def test_a_folder_without_versions_holds_no_models(tmp_path: Path) -> None:
    assert models(tmp_path) == models(tmp_path / "nowhere") == {}
