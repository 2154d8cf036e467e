"""What is loaded when the process starts: what other workers have agreed upon, or else the newest of each model."""

import asyncio

from app.registry.changes import Asked, served
from app.registry.following import Follower
from app.registry.registry import Registry, first_to_serve
from app.settings import Settings


async def start(settings: Settings, registry: Registry, follower: Follower) -> None:
    """Loads all that is wanted of the default model, or else its newest version, and lets requests in.

    Raises:
        ArtifactError, DeviceMissing, PrecisionMissing: if it cannot serve.
    """
    first = first_to_serve(settings)
    if follower.catch_up().plan(first.name).stable is None:
        await bring_in(follower, first.name, first.version)
    plan = follower.catch_up().plan(first.name)
    beside = [follower.engine(plan.name, version) for version in plan.versions if version != plan.stable]
    await asyncio.gather(*beside, return_exceptions=True)  # what cannot be loaded here, as in other workers, is logged
    if plan.stable is not None:
        await follower.engine(plan.name, plan.stable)
    registry.open(first.name)


async def load_others(registry: Registry, follower: Follower) -> None:
    """Loads the newest version of each other model; what cannot serve is logged, and its reason kept."""
    for name, versions in registry.on_disk().items():
        if follower.catch_up().plan(name).stable is None:
            await asyncio.gather(bring_in(follower, name, max(versions)), return_exceptions=True)


async def bring_in(follower: Follower, name: str, version: int) -> None:
    """Loads a first version in this process, without waiting for other workers, which do the same.

    Raises:
        ArtifactError, DeviceMissing, PrecisionMissing: if it cannot serve; the reason is kept.
    """
    follower.change(lambda wanted: wanted.wanting(name, version))
    try:
        await follower.engine(name, version)
    except Exception as error:
        why = str(error) or type(error).__name__
        follower.change(lambda wanted: wanted.failing(name, version, why))
        raise
    follower.change(lambda wanted: wanted if wanted.plan(name).stable else served(wanted, name, version, Asked()))
