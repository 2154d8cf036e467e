from pathlib import Path

import pytest

from tests.training.shapes import write_shapes


@pytest.fixture(scope="session")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with 60 photos of each of two classes; tests only read it."""
    folder = tmp_path_factory.mktemp("shapes")
    write_shapes(folder, each=60)
    return folder
