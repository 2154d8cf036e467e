"""The models of a folder: which of their versions are loaded, and which one answers a request."""

from pathlib import Path
from typing import NamedTuple

from app.engine import Engine
from app.errors import ModelUnknown, NotReady, VersionUnknown
from app.registry.rollout import Label, Rollout
from app.settings import Settings
from model.errors import ArtifactError, ArtifactMissing
from model.manifest import Manifest
from model.versions import models

Version = int | Label
Key = tuple[str, int]  # a model's name, a version


class Registry:
    """Answers once it is open; before, asking for the default model raises NotReady. It belongs to one event loop."""

    def __init__(self, settings: Settings) -> None:
        """Makes a registry with nothing in it; the settings say which models there are."""
        self._settings = settings
        self._rollouts: dict[str, Rollout] = {}
        self._default: str | None = None
        self.failures: dict[Key, str] = {}  # why a version cannot serve
        self.loading: set[Key] = set()

    @property
    def default(self) -> str:
        """The model that answers where a request names none."""
        if self._default is None:
            raise NotReady("The network is being loaded, verified and warmed; ask again in a few seconds")
        return self._default

    @property
    def rollouts(self) -> list[Rollout]:
        """Of the models that have a version loaded, the default first."""
        return sorted(self._rollouts.values(), key=lambda rollout: (rollout.name != self._default, rollout.name))

    @property
    def engines(self) -> list[Engine]:
        """All that are loaded."""
        return [engine for rollout in self.rollouts for engine in rollout.engines.values()]

    def on_disk(self) -> dict[str, dict[int, Path]]:
        """The folder of each version of each model there is, loaded or not."""
        return models(self._settings.models)

    def folder(self, name: str, version: int) -> Path:
        """That of a version, loaded or not.

        Raises:
            ModelUnknown, VersionUnknown: if there is none.
        """
        known = self._versions(name)
        if version not in known:
            there = list(known)
            expected = f"Expected a version of {name} that is there: {', '.join(map(str, there))}"
            raise VersionUnknown(f"{expected}; received: {version}", versions=there)
        return known[version]

    def _versions(self, name: str) -> dict[int, Path]:
        known = self.on_disk()
        if name not in known:
            raise ModelUnknown(f"Expected one of {', '.join(known)}; received: {name!r}", models=list(known))
        return known[name]

    def rollout(self, name: str | None = None) -> Rollout:
        """That of a model; of the default one without a name.

        Raises:
            NotReady: if the model's first version is not loaded yet.
            ModelUnknown: if there is no such model.
        """
        wanted = self.default if name is None else name
        if wanted in self._rollouts:
            return self._rollouts[wanted]
        _ = self.default
        self._versions(wanted)
        failed = [why for (model, _), why in self.failures.items() if model == wanted]
        raise NotReady(f"No version of {wanted} is loaded{f': {failed[0]}' if failed else ' yet; ask again soon'}")

    def engine(self, name: str | None = None, version: Version | None = None, caller: str = "") -> Engine:
        """What answers a request.

        Args:
            name: of the model; the default one without it.
            version: its number or label; without it, the caller's.
            caller: the same text gets the same version, as long as nothing is switched.

        Raises:
            NotReady, ModelUnknown: as `rollout`.
            VersionUnknown: if this version is not loaded.
        """
        rollout = self.rollout(name)
        if version is None:
            return rollout.choose(caller)
        number = version if isinstance(version, int) else rollout.labelled(version)
        if number is None or number not in rollout.engines:
            loaded = sorted(rollout.engines)
            expected = f"Expected a version of {rollout.name} that is loaded: {', '.join(map(str, loaded))}"
            raise VersionUnknown(f"{expected}; received: {version!r}", versions=loaded)
        return rollout.engines[number]

    def engine_of(self, digest: str) -> Engine | None:
        """What runs the artifact with this digest, if it is loaded."""
        return next((engine for engine in self.engines if engine.model.digest == digest), None)

    def open(self, default: str) -> None:
        """Lets requests in; this model answers those that name none."""
        self._default = default

    def switch(self, rollout: Rollout) -> None:
        """Puts a rollout in the place of its model's; requests that have begun end with what they began with."""
        self._rollouts[rollout.name] = rollout


class Found(NamedTuple):
    """A version of a model in the folder."""

    name: str
    version: int
    folder: Path


def first_to_serve(settings: Settings) -> Found:
    """The default model, and its newest version.

    Raises:
        ArtifactMissing: if there is none, or none with the name that the settings give.
    """
    known = models(settings.models)
    if not known:
        expected = "Expected an artifact, numbered versions of one, or folders of such versions"
        raise ArtifactMissing(f"CATSCAN_MODELS: {expected} in {settings.models}; there is none")
    name = next(iter(known)) if len(known) == 1 else settings.model
    if name not in known:
        raise ArtifactMissing(f"CATSCAN_MODEL: expected one of {', '.join(known)}; received: {name!r}")
    version, folder = max(known[name].items())
    return Found(name, version, folder)


def check_readable(settings: Settings) -> None:
    """Looks at the manifests of the default model, before anything starts: the whole check takes seconds.

    Raises:
        ArtifactError: if none can be read; it says why the newest cannot.
    """
    name = first_to_serve(settings).name
    first: ArtifactError | None = None
    for _, folder in sorted(models(settings.models)[name].items(), reverse=True):
        try:
            settings.digests.check(folder, Manifest.load(folder).digest)
            return
        except ArtifactError as error:
            first = first or error
    if first is not None:
        raise first
