"""An artifact whose files change while it is loaded: what is loaded is what was looked at, or nothing is."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from model import artifact
from model.artifact import Artifact
from model.errors import ArtifactChanged
from model.manifest import MANIFEST_FILE
from model.snapshots import SNAPSHOTS
from tests.model.artifacts import SMALLEST, constant_network, write_artifact

WEIGHTS = Path("variables") / "variables.data-00000-of-00001"


@pytest.fixture
def copy(smallest: Path, tmp_path: Path) -> Path:
    """An artifact of one's own, to be changed."""
    return Path(shutil.copytree(smallest, tmp_path / "copy"))


@pytest.fixture
def another(tmp_path: Path) -> Path:
    """One as good, with other weights."""
    write_artifact(tmp_path / "another", constant_network([2.0, 1.0], 8, 6), SMALLEST)
    return tmp_path / "another"


def meanwhile(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], object]) -> None:
    """Just before TensorFlow reads the files, which were looked at by then."""
    load = artifact.load_graph

    def load_late(folder: Path) -> tf.Module:
        happens()
        return load(folder)

    monkeypatch.setattr(artifact, "load_graph", load_late)


def test_weights_that_are_replaced_while_it_is_loaded_are_noticed(
    copy: Path, another: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def replace() -> None:
        for file in ("variables.index", WEIGHTS.name):
            shutil.copy(another / "variables" / file, copy / "variables" / file)

    meanwhile(monkeypatch, replace)
    with pytest.raises(ArtifactChanged):
        Artifact.load(copy)


def test_a_file_that_comes_while_it_is_loaded_is_noticed(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    meanwhile(monkeypatch, (copy / "left-over").touch)
    with pytest.raises(ArtifactChanged):
        Artifact.load(copy)


@pytest.mark.parametrize("file", ["left-over", MANIFEST_FILE])
def test_a_file_that_cannot_be_read_is_a_reason_like_others(file: str, copy: Path) -> None:
    (copy / file).unlink(missing_ok=True)
    (copy / file).symlink_to("/proc/self/mem")  # whose first page nobody can read
    with pytest.raises(ArtifactChanged, match="expected files that stay while they are read; received: "):
        Artifact.load(copy)


def test_what_is_loaded_needs_its_files_no_longer(copy: Path) -> None:
    loaded = Artifact.load(copy)
    shutil.rmtree(copy)
    assert loaded.predict(np.zeros((1, 8, 6, 3), np.uint8)).logits.tolist() == [[0.5, -1]]
    assert loaded.weights("logits")["bias"].tolist() == [0.5, -1]
    assert loaded.snapshots == {}
    assert not (copy / SNAPSHOTS).exists()
