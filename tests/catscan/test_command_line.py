"""The command as a shell starts it: its usage, its exit codes, its pipes."""

import importlib
import os
import signal
import socket
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest

from catscan.command_line import main
from catscan.connection import DEFAULT_URL
from tests.app.loopback import PATIENCE
from tests.catscan.conftest import Command

ROOT = Path(__file__).resolve().parents[2]


def start(*arguments: object, stdout: int = subprocess.PIPE, variables: Mapping[str, str] | None = None) -> "Process":
    environment = os.environ | {"PYTHONPATH": str(ROOT), **(variables or {})}
    command = [sys.executable, "-m", "catscan", *map(str, arguments)]
    return subprocess.Popen(
        command, env=environment, stdout=stdout, stderr=subprocess.PIPE, text=True, preexec_fn=heed_interrupts
    )


def heed_interrupts() -> None:
    """A shell lets what it starts in the background ignore them."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


Process = subprocess.Popen[str]


def test_the_command_is_what_the_project_says_that_it_is() -> None:
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    module, _, function = scripts["catscan"].partition(":")
    assert getattr(importlib.import_module(module), function) is main


def test_the_module_is_the_command_and_the_environment_names_the_service(url: str, cat: Path) -> None:
    process = start("predict", cat, variables={"CATSCAN_URL": url})
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err) == (0, "")
    assert out.splitlines()[1].split()[0] == "cat"


def test_help_names_all_commands_and_the_default_service(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    said = capsys.readouterr().out
    assert all(name in said for name in ("predict", "maps", "explain", "receipt", "layers", "CATSCAN_URL", DEFAULT_URL))


@pytest.mark.parametrize("name", ["predict", "maps", "explain", "receipt", "layers"])
def test_every_command_has_help_with_its_defaults(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CATSCAN_URL", "http://cats.example")
    with pytest.raises(SystemExit, match="0"):
        main([name, "--help"])
    said = capsys.readouterr().out
    assert "[http://cats.example]" in said
    assert "[30.0]" in said


@pytest.mark.parametrize(
    "wrong",
    [[], ["purr"], ["predict"], ["maps", "cat.jpg"], ["layers", "--url", "localhost"], ["layers", "--timeout", "0"],
     ["layers", "--patience", "-1"]],
)  # fmt: skip
def test_a_wrong_command_shows_how_it_is_used(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(wrong)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("usage: catscan")


def test_a_file_that_is_not_there_is_one_sentence(command: Command, tmp_path: Path) -> None:
    done = command("receipt", tmp_path / "cat.jpg", "--layer", "conv1")
    assert (done.code, done.out) == (1, "")
    assert done.err == f"catscan: {tmp_path / 'cat.jpg'}: No such file or directory\n"


def test_a_file_whose_name_is_no_text_is_answered(url: str, chelsea: bytes, tmp_path: Path) -> None:
    file = os.fsencode(tmp_path) + b"/c\xe4t.jpg"  # Latin-1
    Path(os.fsdecode(file)).write_bytes(chelsea)
    process = start("predict", tmp_path, "--url", url)
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err) == (0, "")
    assert "c\\udce4t.jpg" in out


def test_a_reader_that_has_had_enough_is_no_traceback(url: str, cat: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    process = start("predict", cat, "--url", url, stdout=write)
    os.close(write)
    _, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err) == (1, "")


@pytest.mark.parametrize("name", ["predict", "layers"])
def test_an_interrupt_ends_it_at_once(name: str, cat: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        process = start(name, *([cat] if name == "predict" else []), "--url", url)
        connection, _ = silent.accept()
        with connection:
            assert connection.recv(1)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out, err) == (130, "", "")
