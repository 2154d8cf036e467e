"""What is loaded when the process starts: what other workers have agreed upon, or else the newest of each model."""

import asyncio
import logging
from collections.abc import Iterable

from app.errors import ServiceError
from app.registry.changes import Asked, served
from app.registry.following import Follower
from app.registry.registry import Registry, first_to_serve
from app.settings import Settings
from model.errors import ArtifactError

AGAIN_S = 5.0  # until a worker that cannot load what the others have tries again; a line each time is enough
logger = logging.getLogger("catscan")


async def start_among_others(settings: Settings, registry: Registry, follower: Follower) -> None:
    """Starts as `start` does; where others answer already, a failure is this process' own, and it tries again.

    Raises:
        ArtifactError, DeviceMissing, PrecisionMissing: if it cannot serve, and nobody else does.
    """
    while True:
        try:
            await start(settings, registry, follower)
            break
        except Exception as error:
            if not follower.agreement.elsewhere():
                raise
            logger.error("Cannot serve yet, while other workers do: %s: %s", type(error).__name__, error)
            await asyncio.sleep(AGAIN_S)
            follower.try_again()


async def start(settings: Settings, registry: Registry, follower: Follower) -> None:
    """Loads all that is wanted of the default model, or else its newest version that can serve; lets requests in.

    Raises:
        ArtifactError, DeviceMissing, PrecisionMissing: if it cannot serve.
    """
    name = first_to_serve(settings).name
    await bring_one_in(follower, name, registry.on_disk()[name])
    plan = follower.catch_up().plan(name)
    beside = [follower.engine(name, version) for version in plan.versions if version != plan.stable]
    await asyncio.gather(*beside, return_exceptions=True)  # what cannot be loaded here, as in other workers, is logged
    if plan.stable is not None:
        await follower.engine(name, plan.stable)
    registry.open(name)


async def load_others(registry: Registry, follower: Follower) -> None:
    """Loads the newest version of each other model that can serve; what cannot is logged, and its reason kept."""
    for name, versions in registry.on_disk().items():
        await asyncio.gather(bring_one_in(follower, name, versions), return_exceptions=True)


async def bring_one_in(follower: Follower, name: str, versions: Iterable[int]) -> None:
    """Loads the newest version that can serve, unless one is agreed upon: a newer one may just be copied there.

    Raises:
        ArtifactError: if none of them can; it says why the newest cannot.
        DeviceMissing, PrecisionMissing: if no version could.
    """
    first: Exception | None = None
    for version in sorted(versions, reverse=True):
        if follower.catch_up().plan(name).stable is not None:
            return
        try:
            await bring_in(follower, name, version)
            return
        except (ArtifactError, ServiceError) as error:
            first = first or error
    if first is not None and follower.catch_up().plan(name).stable is None:
        raise first


async def bring_in(follower: Follower, name: str, version: int) -> None:
    """Loads a first version in this process, without waiting for other workers, which do the same.

    Raises:
        ArtifactError, DeviceMissing, PrecisionMissing: if it cannot serve; the reason is kept.
        VersionUnknown: if it is there no longer, or another worker could not load it.
    """
    follower.change(lambda wanted: wanted.wanting(name, version))
    try:
        await follower.engine(name, version)
    except Exception as error:
        why = str(error) or type(error).__name__
        follower.change(lambda wanted: wanted.failing(name, version, why))
        raise
    follower.change(lambda wanted: wanted if wanted.plan(name).stable else served(wanted, name, version, Asked()))
