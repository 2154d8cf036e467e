"""A version that is copied, garbled or mended on the disk, while a service looks there and its clients post."""

import itertools
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from model.manifest import MANIFEST_FILE
from tests.app.faults.load import Load
from tests.app.registry.operating import states, wait_until
from tests.app.registry.versions_on_disk import small_version
from tests.app.registry.watching_service import brought_in, stable, watching_service

LOOK_S = 0.05
WEIGHTS = Path("variables") / "variables.data-00000-of-00001"


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("watching") / "models"


@pytest.fixture(scope="module")
def watching(watched: Path) -> Iterator[httpx.Client]:
    with watching_service(watched, LOOK_S) as client:
        yield client


@pytest.fixture
def name(watching: httpx.Client, watched: Path) -> str:
    """A model whose first version answers."""
    return brought_in(watching, watched)


@pytest.fixture
def newer(name: str, tmp_path: Path) -> Path:
    """Its second version, elsewhere."""
    return small_version(tmp_path, name, 2, [3.0, 0.0])


def copy_slowly(source: Path, target: Path, files: list[Path]) -> None:
    """File by file, each in two halves; the watch has looked several times before each comes."""
    for file in files:
        (target / file).parent.mkdir(parents=True, exist_ok=True)
        content = (source / file).read_bytes()
        with (target / file).open("wb") as copy:
            for half in (content[: len(content) // 2], content[len(content) // 2 :]):
                copy.write(half)
                copy.flush()
                time.sleep(4 * LOOK_S)


def files_of(folder: Path) -> list[Path]:
    return sorted(file.relative_to(folder) for file in folder.rglob("*") if file.is_file())


@pytest.mark.parametrize("manifest", ["first", "last"])
def test_a_version_that_is_copied_slowly_answers_when_it_is_whole_and_not_before(
    watching: httpx.Client, watched: Path, name: str, newer: Path, manifest: str, chelsea: bytes
) -> None:
    files = sorted(files_of(newer), key=lambda file: (file.name != MANIFEST_FILE) == (manifest == "first"))
    with Load(watching.base_url, chelsea, clients=4, query=f"?model={name}") as load:
        copy_slowly(newer, watched / name / "2", files[:-1])
        assert stable(watching, name) == 1
        assert set(load.versions) == {1}
        copy_slowly(newer, watched / name / "2", files[-1:])
        wait_until(lambda: stable(watching, name) == 2)
        load.go_on(20)
    assert set(load.versions) == {1, 2}
    assert load.sent == load.answered > 20
    assert load.lost == 0


def cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def garble(file: Path) -> None:
    """Other bytes, as many, and written as long ago as the true ones say."""
    times, content = file.stat(), bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0x55
    file.write_bytes(content)
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))


def add(file: Path) -> None:
    file.with_name("left-over").write_bytes(b"of another copy")


DAMAGES: dict[str, tuple[Callable[[Path], None], Path]] = {
    "weights cut": (cut, WEIGHTS),
    "weights garbled": (garble, WEIGHTS),
    "weights missing": (Path.unlink, WEIGHTS),
    "a file too many": (add, WEIGHTS),
    "graph cut": (cut, Path("saved_model.pb")),
    "manifest cut": (cut, Path(MANIFEST_FILE)),
    "manifest garbled": (garble, Path(MANIFEST_FILE)),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_version_answers_nobody_until_it_is_mended(
    watching: httpx.Client, watched: Path, name: str, newer: Path, damage: str
) -> None:
    work, file = DAMAGES[damage]
    broken = Path(shutil.copytree(newer, newer.with_name("broken")))
    work(broken / file)
    there = broken.rename(watched / name / "2")
    wait_until(lambda: states(watching, name)[2] == "failed")
    assert stable(watching, name) == 1
    (there / "variables" / "left-over").unlink(missing_ok=True)
    shutil.copy2(newer / file, there / file)  # as large and as old as the garbled one
    wait_until(lambda: stable(watching, name) == 2)


def test_other_models_come_while_one_folder_never_comes_to_rest(
    watching: httpx.Client, watched: Path, name: str, newer: Path
) -> None:
    restless = Path(shutil.copytree(newer, watched / name / "2", ignore=shutil.ignore_patterns("variables*")))
    other = f"{name}-other"
    small_version(watched, other, 1, [0.0, 1.0])
    numbers = itertools.count()

    def came() -> bool:
        part = restless / f"part-{next(numbers)}"
        part.touch()
        part.rename(restless / "part")
        return stable(watching, other) == 1

    wait_until(came)
    assert stable(watching, name) == 1
