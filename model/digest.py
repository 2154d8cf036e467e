"""One number for a whole artifact: changed weights, graph, labels or layers change it."""

import hashlib
from pathlib import Path

from model.manifest import MANIFEST_FILE, Manifest


def digest_of(folder: Path, manifest: Manifest) -> str:
    """SHA-256, in hexadecimal, of an artifact's files, by name, and of its manifest without the digest."""
    described = manifest.model_copy(update={"digest": ""}).model_dump_json(exclude_defaults=True)  # as it is saved
    total = hashlib.sha256(described.encode())
    for file in sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / MANIFEST_FILE):
        total.update(file.relative_to(folder).as_posix().encode() + b"\0")
        with file.open("rb") as opened:
            total.update(hashlib.file_digest(opened, "sha256").digest())
    return total.hexdigest()
