"""What is written, and what of it another run finds."""

import multiprocessing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from app.cluster.batch.errors import BatchRefused
from app.cluster.batch.parts import DIGEST, MODEL, UNFINISHED, VERSION, Parts, schema

FACTS = {MODEL: "cat", VERSION: "5", DIGEST: "ab" * 32}


def rows(*paths: str) -> dict[str, list[Any]]:
    some: list[Any] = [None] * len(paths)
    return {
        "path": list(paths), "label": some, "score": [0.5] * len(paths), "cat_score": some, "error": some,
    }  # fmt: skip


@pytest.mark.parametrize("by", ["{}", "file://{}"])
def test_what_one_run_wrote_another_finds_done(tmp_path: Path, by: str) -> None:
    out = by.format(tmp_path / "new" / "out")
    with Parts(out, FACTS) as parts:
        assert list(parts.done()) == []
        parts.write(rows("a", "b"), computed_on="cpu")
        parts.write(rows("é"))
    with Parts(out, FACTS) as parts:
        assert list(parts.done()) == ["a", "b", "é"]
        parts.write(rows("d"))
    table = parquet.read_table(tmp_path / "new" / "out")
    assert table["path"].to_pylist() == ["a", "b", "é", "d"]
    assert table.schema.remove_metadata() == schema()
    assert {str(field.type) for field in schema()} == {"string", "float"}


def test_a_part_says_what_made_it(tmp_path: Path) -> None:
    with Parts(str(tmp_path), FACTS) as parts:
        parts.write(rows("a"), computed_on="cpu")
    (part,) = tmp_path.iterdir()
    said = parquet.read_schema(part).metadata
    assert said is not None
    expected = FACTS | {"computed_on": "cpu"}
    assert {key.encode(): value.encode() for key, value in expected.items()}.items() <= said.items()


def test_predictions_of_another_artifact_are_not_gone_on_with(tmp_path: Path) -> None:
    with Parts(str(tmp_path), FACTS) as parts:
        parts.write(rows("a"))
    with (
        Parts(str(tmp_path), FACTS | {VERSION: "6", DIGEST: "cd" * 32}) as parts,
        pytest.raises(
            BatchRefused, match=r"expected predictions of cat 6, digest cdcd.*received: .*cat 5, digest abab"
        ),
    ):
        list(parts.done())


@pytest.mark.parametrize("foreign", ["table", "bytes"])
def test_another_s_folder_is_left_alone(tmp_path: Path, foreign: str) -> None:
    file = tmp_path / "sales.parquet"
    if foreign == "table":
        parquet.write_table(pa.table({"path": ["a"]}), file)
    else:
        file.write_bytes(b"no parquet at all")
    with Parts(str(tmp_path), FACTS) as parts, pytest.raises(BatchRefused, match="expected parts of a batch; received"):
        list(parts.done())


def test_a_file_is_no_folder_for_parts(tmp_path: Path) -> None:
    (tmp_path / "out").touch()
    with pytest.raises(BatchRefused, match="--out: expected a folder"):
        Parts(str(tmp_path / "out"), FACTS)


def test_what_a_killed_run_left_half_written_goes(tmp_path: Path) -> None:
    (tmp_path / f"{UNFINISHED}1f3a9c2e").write_bytes(b"PAR1")
    assert parquet.read_table(tmp_path).num_rows == 0  # nobody who reads the folder sees it
    with Parts(str(tmp_path), FACTS) as parts:
        assert list(parts.done()) == []
    assert list(tmp_path.iterdir()) == []


def try_to_open(out: str) -> str:
    try:
        with Parts(out, FACTS):
            return "opened"
    except BatchRefused as error:
        return str(error)


def test_two_runs_do_not_write_to_one_folder(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(1) as another:
        with Parts(str(tmp_path), FACTS):
            said = another.apply(try_to_open, (str(tmp_path),))
            assert said == f"--out: expected a folder nobody writes; received: {tmp_path}, where a batch runs"
        assert another.apply(try_to_open, (str(tmp_path),)) == "opened"
