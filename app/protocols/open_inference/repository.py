"""POST /v2/repository/…: every version of every model that is there; one loaded or let go of, by who holds a key."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import BaseModel, Field

from app.administrators import ADMIN_PROBLEMS, administrator
from app.errors import BodyTooLarge, JsonInvalid, ModelUnknown, NotReady, ParameterInvalid, ServiceError, VersionUnknown
from app.photos.uploads import whole_body
from app.problems import documented
from app.protocols.open_inference.documents import Part, read_document
from app.protocols.open_inference.openapi import shaped
from app.protocols.open_inference.published import base_of, names
from app.registry.refusals import VersionServes, VersionUnusable
from app.registry.registry import Registry
from app.routes.admin import while_wanted
from app.routes.models import State, VersionFacts, listed
from app.service import Running

STATES: dict[State, str] = {
    "available": "READY", "loading": "LOADING", "failed": "UNAVAILABLE", "on_disk": "UNAVAILABLE",
}  # fmt: skip
MOST_BYTES = 2**16  # of a body: no photos are in it
PROBLEMS: tuple[type[ServiceError], ...] = BodyTooLarge, JsonInvalid, NotReady
CHANGING = (*PROBLEMS, *ADMIN_PROBLEMS, ModelUnknown, VersionUnknown, VersionUnusable, VersionServes, ParameterInvalid)
Name = Annotated[str, Path(description="any of its names in the index", examples=["cat"])]
router = APIRouter(tags=["open inference protocol"])


class IndexRequest(Part):
    """Which versions to list."""

    ready: bool | None = None


class ChangeRequest(Part):
    """How to load or unload; what cannot be had so is refused, not ignored."""

    parameters: dict[str, Any] | None = None


class IndexEntry(BaseModel):
    name: str
    version: str
    state: str = Field(description="READY, LOADING or UNAVAILABLE")
    reason: str = Field(description="of one that is unavailable")


def optional_body(**properties: dict[str, str]) -> dict[str, Any]:
    return {"requestBody": {"content": {"application/json": {"schema": shaped(properties)}}}}


@router.post(
    "/v2/repository/index", summary="Every version of every model that is there",
    responses=documented(*PROBLEMS, plain=True), openapi_extra=optional_body(ready={"type": "boolean"}),
)  # fmt: skip
async def index(request: Request, service: Running) -> list[IndexEntry]:
    """Each under all its names. The body may be empty, or `{"ready": true}` for those that can answer."""
    body = await whole_body(request, MOST_BYTES)
    asked = read_document(IndexRequest, body) if body else IndexRequest()
    return [entry for entry in entries(service.registry) if not asked.ready or entry.state == "READY"]


CHANGE: dict[str, Any] = {
    "dependencies": [Depends(administrator)],
    "responses": documented(*CHANGING, plain=True),
    "openapi_extra": optional_body(parameters={"type": "object"}),
}


@router.post("/v2/repository/models/{model}/load", summary="Let a version of a model answer", **CHANGE)
async def load(
    request: Request,
    service: Running,
    model: Name,
    version: Annotated[int | None, Query(ge=1, description="the newest that is there, without it")] = None,
) -> list[IndexEntry]:
    """The same as `POST /admin/models/{name}/{version}/load`, which can do more; answers with the model's versions."""
    await check_parameters(request)
    base, _ = base_of(model, service.registry)
    newest = max(service.registry.on_disk().get(base, {}), default=0)
    await while_wanted(request, service.models.changes.load(base, version or newest))
    return [entry for entry in entries(service.registry) if entry.name == model]


@router.post("/v2/repository/models/{model}/unload", summary="Let go of a version of a model", **CHANGE)
async def unload(
    request: Request,
    service: Running,
    model: Name,
    version: Annotated[int | None, Query(ge=1, description="the stable one, without it: which is refused")] = None,
) -> list[IndexEntry]:
    """Only a version that answers nobody can go: a model is never without one. Answers with the model's versions."""
    await check_parameters(request)
    base, _ = base_of(model, service.registry)
    service.models.changes.unload(base, version or service.registry.rollout(base).stable)
    return [entry for entry in entries(service.registry) if entry.name == model]


async def check_parameters(request: Request) -> None:
    """Reads the body of a request for a change.

    Raises:
        BodyTooLarge, JsonInvalid: if it is none.
        ParameterInvalid: if it brings a configuration or files, where only those of the folder are served.
    """
    body = await whole_body(request, MOST_BYTES)
    given = (read_document(ChangeRequest, body).parameters if body else None) or {}
    for name in given:
        if name == "config" or name.startswith("file:"):
            expected = f"{name[:50]}: expected a version that is in the folder, as it is"
            raise ParameterInvalid(f"{expected}; received: another configuration, or a file", parameter=name[:50])


def entries(registry: Registry) -> list[IndexEntry]:
    return [
        index_entry(name, facts)
        for model in listed(registry).models
        for name in names(model.name, registry)
        for facts in model.versions
    ]


def index_entry(name: str, facts: VersionFacts) -> IndexEntry:
    reason = facts.reason or ("not loaded" if facts.state == "on_disk" else "")
    return IndexEntry(name=name, version=str(facts.version), state=STATES[facts.state], reason=reason)
