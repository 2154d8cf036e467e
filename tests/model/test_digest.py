import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.digest import digest_of
from model.geometry import describe
from model.golden import golden_of
from model.manifest import MANIFEST_FILE, Manifest
from tests.model.artifacts import SMALLEST

MANIFEST = Manifest(
    name="small", version=1, digest="", labels=("a", "b"), height=8, width=6, layers=describe(SMALLEST, 2, 8, 6),
    golden=golden_of(["black"], np.zeros((1, 2), np.float32), np.full((1, 2), 0.5, np.float32)),
)  # fmt: skip
FILES = {"saved_model.pb": b"graph", "variables/variables.index": b"index", "variables/variables.data": b"weights"}


def written(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def test_the_order_in_which_files_came_to_be_does_not_matter(tmp_path: Path) -> None:
    forwards = written(tmp_path / "1", FILES)
    backwards = written(tmp_path / "2", dict(reversed(FILES.items())))
    assert digest_of(forwards, MANIFEST) == digest_of(backwards, MANIFEST)


def test_a_digest_is_64_hexadecimal_digits(tmp_path: Path) -> None:
    assert len(bytes.fromhex(digest_of(written(tmp_path, FILES), MANIFEST))) == 32


def test_the_manifests_own_digest_and_its_file_do_not_count(tmp_path: Path) -> None:
    before = digest_of(written(tmp_path, FILES), MANIFEST)
    sealed = MANIFEST.model_copy(update={"digest": before})
    sealed.save(tmp_path)
    assert digest_of(tmp_path, sealed) == before


def test_a_digest_is_sha_256_of_the_manifest_as_it_is_saved_and_of_each_files_name_and_contents(tmp_path: Path) -> None:
    saved = MANIFEST.model_dump(mode="json", exclude_defaults=True)
    assert saved["digest"] == ""
    expected = hashlib.sha256(json.dumps(saved, separators=(",", ":")).encode())
    for name in sorted(FILES):
        expected.update(name.encode() + b"\0" + hashlib.sha256(FILES[name]).digest())
    assert digest_of(written(tmp_path, FILES), MANIFEST) == expected.hexdigest()


def test_what_a_manifest_does_not_say_does_not_count(tmp_path: Path) -> None:
    """So that an artifact stays whole when later manifests can say more."""
    folder = written(tmp_path, FILES)
    said = MANIFEST.model_copy(update={"format": 1, "metrics": {}, "thresholds": {}, "elsewhere": {}, "training": None})
    assert said.model_fields_set > MANIFEST.model_fields_set
    assert digest_of(folder, said) == digest_of(folder, MANIFEST)


def test_a_folder_without_files_does_not_count(tmp_path: Path) -> None:
    before = digest_of(written(tmp_path, FILES), MANIFEST)
    (tmp_path / "assets").mkdir()  # git keeps no empty folder
    assert digest_of(tmp_path, MANIFEST) == before


CHANGES: dict[str, dict[str, bytes]] = {
    "a byte": {**FILES, "saved_model.pb": b"graqh"},
    "another file": {**FILES, "more": b""},
    "a file less": {"saved_model.pb": b"graph"},
    "a file of another name": {"saved_model.pb": b"graph", "variables/variables.index": b"index", "data": b"weights"},
    "the same name elsewhere": {**{n.replace("variables/", ""): content for n, content in FILES.items()}},
    "contents exchanged": {**FILES, "variables/variables.index": b"weights", "variables/variables.data": b"index"},
    "a second file of the manifest's name": {**FILES, f"assets/{MANIFEST_FILE}": b""},
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_of_the_files_changes_the_digest(change: str, tmp_path: Path) -> None:
    before = digest_of(written(tmp_path / "1", FILES), MANIFEST)
    assert digest_of(written(tmp_path / "2", CHANGES[change]), MANIFEST) != before


@pytest.mark.parametrize(
    "change",
    [
        {"name": "other"},
        {"version": 2},
        {"labels": ("b", "a")},
        {"height": 6, "width": 8},
        {"layers": MANIFEST.layers[:-1]},
        {"golden": MANIFEST.golden.model_copy(update={"tolerance": 1.0})},
        {"metrics": {"accuracy": 1.0}},
        {"thresholds": {"a": 0.5}},
        {"elsewhere": {"web": {"accuracy": 1.0}}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_change_of_the_manifest_changes_the_digest(change: dict[str, object], tmp_path: Path) -> None:
    folder = written(tmp_path, FILES)
    assert digest_of(folder, MANIFEST.model_copy(update=change)) != digest_of(folder, MANIFEST)


NAMES = st.text("ab.", min_size=1, max_size=3).filter(lambda name: name.strip(".") != "")
CONTENTS = st.dictionaries(NAMES, st.binary(max_size=4), max_size=4)


@settings(deadline=None)
@given(first=CONTENTS, second=CONTENTS)
def test_two_folders_have_the_same_digest_only_if_they_hold_the_same(
    first: dict[str, bytes], second: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory
) -> None:
    digests = [digest_of(written(tmp_path_factory.mktemp("files"), files), MANIFEST) for files in (first, second)]
    assert (digests[0] == digests[1]) == (first == second)


def test_a_folder_that_is_not_there_has_no_files(tmp_path: Path) -> None:
    assert digest_of(tmp_path / "nowhere", MANIFEST) == digest_of(tmp_path, MANIFEST)
