"""Which versions of one model shall be loaded, and which of them shall answer whom: as data, before it is done."""

from typing import Self

from pydantic import BaseModel, ConfigDict

from app.errors import VersionUnknown
from app.registry.refusals import PreviousMissing, VersionServes


class Plan(BaseModel):
    """It never changes: each method gives another one, or says why there is none."""

    model_config = ConfigDict(frozen=True)

    name: str
    versions: dict[int, int] = {}  # that shall be loaded, each with the number of the change that first wanted it
    stable: int | None = None  # none until a first one is loaded
    previous: int | None = None  # what was stable before
    canary: int | None = None
    share: float = 0.0  # of the callers whom the canary answers, 0 to 1
    withdrawn: frozenset[int] = frozenset()  # taken back by hand: the folder's watch leaves them alone

    def wanting(self, version: int, number: int) -> Self:
        """With a version to be loaded, by the change with this number."""
        return self if version in self.versions else self._but(versions={**self.versions, version: number})

    def promoted(self, version: int) -> Self:
        """With a version that is loaded as the stable one; what was stable before the last is no longer wanted.

        Raises:
            VersionUnknown: if it is not loaded.
        """
        self._check_loaded(version)
        kept = self._but(withdrawn=self.withdrawn - {version})
        if version == self.stable:
            return kept
        promoted = kept._but(stable=version, previous=self.stable)._without_equal_canary()
        return promoted if self.previous is None else promoted.dropping(self.previous)

    def rolled_back(self) -> Self:
        """With the previous stable version as the stable one; the other stays loaded, for the photos it answered.

        Raises:
            PreviousMissing: if there is none.
        """
        if self.previous is None:
            expected = f"Expected a version of {self.name} that was stable before {self.stable} and is still loaded"
            raise PreviousMissing(f"{expected}; received: none")
        withdrawn = self.withdrawn | ({self.stable} if self.stable else set())
        return self._but(stable=self.previous, previous=None, withdrawn=withdrawn)._without_equal_canary()

    def with_canary(self, version: int, share: float) -> Self:
        """With a version that is loaded as the canary, for this share of the callers, above 0 to 1.

        Raises:
            VersionUnknown: if it is not loaded.
            VersionServes: if it is the stable one.
        """
        self._check_loaded(version)
        if version == self.stable:
            raise VersionServes(f"Expected a version other than the stable one; received: {version}", version=version)
        return self._but(canary=version, share=share, withdrawn=self.withdrawn - {version})

    def without_canary(self) -> Self:
        return self._but(canary=None, share=0.0)

    def without(self, version: int) -> Self:
        """Without a version, which somebody takes back.

        Raises:
            VersionUnknown: if it is not loaded.
            VersionServes: if it is the stable one, or the canary.
        """
        self._check_loaded(version)
        if version in (self.stable, self.canary):
            label = "stable" if version == self.stable else "the canary"
            raise VersionServes(f"Expected a version that answers nobody; received: {version}, which is {label}",
                                version=version)  # fmt: skip
        previous = None if version == self.previous else self.previous
        return self._but(previous=previous, withdrawn=self.withdrawn | {version}).dropping(version)

    def dropping(self, version: int) -> Self:
        """Without a version, unless it has a part: stable, previous or canary."""
        if version in (self.stable, self.previous, self.canary):
            return self
        return self._but(versions={other: number for other, number in self.versions.items() if other != version})

    def refusing(self, version: int) -> Self:
        """The same of a version that somebody had loaded, and did not want to answer."""
        return self.dropping(version)._but(withdrawn=self.withdrawn | {version})

    def _without_equal_canary(self) -> Self:
        return self.without_canary() if self.canary == self.stable else self

    def _check_loaded(self, version: int) -> None:
        if version not in self.versions:
            loaded = sorted(self.versions)
            expected = f"Expected a version of {self.name} that is loaded: {', '.join(map(str, loaded))}"
            raise VersionUnknown(f"{expected}; received: {version}", versions=loaded)

    def _but(self, **changes: object) -> Self:
        return self.model_copy(update=changes)
