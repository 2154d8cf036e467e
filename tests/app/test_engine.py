import asyncio
import shutil
from pathlib import Path

import numpy as np
import pytest

from app.engine import Engine
from app.errors import NotReady
from app.settings import Settings
from app.timings import Timings
from model.errors import ArtifactChanged, ArtifactMissing
from model.versions import newest_version


def versions(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).mkdir()
        (folder / name / "saved_model.pb").touch()
    return folder


@pytest.mark.parametrize(
    ("names", "newest"),
    [(["1"], "1"), (["9", "10"], "10"), (["2", "1", "latest", "3.bak", ".tmp-7", "007"], "2")],
)
def test_the_version_with_the_highest_number_serves(tmp_path: Path, names: list[str], newest: str) -> None:
    assert newest_version(versions(tmp_path, *names)).name == newest


def test_a_version_itself_can_be_served(tmp_path: Path) -> None:
    assert newest_version(versions(tmp_path, "1", "2") / "1") == tmp_path / "1"


@pytest.mark.parametrize("names", [[], ["latest"]])
def test_a_folder_without_versions_is_refused_by_name(tmp_path: Path, names: list[str]) -> None:
    with pytest.raises(ArtifactMissing, match=str(tmp_path)):
        newest_version(versions(tmp_path, *names))


def test_an_engine_that_has_not_loaded_answers_nothing(tmp_path: Path) -> None:
    engine = Engine(tmp_path, "auto")
    with pytest.raises(NotReady):
        asyncio.run(engine.predict(np.zeros((8, 8, 3), np.uint8), Timings()))
    with pytest.raises(NotReady):
        asyncio.run(engine.layers(np.zeros((8, 8, 3), np.uint8), [], Timings()))
    engine.close()


def test_an_engine_does_not_become_ready_with_a_changed_artifact(tmp_path: Path) -> None:
    shutil.copytree(newest_version(Settings().artifact), tmp_path / "1")
    manifest = tmp_path / "1" / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"dog"', '"fog"'))
    engine = Engine(tmp_path, "auto")
    with pytest.raises(ArtifactChanged, match="expected files with digest"):
        asyncio.run(engine.load())
    with pytest.raises(NotReady):
        _ = engine.loaded
    engine.close()
