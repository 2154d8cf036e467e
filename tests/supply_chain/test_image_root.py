"""What of a system comes into an image, tried on this one; `.ci/container` tries the whole."""

import subprocess
import sys
from pathlib import Path

from supply_chain.image_root import is_elf, keep_only, package_of, system_libraries, within

PYTHON = Path(sys.executable).resolve()


def test_the_libraries_of_a_program_are_found_with_those_that_they_need() -> None:
    found = system_libraries([PYTHON, Path(__file__)])
    names = {path.name.partition(".")[0] for path in found}
    assert {"libc", "libm"} <= names
    assert any(name.startswith("ld-linux") for name in names)  # what starts every program
    assert all(is_elf(path) for path in found)


def test_those_within_the_environment_come_with_it() -> None:
    (libc,) = [path for path in system_libraries([PYTHON]) if path.name.startswith("libc.so")]
    assert libc not in system_libraries([PYTHON], elsewhere=[libc.parent])


def test_what_is_no_program_needs_nothing() -> None:
    assert not is_elf(Path(__file__))


def test_a_library_is_of_the_package_that_debian_says() -> None:
    (libc,) = [path for path in system_libraries([PYTHON]) if path.name.startswith("libc.so")]
    assert (package_of(libc) or "").partition(":")[0] == "libc6"
    assert package_of(Path(__file__)) is None


def test_of_an_environments_programs_python_alone_is_left(tmp_path: Path) -> None:
    folder = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    (folder / "bin" / "uvicorn").write_text("#!")
    (folder / ".lock").touch()
    keep_only(PYTHON, folder)
    assert [path.name for path in (folder / "bin").iterdir()] == ["python"]
    assert not (folder / ".lock").exists()
    told = subprocess.run(
        [folder / "bin" / "python", "-c", "import sys; print(sys.prefix)"], capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == str(folder)


def test_a_file_lies_in_the_root_where_it_lies_here() -> None:
    assert within(Path("/image"), Path("/lib/x/libc.so.6")) == Path("/image/lib/x/libc.so.6")
