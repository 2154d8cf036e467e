from pathlib import Path

import pytest

from model.manifest import Manifest
from model.versions import newest_version
from training.evaluation.data_sources import DESCRIBED, data_sources

TEXT = (
    "| source | licence |\n| --- | --- |\n| web | unknown |\n| zoo | CC0 |\n| shop | MIT |\n\nOf all of them\nlittle.\n"
)


@pytest.fixture
def described(tmp_path: Path) -> Path:
    (tmp_path / "sources.md").write_text(TEXT)
    return tmp_path / "sources.md"


def test_known_sources_come_with_what_is_said_of_them(described: Path) -> None:
    assert data_sources({"web": 1200, "zoo": 7}, described) == (
        "| source | licence | photos |\n| --- | --- | --: |\n| web | unknown | 1,200 |\n| zoo | CC0 | 7 |\n\n"
        "Of all of them\nlittle."
    )


def test_with_one_source_unknown_nothing_is_said_of_any(described: Path, tmp_path: Path) -> None:
    assert data_sources({"web": 1200, "": 7}, described) == "Photos by source: web 1,200, unknown 7."
    assert data_sources({"web": 1200}, tmp_path / "missing.md") == "Photos by source: web 1,200."


def test_the_shipped_networks_sources_are_all_described() -> None:
    root = Path(__file__).resolve().parents[3]
    training = Manifest.load(newest_version(root / "model" / "saved" / "cat")).training
    assert training is not None
    rows = data_sources(training.sources).splitlines()[2:]
    assert [row.split(" | ")[0] for row in rows[: len(training.sources)]] == [f"| {name}" for name in training.sources]


def test_every_described_source_has_a_licence_said() -> None:
    rows = [line.strip("|").split("|") for line in DESCRIBED.read_text().splitlines() if line.startswith("|")]
    assert {len(row) for row in rows} == {3}
    assert all(cell.strip() for row in rows for cell in row)
