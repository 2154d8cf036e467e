"""KServe's client in the environment that `make` gives it, for it wants other versions than all the rest."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.app.loopback import PATIENCE

PYTHON = Path(__file__).resolve().parents[3] / ".venv" / "kserve" / "bin" / "python"


def in_kserve(script: str, *arguments: str) -> Any:
    """What a script prints as JSON; skips the test where the environment is missing, but for CI."""
    if not PYTHON.exists():
        if os.environ.get("CI") and sys.version_info < (3, 13):
            pytest.fail(f"CI asks with KServe's client: expected {PYTHON}; `make test` makes it")
        pytest.skip("KServe's client has no environment: `make test` makes one, before Python 3.13")
    done = subprocess.run(
        [PYTHON, "-c", script, *arguments], capture_output=True, text=True, timeout=PATIENCE, check=False
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])
