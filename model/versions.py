"""Versions of an artifact lie side by side in folders named 1, 2, 3 …, as TensorFlow Serving reads them."""

import re
from contextlib import suppress
from pathlib import Path

from model.errors import ArtifactError, ArtifactMissing
from model.manifest import Manifest

NUMBER = re.compile("[1-9][0-9]*")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")  # of a model: it stands in URLs
GRAPH = "saved_model.pb"


def versions(folder: Path) -> list[int]:
    """The versions in an artifact's folder, the oldest first."""
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    return sorted(int(name) for name in names if NUMBER.fullmatch(name))


def newest_version(folder: Path) -> Path:
    """The folder itself if it is a version; else its sub-folder with the highest number.

    Raises:
        ArtifactMissing: if there is neither.
    """
    if (folder / GRAPH).exists():
        return folder
    found = versions(folder)
    if not found:
        raise ArtifactMissing(f"Expected an artifact, or numbered versions of one, in {folder}; there is none")
    return folder / str(found[-1])


def models(folder: Path) -> dict[str, dict[int, Path]]:
    """The models in a folder by name, and for each the folder of every version, the oldest first.

    Args:
        folder: one version, which its manifest names; or the versions of one model, which the newest one's manifest
            names that can be read, for one may just be copied there; or folders of such versions, each with the model's
            name.

    Raises:
        ArtifactError: if the manifest that should name the model does not.
    """
    if (folder / GRAPH).exists():
        manifest = Manifest.load(folder)
        return {manifest.name: {manifest.version: folder}}
    if numbers := versions(folder):
        return {name_in(folder, numbers): {number: folder / str(number) for number in numbers}}
    inside = sorted(folder.iterdir()) if folder.is_dir() else []
    found = {path.name: {number: path / str(number) for number in versions(path)} for path in inside}
    return {name: numbered for name, numbered in found.items() if numbered and NAME.fullmatch(name)}


def name_in(folder: Path, numbers: list[int]) -> str:
    """The name of the model whose versions these are, by the newest manifest that can be read."""
    for number in sorted(numbers, reverse=True):
        with suppress(ArtifactError):
            return Manifest.load(folder / str(number)).name
    return Manifest.load(newest_version(folder)).name
