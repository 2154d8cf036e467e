from pathlib import Path

import pytest

from model.artifact import Artifact
from model.versions import newest_version
from tests.model.artifacts import MAPS, SIZE, SMALLEST, VECTORS, constant_network, random_network, write_artifact

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def shipped_folder() -> Path:
    return newest_version(ROOT / "model" / "saved" / "cat")


@pytest.fixture(scope="session")
def shipped(shipped_folder: Path) -> Artifact:
    """The network that this repository ships."""
    return Artifact.load(shipped_folder)


@pytest.fixture(scope="session")
def maps(tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    """An artifact of the table `MAPS`."""
    folder = tmp_path_factory.mktemp("maps")
    write_artifact(folder, random_network(MAPS, 4, *SIZE), MAPS)
    return Artifact.load(folder)


@pytest.fixture(scope="session")
def vectors(tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    """An artifact of the table `VECTORS`."""
    folder = tmp_path_factory.mktemp("vectors")
    write_artifact(folder, random_network(VECTORS, 3, *SIZE), VECTORS)
    return Artifact.load(folder)


@pytest.fixture(scope="session")
def smallest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an artifact with logits (0.5, -1) for every photo of 8x6; tests change copies of it."""
    folder = tmp_path_factory.mktemp("smallest")
    write_artifact(folder, constant_network([0.5, -1], 8, 6), SMALLEST)
    return folder
