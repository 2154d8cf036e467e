"""Which versions of one model are loaded, and which of them answers whom."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from app.engine import Engine

Label = Literal["stable", "canary"]


@dataclass(frozen=True)
class Rollout:
    """It never changes: a switch puts another in its place, between two requests."""

    name: str
    engines: Mapping[int, Engine]  # by version
    stable: int
    previous: int | None = None  # what was stable before, for a rollback
    canary: int | None = None
    share: float = 0.0  # of the callers whom the canary answers, 0 to 1

    def labelled(self, label: Label) -> int | None:
        """The version with this label."""
        return self.stable if label == "stable" else self.canary

    def choose(self, caller: str) -> Engine:
        """What answers a caller: always the same, as long as the rollout is the same.

        More share takes further callers to the canary, and none away from it.
        """
        if self.canary is not None and portion(caller, self.name) < self.share:
            return self.engines[self.canary]
        return self.engines[self.stable]


def portion(caller: str, model: str) -> float:
    """Where a caller lies among all, 0 to 1; evenly, and for each model elsewhere."""
    digest = hashlib.blake2b(f"{model} {caller}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) / 2**64
