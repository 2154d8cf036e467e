"""POST /admin/models/…: which version answers, changed while it does, by who holds a key."""

import asyncio
from collections.abc import Coroutine
from typing import Annotated, Any, Literal, TypeVar

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import BaseModel, Field
from starlette.requests import ClientDisconnect

from app.administrators import ADMIN_PROBLEMS, administrator
from app.errors import ModelUnknown, NotReady, ParameterInvalid, VersionUnknown
from app.problems import documented
from app.registry.changes import Asked
from app.registry.comparison import Comparison
from app.registry.refusals import PreviousMissing, VersionDiffers, VersionServes, VersionUnusable
from app.routes.models import ServedModel, entry
from app.service import Running

PROBLEMS = *ADMIN_PROBLEMS, NotReady, ModelUnknown, VersionUnknown, ParameterInvalid
Version = Annotated[int, Path(ge=1, description="its number, as its folder is called")]
Made = TypeVar("Made")
router = APIRouter(prefix="/admin/models", tags=["admin"], dependencies=[Depends(administrator)])


class LoadAnswer(BaseModel):
    model: ServedModel = Field(description="as GET /models lists it now")
    comparison: Comparison | None = Field(description="with the stable version before; none where there was no other")
    seconds: float = Field(description="that it took, in all processes")


@router.post(
    "/{name}/{version}/load",
    summary="Load a version beside what answers, compare it, and let it answer",
    responses=documented(*PROBLEMS, VersionUnusable, VersionDiffers, VersionServes),
)
async def load(
    request: Request,
    service: Running,
    name: str,
    version: Version,
    serve: Annotated[
        Literal["stable", "canary", "nobody"],
        Query(description="whom it answers then; the first version of a model is always its stable one"),
    ] = "stable",
    percent: Annotated[float, Query(gt=0, le=100, description="of the callers, for a canary")] = 10,
    max_change: Annotated[
        float | None, Query(ge=0, le=1, description="by how much a probability may change at most on the golden images")
    ] = None,
    max_flips: Annotated[
        int | None, Query(ge=0, description="of how many golden images the most probable label may change at most")
    ] = None,
) -> LoadAnswer:
    """The files are verified, every batch size is warmed, and the golden images are answered by both versions.

    Whatever goes wrong, and if you go away meanwhile: what answered before still does. One that is loaded already
    answers at once.
    """
    asked = Asked(serve, percent / 100, max_change, max_flips)
    loaded = await while_wanted(request, service.models.changes.load(name, version, asked))
    return LoadAnswer(model=entry(service.registry, name), comparison=loaded.comparison, seconds=loaded.seconds)


@router.post(
    "/{name}/rollback",
    summary="Let the version answer again that was stable before",
    responses=documented(*PROBLEMS, PreviousMissing, VersionUnusable),
)
async def rollback(service: Running, name: str) -> ServedModel:
    """It is loaded still, so that takes no time; the other one stays loaded, too, until it is unloaded."""
    await service.models.changes.roll_back(name)
    return entry(service.registry, name)


@router.post(
    "/{name}/canary",
    summary="Let a version that is loaded answer some of the callers",
    responses=documented(*PROBLEMS, VersionServes, VersionUnusable),
)
async def canary(
    service: Running,
    name: str,
    percent: Annotated[float, Query(ge=0, le=100, description="of the callers; 0 ends it")],
    version: Annotated[int | None, Query(ge=1, description="needed, but to end it")] = None,
) -> ServedModel:
    """The same caller always gets the same version, by the header `Catscan-Sticky`, or else by the address.

    A larger share takes further callers to the canary, and none away from it.
    """
    if percent == 0:
        service.models.changes.end_canary(name)
    elif version is None:
        expected = "version: expected the number of the version that is to answer them"
        raise ParameterInvalid(f"{expected}; received: nothing", parameter="version")
    else:
        await service.models.changes.set_canary(name, version, percent / 100)
    return entry(service.registry, name)


@router.post(
    "/{name}/{version}/unload",
    summary="Let go of a version that answers nobody",
    responses=documented(*PROBLEMS, VersionServes),
)
async def unload(service: Running, name: str, version: Version) -> ServedModel:
    """Its memory is free once no request has it any more; what is asked about its photos is not found from now on."""
    service.models.changes.unload(name, version)
    return entry(service.registry, name)


async def while_wanted(request: Request, work: Coroutine[Any, Any, Made]) -> Made:
    """What comes of work, which ends when the client goes away.

    Raises:
        ClientDisconnect: if it has.
    """
    working, leaving = asyncio.create_task(work), asyncio.create_task(disconnect(request))
    try:
        await asyncio.wait((working, leaving), return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientDisconnect
        return working.result()
    finally:
        leaving.cancel()
        working.cancel()


async def disconnect(request: Request) -> None:
    """Waits until the client goes away; what it still sends is dropped."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
