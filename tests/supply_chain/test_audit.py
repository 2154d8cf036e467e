"""What pip-audit's reports amount to, and that a pip-audit that reaches nobody is not taken for a clean report."""

from pathlib import Path
from typing import Any

import pytest

from supply_chain.audit import AuditFailed, asked, main, verdict, written
from supply_chain.pins import FOLDER, Pin, pins_of

CLEAN: dict[str, Any] = {"name": "numpy", "version": "2.4.6", "vulns": []}
KNOWN: dict[str, Any] = {
    "name": "pillow",
    "version": "1.0",
    "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1", "2.0"]}, {"id": "GHSA-2", "fix_versions": []}],
}
SKIPPED: dict[str, Any] = {"name": "uv", "version": "0.1", "skip_reason": "not found"}


def test_packages_of_which_nothing_is_known_are_no_failure() -> None:
    assert verdict([CLEAN]) == (["1 packages were asked about; vulnerabilities: 0"], False)


def test_each_vulnerability_is_named_and_is_a_failure() -> None:
    lines, failed = verdict([CLEAN, KNOWN])
    assert failed
    assert lines == [
        "2 packages were asked about; vulnerabilities: 2",
        "pillow 1.0: GHSA-2, mended in no version",
        "pillow 1.0: PYSEC-1, mended in 1.1, 2.0",
    ]


def test_a_package_that_alone_could_not_be_asked_about_is_a_failure() -> None:
    lines, failed = verdict([CLEAN, SKIPPED])
    assert failed
    assert lines[-1] == "uv 0.1: not found"


@pytest.mark.parametrize("told", [[], [SKIPPED], [SKIPPED, SKIPPED | {"name": "b"}]])
def test_where_nobody_could_be_asked_the_audit_is_said_to_be_left_out(told: list[dict[str, Any]]) -> None:
    lines, failed = verdict(told)
    assert not failed
    assert lines[0].startswith("The audit is left out")


def test_a_pip_audit_that_reaches_nobody_says_nothing_of_any_package(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nobody listens there
    assert asked(FOLDER / "uv.txt", []) == []
    assert main([]) == 0
    assert "left out" in capsys.readouterr().out


def test_one_that_cannot_work_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("numpy==2.4.6\n")
    with pytest.raises(AuditFailed, match="hash"):
        asked(tmp_path / "x.txt", [])


def test_all_versions_of_a_package_are_asked_about_each_once(tmp_path: Path) -> None:
    pins = {pin for file in FOLDER.glob("*.txt") for pin in pins_of(file)}
    files = [pins_of(file) for file in written(tmp_path, pins)]
    assert all(len({pin.name for pin in file}) == len(file) for file in files)
    assert {(pin.name, pin.version) for file in files for pin in file} == {(pin.name, pin.version) for pin in pins}


def test_a_pin_is_written_for_every_system(tmp_path: Path) -> None:
    (file,) = written(tmp_path, [Pin("uvloop", "0.23.0", ("0" * 64,), "sys_platform != 'win32'")])
    assert file.read_text() == f"uvloop==0.23.0 --hash=sha256:{'0' * 64}\n"
