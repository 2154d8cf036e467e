"""What `requirements/` pins: each package's version, and the SHA-256 of each file that it may be installed from."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "requirements"
SHIPPED = {"cpu": ("serve-cpu", "extras"), "gpu": ("serve-gpu", "extras")}  # by the image's DEVICE
PINNED = re.compile(
    r"^(?P<name>[a-z0-9][a-z0-9-]*)(?:\[[a-z0-9,-]+\])?==(?P<version>[^\s;]+)(?: ; (?P<where>.+?))?"
    r"(?P<hashes>(?: --hash=sha256:[0-9a-f]{64})+)$"
)


class NotPinned(Exception):
    """A requirement that could become something else tomorrow; the message quotes it."""


@dataclass(frozen=True)
class Pin:
    """One version of a package."""

    name: str
    version: str
    hashes: tuple[str, ...]  # in hexadecimal
    where: str | None = None  # on which Pythons and systems; None: on all

    @property
    def purl(self) -> str:
        return f"pkg:pypi/{self.name}@{self.version}"

    @property
    def line(self) -> str:
        """As a requirement for any system."""
        return " ".join([f"{self.name}=={self.version}", *(f"--hash=sha256:{each}" for each in self.hashes)])


def pins_of(file: Path) -> list[Pin]:
    """All that a file of requirements pins.

    Raises:
        NotPinned: if a line is anything else than a version with its hashes.
    """
    return [pinned(line) for line in lines_of(file)]


def lines_of(file: Path) -> Iterator[str]:
    """The file's logical lines, without comments."""
    for line in file.read_text().replace("\\\n", " ").splitlines():
        if text := " ".join(line.partition("#")[0].split()):
            yield text


def pinned(line: str) -> Pin:
    match = PINNED.match(line)
    if match is None:
        raise NotPinned(f"Expected name==version --hash=sha256:…; received: {line!r}")
    hashes = tuple(part.rpartition(":")[2] for part in match["hashes"].split())
    return Pin(match["name"], match["version"], hashes, match["where"])


def shipped(kind: str) -> list[Pin]:
    """What the image of a kind, cpu or gpu, is installed from; each pin once."""
    return list(dict.fromkeys(pin for name in SHIPPED[kind] for pin in pins_of(FOLDER / f"{name}.txt")))
