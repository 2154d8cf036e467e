"""What shall be loaded and answer, of all models: one place where it is written, whoever changes it."""

from collections.abc import Callable, Mapping
from typing import Protocol, Self

from pydantic import BaseModel, ConfigDict

from app.registry.plan import Plan


class Wanted(BaseModel):
    """The plans of all models, after some number of changes."""

    model_config = ConfigDict(frozen=True)

    number: int = 0  # of changes so far
    plans: dict[str, Plan] = {}
    failures: dict[str, dict[int, str]] = {}  # why a version could not be loaded, by model and version

    def plan(self, name: str) -> Plan:
        """That of a model; an empty one if there is none."""
        return self.plans.get(name, Plan(name=name))

    def with_plan(self, plan: Plan) -> Self:
        """With this plan for its model; none is kept that wants nothing."""
        others = {name: other for name, other in self.plans.items() if name != plan.name}
        return self.model_copy(update={"plans": {**others, plan.name: plan} if plan.versions else others})

    def wanting(self, name: str, version: int) -> Self:
        """With a version to be loaded; why it could not be before is forgotten."""
        plan = self.plan(name)
        if version in plan.versions:
            return self
        known = {other: why for other, why in self.failures.get(name, {}).items() if other != version}
        others = {other: failed for other, failed in self.failures.items() if other != name}
        fresh = self.model_copy(update={"failures": {**others, name: known} if known else others})
        return fresh.with_plan(plan.wanting(version, self.number + 1))

    def failing(self, name: str, version: int, why: str) -> Self:
        """Without a version that could not be loaded, unless it serves, and with the reason."""
        failures = {**self.failures, name: {**self.failures.get(name, {}), version: why}}
        return self.with_plan(self.plan(name).dropping(version)).model_copy(update={"failures": failures})


Change = Callable[[Wanted], Wanted]


class Outcome(BaseModel):
    """What came of a version that was wanted: the digest of what is loaded, or why it is not."""

    digest: str | None = None
    failure: str | None = None


class Agreement(Protocol):
    """Where it is written what is wanted."""

    def read(self) -> Wanted: ...

    def change(self, change: Change) -> Wanted:
        """Writes what a change makes of it, and gives that; nothing if the change raises an error."""

    def tell(self, outcomes: Mapping[int, Outcome]) -> None:
        """What came of everything wanted in this process, by the number of the change that wanted it."""

    async def everywhere(self, name: str, version: int) -> bool:
        """Waits until every process has loaded a version; False if it is wanted no longer.

        Raises:
            VersionUnusable: if one of them cannot, or takes too long.
        """

    def elsewhere(self) -> bool:
        """Whether another process has loaded a version that answers."""


class Alone:
    """The agreement of a single process with itself."""

    def __init__(self) -> None:
        self._wanted = Wanted()

    def read(self) -> Wanted:
        return self._wanted

    def change(self, change: Change) -> Wanted:
        self._wanted = applied(change, self._wanted)
        return self._wanted

    def tell(self, outcomes: Mapping[int, Outcome]) -> None:
        pass  # nobody else waits for it

    async def everywhere(self, name: str, version: int) -> bool:
        return version in self._wanted.plan(name).versions  # whoever asks has loaded it

    def elsewhere(self) -> bool:
        return False


def applied(change: Change, wanted: Wanted) -> Wanted:
    """What a change makes of it, with the next number if that is something else."""
    changed = change(wanted)
    return wanted if changed == wanted else changed.model_copy(update={"number": wanted.number + 1})
