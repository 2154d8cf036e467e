"""The README's lines do what they say when they are pasted."""

import os
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.app.conftest import answer_of
from tests.app.protocols.kserve_environment import kserve_python

ROOT = Path(__file__).resolve().parents[2]
ROWS = re.findall(r"^\| ([^|]+) \| `((?:curl|python|printf|\().*)` \|$", (ROOT / "README.md").read_text(), re.MULTILINE)
SAYS = {"catscan": "cat", "tritonclient, any layer": "(1, 64, 64, 32)"}  # the others: how probable the cat is
NUMBER = re.compile(r"\d\.\d+(?:e[+-]\d+)?")


@pytest.fixture
def beside_a_cat(tmp_path: Path, chelsea: bytes) -> Path:
    (tmp_path / "cat.jpg").write_bytes(chelsea)
    return tmp_path


def test_the_table_of_clients_is_found() -> None:
    assert len(ROWS) >= 11


@pytest.mark.parametrize(("client_name", "line"), ROWS, ids=[name for name, _ in ROWS])
def test_a_line_of_the_table_of_clients_works_when_it_is_pasted(
    client: httpx.Client, beside_a_cat: Path, chelsea: bytes, client_name: str, line: str
) -> None:
    python = kserve_python() if "kserve" in line else sys.executable
    pasted = line.replace("\\|", "|").replace("127.0.0.1:8000", f"127.0.0.1:{client.base_url.port}")
    pasted = re.sub(r"^python ", f"{python} ", pasted)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["bash", "-c", pasted], cwd=beside_a_cat, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    if client_name in SAYS:
        assert done.stdout.strip() == SAYS[client_name]
    else:
        told = [float(number) for number in NUMBER.findall(done.stdout)]
        probability = answer_of(client, chelsea)["probability"]
        assert min(abs(number - probability) for number in told) < 0.01, done.stdout
