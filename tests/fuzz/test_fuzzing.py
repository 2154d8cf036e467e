"""The fuzzers run, here for some seconds; their commands are for long runs, which keep what they find."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RUNS = 3000
# libFuzzer counts as its own memory what the process that starts it has had at most (Linux keeps ru_maxrss through
# vfork and exec), and this one may have had more than its 2 GB.
ANY_MEMORY = "-rss_limit_mb=0"


@pytest.mark.parametrize("fuzzer", ["decoding", "multipart"])
def test_whatever_comes_is_answered_or_refused(fuzzer: str, tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        f"tests.fuzz.{fuzzer}",
        f"-runs={RUNS}",
        "-seed=1",
        ANY_MEMORY,
        str(tmp_path / "found"),
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert re.search(rf"Done {RUNS} runs", done.stderr)
    assert not list(tmp_path.glob("crash-*"))


def test_requests_made_of_the_document_are_answered_as_it_says(tmp_path: Path) -> None:
    asked = ["--requests", "100", "--examples", "5", "--phases", "fuzzing"]
    command = [sys.executable, "-m", "tests.fuzz.requests", *asked]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stdout[-10_000:] + done.stderr[-3000:]
    assert int(re.findall(r"(\d+) requests so far", done.stdout)[-1]) >= 100
