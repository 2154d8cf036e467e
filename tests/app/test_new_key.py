import re
import subprocess
import sys

import pytest

from app.keys import Keys
from tests.app.service_process import ROOT


def made(name: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "app.new_key", name]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_key_is_shown_once_and_its_line_lets_it_in() -> None:
    first, second = made("ann"), made("ann")
    assert first.returncode == 0
    assert first.stdout != second.stdout
    (key,) = re.findall(r"^    ([\w-]{43})$", first.stdout, re.MULTILINE)
    (line,) = re.findall(r"^    CATSCAN_API_KEYS=(.*)$", first.stdout, re.MULTILINE)
    assert re.findall(r"^    CATSCAN_ADMIN_KEYS=(.*)$", first.stdout, re.MULTILINE) == [line]
    assert Keys.parse(line).holder(key) == "ann"
    assert first.stdout.count(key) == 1
    assert key not in line


@pytest.mark.parametrize("name", ["", "a b", "a,b", "a:b", "a" * 65, "ä"])
def test_a_name_that_could_not_be_read_again_is_refused(name: str) -> None:
    refused = made(name)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert f"received: {name!r}" in refused.stderr
