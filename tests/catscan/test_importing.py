"""What a program pays for `import catscan`, and what it needs for it."""

import subprocess
import sys
from pathlib import Path

import catscan

ROOT = Path(catscan.__file__).resolve().parents[1]
HEAVY = ["app", "fastapi", "keras", "model", "numpy", "PIL", "pydantic", "tensorflow", "training"]


def loaded_by(statement: str) -> set[str]:
    """The top-level packages that are loaded after a statement in a fresh interpreter."""
    code = f"import sys\n{statement}\nsys.stdout.write(' '.join({{name.partition('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_it_loads_httpx_and_nothing_else_that_is_heavy() -> None:
    loaded = loaded_by("import catscan")
    assert "httpx" in loaded
    assert loaded.isdisjoint(HEAVY)


def test_neither_does_the_command_line() -> None:
    assert loaded_by("import catscan.command_line").isdisjoint(HEAVY)


def test_all_that_it_names_is_there() -> None:
    assert sorted(catscan.__all__) == catscan.__all__
    assert all(hasattr(catscan, name) for name in catscan.__all__)
    assert (ROOT / "catscan" / "py.typed").is_file()
