"""KServe's client in the environment that `make` gives it, for it wants other versions than all the rest."""

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.app.loopback import PATIENCE

PYTHON = Path(__file__).resolve().parents[3] / ".venv" / "kserve" / "bin" / "python"


def kserve_python() -> Path:
    """The Python that has KServe's client."""
    assert PYTHON.exists(), f"expected {PYTHON}: `make test` makes it"
    return PYTHON


def in_kserve(script: str, *arguments: str) -> Any:
    """What a script prints as JSON."""
    done = subprocess.run(
        [kserve_python(), "-c", script, *arguments], capture_output=True, text=True, timeout=PATIENCE, check=False
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])
