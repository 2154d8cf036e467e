"""That everything is pinned, and that nothing is installed otherwise."""

import re
from pathlib import Path

import pytest

from supply_chain.pins import FOLDER, NotPinned, Pin, pinned, pins_of, shipped

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted(FOLDER.glob("*.txt"))
INSTALLERS = "Dockerfile", "Makefile", ".ci/run", ".ci/container"
INSTALLS = re.compile(r"\b(?:pip|uv)\)? (?:pip )?install\b|\bpipx? install\b|\buvx?\)? (?:run|tool|sync|add)\b|\bnpm\b")
HASH = "0" * 64


def logical_lines(text: str) -> list[str]:
    """Without comments, and with what a backslash joins."""
    return [line for line in text.replace("\\\n", " ").splitlines() if not line.lstrip().startswith("#")]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_requirement_is_a_version_with_the_hashes_of_its_files(file: Path) -> None:
    pins = pins_of(file)
    assert pins
    assert len({(pin.name, pin.version) for pin in pins}) == len(pins)
    stated = re.findall(r"--hash=sha256:([0-9a-f]{64})(?![0-9a-f])", file.read_text())
    assert sorted(stated) == sorted(each for pin in pins for each in pin.hashes)


@pytest.mark.parametrize("name", INSTALLERS)
def test_nothing_is_installed_without_hashes(name: str) -> None:
    commands = [
        command
        for line in logical_lines((ROOT / name).read_text())
        for command in re.split(r"&&|;(?! )|\|\|", line)
        if INSTALLS.search(command) and "@echo" not in command and "DEBIAN_FRONTEND" not in command
    ]
    assert all("--require-hashes" in command for command in commands), commands
    assert commands or name.startswith(".ci")


@pytest.mark.parametrize(
    ("command", "found"),
    [
        ("pip install numpy", True),
        ("$(uv) pip install --python x -r y", True),
        ("$(python) -m pip install x", True),
        ("uv sync", True),
        ("uv pip uninstall libclang", False),
        ("$(uv) pip compile --quiet", False),
    ],
)
def test_the_rule_knows_an_installation(command: str, found: bool) -> None:
    assert bool(INSTALLS.search(command)) is found


def test_the_images_hold_what_the_dockerfile_installs() -> None:
    (installed,) = [line for line in logical_lines((ROOT / "Dockerfile").read_text()) if "uv pip install" in line]
    for kind in ("cpu", "gpu"):
        files = re.findall(r"-r (\S+\.txt)", installed.replace("${DEVICE}", kind).partition("uv pip install")[2])
        expected = {pin for file in files for pin in pins_of(FOLDER / file)}
        assert len(files) == 2
        assert set(shipped(kind)) == expected


def test_a_line_is_taken_apart() -> None:
    line = f"uvloop[dev,x]==0.23.0 ; sys_platform != 'win32' --hash=sha256:{HASH} --hash=sha256:{'1' * 64}"
    pin = pinned(line)
    assert pin == Pin("uvloop", "0.23.0", (HASH, "1" * 64), "sys_platform != 'win32'")
    assert pin.purl == "pkg:pypi/uvloop@0.23.0"
    assert pinned(pin.line) == Pin("uvloop", "0.23.0", (HASH, "1" * 64))


@pytest.mark.parametrize(
    "line",
    [
        "numpy==2.4.6",
        f"numpy>=2 --hash=sha256:{HASH}",
        f"numpy --hash=sha256:{HASH}",
        f"numpy==2.4.6 --hash=md5:{HASH}",
        f"numpy==2.4.6 --hash=sha256:{HASH[1:]}",
        f"numpy==2.4.6 --hash=sha256:{HASH}0",
        f"numpy @ git+ssh://host/numpy --hash=sha256:{HASH}",
        "-e .",
        "--pre",
    ],
)
def test_what_could_become_something_else_tomorrow_is_refused(line: str, tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text(f"# by hand\n\n{line}\n")
    with pytest.raises(NotPinned, match="Expected name==version"):
        pins_of(tmp_path / "x.txt")
