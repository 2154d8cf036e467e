"""Asks whether vulnerabilities are known of what `requirements/` pins: `python -m supply_chain.audit`.

pip-audit asks the package index, and installs nothing. Where nobody can be asked, as behind a mirror that knows of
none, this says so plainly and is no failure; a package that alone cannot be asked about is one, and each vulnerability.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from supply_chain.pins import FOLDER, Pin, pins_of

FIRST = FOLDER / "uv.txt"  # one package: whether anybody can be asked
AWAY = "ConnectionError", "Max retries exceeded", "timed out", "Timeout"
LINES = 3  # of pip-audit's complaint
Told = list[dict[str, Any]]  # by pip-audit, of each package


class AuditFailed(Exception):
    """pip-audit ended otherwise than with a report; the message is the end of what it said."""


def main(options: Sequence[str]) -> int:
    """Audits all that is pinned; 1 if something is known of a package, or if only some could be asked about.

    Args:
        options: for pip-audit, such as `--ignore-vuln ID` for what was looked at and does not concern this project.

    Raises:
        AuditFailed: if pip-audit could not do its work.
    """
    told = asked(FIRST, options)
    if verdict(told)[1] or any("skip_reason" not in each for each in told):
        with tempfile.TemporaryDirectory() as folder:
            pins = {pin for file in FOLDER.glob("*.txt") for pin in pins_of(file)}
            told = [each for file in written(Path(folder), pins) for each in asked(file, options)]
    lines, failed = verdict(told)
    sys.stdout.write("\n".join([*lines, ""]))
    return int(failed)


def written(folder: Path, pins: Iterable[Pin]) -> list[Path]:
    """Files of requirements that have all versions, on whatever system they are used; none has a package twice."""
    versions: dict[str, dict[str, Pin]] = {}
    for pin in pins:
        versions.setdefault(pin.name, {})[pin.version] = pin
    files = []
    for turn in range(max(map(len, versions.values()))):
        lines = [sorted(each.items())[turn][1].line for _, each in sorted(versions.items()) if turn < len(each)]
        files.append(folder / f"{turn}.txt")
        files[-1].write_text("\n".join(lines) + "\n")
    return files


def asked(file: Path, options: Sequence[str]) -> Told:
    """What pip-audit says of each package of a file; nothing, if it reached nobody.

    Raises:
        AuditFailed: if it could not do its work.
    """
    command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes", "--progress-spinner", "off"]
    command += ["--format", "json", *options, "--requirement", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode in (0, 1) and done.stdout.startswith("{"):  # 1: something is known
        dependencies: Told = json.loads(done.stdout)["dependencies"]
        return dependencies
    complaint = " ".join(done.stderr.strip().splitlines()[-LINES:])
    if any(word in complaint for word in AWAY):
        return []
    raise AuditFailed(f"Expected pip-audit's report; received: {complaint}")


def verdict(told: Iterable[dict[str, Any]]) -> tuple[list[str], bool]:
    """What to say of all packages, and whether it is a failure."""
    names = {f"{each['name']} {each.get('version', '')}".strip(): each for each in told}
    skipped = [name for name, each in names.items() if "skip_reason" in each]
    if len(skipped) == len(names):
        return ["The audit is left out: no index that was asked knows of vulnerabilities."], False
    known = [
        f"{name}: {each['id']}, mended in {', '.join(each['fix_versions']) or 'no version'}"
        for name, package in names.items()
        for each in package.get("vulns", [])
    ]
    lines = [f"{len(names)} packages were asked about; vulnerabilities: {len(known)}", *sorted(known)]
    unasked = [f"{name}: {names[name]['skip_reason']}" for name in sorted(skipped)]
    return lines + unasked, bool(known or unasked)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
