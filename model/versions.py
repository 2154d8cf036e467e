"""Versions of an artifact lie side by side in folders named 1, 2, 3 …, as TensorFlow Serving reads them."""

import re
from pathlib import Path

from model.errors import ArtifactMissing

NUMBER = re.compile("[1-9][0-9]*")


def versions(folder: Path) -> list[int]:
    """The versions in an artifact's folder, the oldest first."""
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    return sorted(int(name) for name in names if NUMBER.fullmatch(name))


def newest_version(folder: Path) -> Path:
    """The folder itself if it is a version; else its sub-folder with the highest number.

    Raises:
        ArtifactMissing: if there is neither.
    """
    if (folder / "saved_model.pb").exists():
        return folder
    found = versions(folder)
    if not found:
        raise ArtifactMissing(f"Expected an artifact, or numbered versions of one, in {folder}; there is none")
    return folder / str(found[-1])
