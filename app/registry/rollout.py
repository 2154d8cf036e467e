"""Which versions of one model are loaded, and which of them answers whom."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Self

from app.engine import Engine
from app.registry.plan import Plan

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

    @classmethod
    def of(cls, plan: Plan, engines: Mapping[int, Engine]) -> Self | None:
        """What a plan comes to with the engines that are there; None while its stable version is not among them."""
        if plan.stable is None or plan.stable not in engines:
            return None
        previous = plan.previous if plan.previous in engines else None
        canary, share = (plan.canary, plan.share) if plan.canary in engines else (None, 0.0)
        return cls(plan.name, engines, plan.stable, previous, canary, share)

    def labelled(self, label: Label) -> int | None:
        """The version with this label."""
        return self.stable if label == "stable" else self.canary

    def part(self, version: int) -> float:
        """The share of callers who get this version's answers, 0 to 1."""
        return {self.stable: 1 - self.share, self.canary: self.share}.get(version, 0.0)

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
