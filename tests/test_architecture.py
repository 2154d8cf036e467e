"""The rules of the house, kept true: who may import whom, where each heavy library may appear, how long files are."""

import ast
import re
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).resolve().parents[1]

MAY_IMPORT = {
    "app": {"app", "model"},
    "catscan": {"catscan"},
    "training": {"training", "model"},
    "model": {"model"},
    "supply_chain": {"supply_chain", "app", "model"},
}

ONLY_IN = {
    "fastapi": {"app"},
    "keras": {
        "model/batch_normalisation.py",
        "model/endpoints.py",
        "model/network.py",
        "model/normalised_convolution.py",
        "training",
    },
    "opentelemetry": {"app/observing/tracing.py"},
    "prometheus_client": {
        "app/observing/loaded_models.py",
        "app/observing/metrics.py",
        "app/observing/shared_metrics.py",
    },
    "PIL": {"app/photos/image_decoder.py", "app/pictures", "model/preprocessing.py", "training"},
    "pyarrow": {"app/cluster/batch"},
    "ray": {"app/cluster"},
    "redis": {"app/redis_server.py"},
    "tensorflow": {"model", "training"},
    "tensorflow_datasets": {"training/tensorflow_datasets.py"},
}

LONGEST = 200  # lines of a file; a longer one holds more than one idea

ELSEWHERE = re.compile(r"""(?:https?:)?//[\w.-]+\.\w{2,}|\b(?:innerHTML|outerHTML|insertAdjacentHTML|eval\()""")

SOURCES = sorted(path for folder in MAY_IMPORT for path in (ROOT / folder).rglob("*.py"))


def imported_packages(source: str) -> set[str]:
    """The first name of every absolute import in a file, wherever in the file it stands."""
    nodes = list(ast.walk(ast.parse(source)))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    dotted = {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module and not node.level}
    return {name.partition(".")[0] for name in plain | dotted}


def broken_rules(file: str, source: str) -> set[str]:
    """The imports of a file, named by its path from the root, that it should not have."""
    imports = imported_packages(source)
    places = {file, *(parent.as_posix() for parent in PurePosixPath(file).parents)}
    other_parts = (imports & set(MAY_IMPORT)) - MAY_IMPORT[file.partition("/")[0]]
    return other_parts | {name for name in imports & set(ONLY_IN) if not ONLY_IN[name] & places}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_follow_the_rules(path: Path) -> None:
    assert broken_rules(path.relative_to(ROOT).as_posix(), path.read_text()) == set()


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_are_short_enough_for_one_idea(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= LONGEST


PAGE = sorted((ROOT / "app" / "page").iterdir())


@pytest.mark.parametrize("path", PAGE, ids=lambda path: path.name)
def test_the_page_stands_on_its_own_in_short_files(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= LONGEST
    assert not ELSEWHERE.findall(text.replace("http://www.w3.org/2000/svg", ""))


@pytest.mark.parametrize("name", ["conv1", "relu1", "pool1", "logits", "wildcat"])
def test_the_page_knows_no_network(name: str) -> None:
    assert not [path.name for path in PAGE if re.search(rf"""["'`/]{name}\b""", path.read_text())]


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_every_part_of_the_house_is_looked_at(folder: str) -> None:
    assert any(path.is_relative_to(ROOT / folder) for path in SOURCES)


@pytest.mark.parametrize(
    ("file", "source", "broken"),
    [
        ("app/routes.py", "from training.export import export", {"training"}),
        ("app/routes.py", "def late():\n    import keras", {"keras"}),
        ("app/routes.py", "import PIL.Image as image", {"PIL"}),
        ("app/pictures/grid.py", "import PIL.Image as image", set()),
        ("app/routes.py", "import tensorflow as tf", {"tensorflow"}),
        ("app/routes.py", "import fastapi, model.manifest", set()),
        ("model/manifest.py", "from app import settings", {"app"}),
        ("model/manifest.py", "import keras", {"keras"}),
        ("model/network.py", "import keras", set()),
        ("training/photos.py", "import app, fastapi", {"app", "fastapi"}),
        ("catscan/client.py", "import httpx, numpy", set()),
        ("catscan/client.py", "import app, model, training, PIL", {"app", "model", "training", "PIL"}),
        ("app/routes.py", "import catscan", {"catscan"}),
        ("training/photos.py", "import tensorflow_datasets as tfds", {"tensorflow_datasets"}),
        ("training/photos.py", "from .keras import keras", set()),
    ],
)
def test_the_rules_find_what_breaks_them(file: str, source: str, broken: set[str]) -> None:
    assert broken_rules(file, source) == broken
