"""GET /layers/{layer}/kernels and GET /snapshots: what a layer weighs with, now and while it was learnt."""

import asyncio
from collections.abc import Mapping
from io import BytesIO
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from fastapi import APIRouter, Depends, Path, Request, Response
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from app.errors import EpochUnknown, LayerUnknown, NotAcceptable, NotReady, ParameterInvalid, TooManyNumbers
from app.formats.kernel_query import KernelQuery, render_kernels
from app.formats.model_facts import ModelFacts
from app.formats.selection import select_layer
from app.formats.tensor_formats import MEDIA_TYPES
from app.problems import documented
from app.routes.caching import IfNoneMatch, cached_until_the_model_changes
from app.service import Answering
from app.timings import Timings, server_timing
from model.manifest import LayerRecord, Manifest
from model.snapshots import Snapshot

if TYPE_CHECKING:
    from model.artifact import Artifact

router = APIRouter(tags=["inside"])
CONTENT: dict[int | str, dict[str, Any]] = {
    200: {"description": "The kernels", "content": {media_type: {} for media_type in MEDIA_TYPES.values()}}
}


class KernelsAnswer(BaseModel):
    """The kernels as JSON."""

    model: ModelFacts
    layer: str
    state: str = Field(description="how far they are learnt", examples=["trained", "after 4 epochs"])
    inputs: list[int] = Field(description="channels of the layer before")
    channels: list[int] = Field(description="filters, each a channel of this layer")
    shape: list[int]
    dtype: str
    layout: str = Field(description="HWIO: rows, columns, inputs, channels; IO: inputs, units")
    data: list[float] = Field(description="row-major")


class SnapshotFacts(BaseModel):
    """What was kept of the network while it was trained."""

    epochs: int = Field(description="that were done by then; 0 is the random start")
    kernels: list[str] = Field(description="layers whose kernels were kept, with half the digits")


class SnapshotList(BaseModel):
    model: ModelFacts
    snapshots: list[SnapshotFacts] = Field(description="the earliest first")


@router.get("/snapshots", summary="What was kept while the network was trained", responses=documented(NotReady))
async def snapshots(engine: Answering) -> SnapshotList:
    """GET /layers/{layer}/kernels?epoch=… shows the kernels of one of them."""
    kept = await asyncio.to_thread(list_snapshots, engine.artifact.snapshots)
    return SnapshotList(model=engine.model, snapshots=kept)


@router.get(
    "/layers/{layer}/kernels",
    summary="What a layer weighs with",
    response_model=KernelsAnswer,
    responses=CONTENT
    | documented(LayerUnknown, EpochUnknown, ParameterInvalid, TooManyNumbers, NotAcceptable, NotReady),
)
async def kernels(
    request: Request,
    engine: Answering,
    layer: Annotated[str, Path(description="a convolution's or a dense layer's name, as GET /layers gives it")],
    query: Annotated[KernelQuery, Depends()],
    if_none_match: IfNoneMatch = None,
) -> Response:
    """The weights of all filters and inputs, or of some; as numbers exactly those that the network multiplies with."""
    timings = Timings.of(request)
    manifest = engine.manifest
    record = select_layer(layer, manifest)
    if "kernel" not in record.weights:
        weighing = ", ".join(one.name for one in manifest.layers if "kernel" in one.weights)
        raise ParameterInvalid(f"layer: expected one with weights: {weighing}; received: {layer!r}", parameter="layer")
    query.chosen(record.weights["kernel"])
    headers, had = cached_until_the_model_changes(engine, (layer, *query.decides()), if_none_match)
    if had:
        return Response(status_code=304, headers=headers)
    facts: dict[str, object] = {"model": engine.model.model_dump()}
    with timings.stage("render"):
        body, described = await asyncio.to_thread(look_up, engine.artifact, record, query, facts)
    headers |= described | {"Server-Timing": server_timing(timings.so_far())}
    return Response(body, headers=headers)


def look_up(
    artifact: "Artifact", record: LayerRecord, query: KernelQuery, facts: dict[str, object]
) -> tuple[bytes, dict[str, str]]:
    """The kernels asked for in the format asked for.

    Raises:
        EpochUnknown: if no snapshot has them.
        ParameterInvalid, TooManyNumbers: if they cannot be had in this format.
    """
    state, weights = "trained", artifact.weights(record.name).get("kernel")
    if query.epoch is not None:
        state = f"after {query.epoch} epoch{'' if query.epoch == 1 else 's'}"
        weights = kernel_then(artifact.snapshots, query.epoch, record.name)
    assert weights is not None
    return render_kernels(weights, record.name, state, sees_colours(record, artifact.manifest), query, facts)


def kernel_then(files: Mapping[int, bytes], epoch: int, layer: str) -> NDArray[np.float32]:
    """A layer's kernel after so many epochs.

    Raises:
        EpochUnknown: if no snapshot has it.
    """
    kernels = Snapshot.read(BytesIO(files[epoch])).kernels if epoch in files else {}
    if layer not in kernels:
        having = [number for number, file in files.items() if layer in Snapshot.read(BytesIO(file)).kernels]
        known = ", ".join(map(str, having)) or "none at all, for this layer"
        raise EpochUnknown(f"Expected an epoch of {layer} that was kept: {known}; received: {epoch}", epochs=having)
    return kernels[layer]


def list_snapshots(files: Mapping[int, bytes]) -> list[SnapshotFacts]:
    return [
        SnapshotFacts(epochs=epochs, kernels=list(Snapshot.read(BytesIO(file)).kernels))
        for epochs, file in files.items()
    ]


def sees_colours(record: LayerRecord, manifest: Manifest) -> bool:
    """Whether a layer's inputs are red, green and blue of the photo, at most rescaled."""
    before = manifest.layer(record.input)
    while before is not None and before.kind == "rescaling":
        before = manifest.layer(before.input)
    return record.kind == "convolution" and before is None
