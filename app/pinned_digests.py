"""Which networks may be loaded at all, if the settings name them: those whose files have one of some digests."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from model.errors import ArtifactUnpinned

DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True)
class PinnedDigests:
    """Digests as manifests have them; none: any network may be loaded."""

    digests: tuple[str, ...] = ()

    @classmethod
    def of(cls, given: object) -> Self:
        """The digests themselves, or those in a text: `digest,digest`.

        Raises:
            ValueError: saying which part is none.
        """
        if isinstance(given, cls):
            return given
        parts = [part for part in map(str.strip, str(given).split(",")) if part]
        for number, part in enumerate(parts, start=1):
            if not DIGEST.fullmatch(part):
                raise ValueError(f"Input should be digests of 64 hexadecimal digits, unlike part {number}")
        return cls(tuple(dict.fromkeys(parts)))

    def __bool__(self) -> bool:
        return bool(self.digests)

    def __str__(self) -> str:
        return ", ".join(self.digests) or "any"

    def check(self, folder: Path, digest: str) -> None:
        """Raises ArtifactUnpinned if a network with this digest may not be loaded."""
        if self.digests and digest not in self.digests:
            shown = ", ".join(each[:12] for each in self.digests)
            raise ArtifactUnpinned(f"{folder}: expected a digest of CATSCAN_DIGESTS, {shown}; received: {digest}")


ANY = PinnedDigests()
