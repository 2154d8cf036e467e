"""GET /models: which networks there are, which versions of them, and which of those answers."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from app.engine import Engine
from app.errors import NotReady
from app.problems import documented
from app.registry.registry import Registry
from app.service import Running

router = APIRouter(tags=["answers"])
State = Literal["available", "loading", "failed", "on_disk"]


class VersionFacts(BaseModel):
    version: int
    state: State = Field(
        description="available: it can answer; loading: it will soon; failed: it was tried; on_disk: it is not loaded"
    )
    reason: str | None = Field(description="why it failed")
    digest: str | None = Field(description="of an available one, as those below")
    labels: list[str] | None
    parameters: int | None
    multiply_adds: int | None = Field(description="for one photo")


class ServedModel(BaseModel):
    name: str = Field(description="for the parameter `model` of the other paths")
    usual: bool = Field(description="whether it answers where a request names none")
    stable: int | None = Field(description="the version that answers; none if none could be loaded")
    canary: int | None = Field(description="the version that answers some callers")
    share: float = Field(description="of callers whom the canary answers, 0 to 1")
    previous: int | None = Field(description="the version that a rollback goes back to")
    versions: list[VersionFacts] = Field(description="the newest first")


class ModelList(BaseModel):
    models: list[ServedModel] = Field(description="the usual one first")


@router.get("/models", summary="Which networks answer here", responses=documented(NotReady))
async def models(service: Running) -> ModelList:
    """Any path takes `model` and `version`; what is asked about a posted photo is answered by what answered it."""
    return listed(service.registry)


def listed(registry: Registry) -> ModelList:
    """All models and versions, whether loaded or not."""
    names = {rollout.name for rollout in registry.rollouts} | registry.on_disk().keys()
    usual = registry.default
    return ModelList(models=[entry(registry, name) for name in sorted(names, key=lambda name: (name != usual, name))])


def entry(registry: Registry, name: str) -> ServedModel:
    """One model, with all its versions."""
    rollout = next((rollout for rollout in registry.rollouts if rollout.name == name), None)
    engines = rollout.engines if rollout else {}
    numbers = sorted(engines.keys() | registry.on_disk().get(name, {}).keys(), reverse=True)
    return ServedModel(
        name=name,
        usual=name == registry.default,
        stable=rollout and rollout.stable,
        canary=rollout and rollout.canary,
        share=rollout.share if rollout else 0.0,
        previous=rollout and rollout.previous,
        versions=[facts(registry, name, number, engines.get(number)) for number in numbers],
    )


def facts(registry: Registry, name: str, version: int, engine: Engine | None) -> VersionFacts:
    loading, reason = (name, version) in registry.loading, registry.failures.get((name, version))
    state: State = "available" if engine else "loading" if loading else "failed" if reason else "on_disk"
    manifest = engine and engine.manifest
    return VersionFacts(
        version=version,
        state=state,
        reason=reason,
        digest=manifest and manifest.digest,
        labels=list(manifest.labels) if manifest else None,
        parameters=manifest and manifest.parameters,
        multiply_adds=manifest and manifest.multiply_adds,
    )
