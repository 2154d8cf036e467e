"""GET and POST /feature-maps: what each layer made of a photo, as exact numbers or as a picture."""

import asyncio
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Depends, Request, Response
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from app.engine import Engine
from app.errors import (
    DeadlinePassed,
    LayerUnknown,
    NotAcceptable,
    NotReady,
    Overloaded,
    ParameterInvalid,
    TooManyNumbers,
)
from app.formats.map_formats import MapsQuery, render
from app.formats.model_facts import ModelFacts
from app.formats.selection import Output, select_output
from app.formats.tensor_formats import MEDIA_TYPES
from app.photos.photo import Photo
from app.photos.uploads import OPENAPI_BODY
from app.problems import documented
from app.routes.caching import IfNoneMatch, cached
from app.routes.predict import PHOTO_PROBLEMS
from app.service import RECALL_PROBLEMS, Answering, AskedAbout, Running, is_kept
from app.timings import Timings, server_timing
from model.manifest import LayerRecord, Manifest

QUERY_PROBLEMS = (ParameterInvalid, LayerUnknown, TooManyNumbers, NotAcceptable)
CONTENT: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The maps of the layer in the format asked for; without a layer, the list of all layers (JSON)",
        "content": {media_type: {} for media_type in MEDIA_TYPES.values()},
    }
}
router = APIRouter(tags=["inside"])


class LayerStatistics(BaseModel):
    """One layer's output for this photo."""

    layer: str
    kind: str
    shape: tuple[int, ...] = Field(description="height, width, channels; or units")
    minimum: float
    maximum: float
    mean: float
    deviation: float = Field(description="standard deviation of all values")
    zero_share: float = Field(description="share of values that are exactly zero")
    href: str = Field(description="the maps themselves")


class LayerList(BaseModel):
    """What there is to see of a photo."""

    image_id: str
    model: ModelFacts
    device: str
    layers: list[LayerStatistics]


class LayerMaps(BaseModel):
    """The maps of one layer as JSON."""

    image_id: str
    model: ModelFacts
    layer: str
    kind: str
    channels: list[int]
    y: tuple[int, int] | None = Field(None, description="the first row and the last one, if not all are there")
    x: tuple[int, int] | None = Field(None, description="the same of the columns")
    shape: list[int]
    dtype: str
    layout: str = Field(description="HWC: rows, columns, channels; C: units")
    data: list[float | None] = Field(description="row-major; null where a value is not finite")


Asked = Annotated[MapsQuery, Depends()]


@router.get(
    "/feature-maps",
    summary="What a layer made of a photo posted before",
    response_model=LayerList | LayerMaps,
    responses=CONTENT | documented(*RECALL_PROBLEMS, *QUERY_PROBLEMS, Overloaded, NotReady, DeadlinePassed),
)
async def get_feature_maps(
    request: Request,
    asked_about: AskedAbout,
    query: Asked,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Without `layer`: all layers with shape, statistics and link. With it: its maps, as PNG, JSON, npy or f32.

    The same id, model and query are always the same bytes, and have the same ETag.
    """
    timings = Timings.of(request)
    photo, engine = asked_about.photo, asked_about.engine
    layer = layer_of(engine.manifest, query)
    headers, had = cached(asked_about, ("feature-maps", *query.decides()), if_none_match)
    if had:
        return Response(status_code=304, headers=headers)
    return await answer(engine, photo, layer, query, timings, headers)


@router.post(
    "/feature-maps",
    summary="What a layer makes of a photo",
    response_model=LayerList | LayerMaps,
    responses=CONTENT | documented(*PHOTO_PROBLEMS, *QUERY_PROBLEMS),
    openapi_extra=OPENAPI_BODY,
)
async def post_feature_maps(request: Request, service: Running, engine: Answering, query: Asked) -> Response:
    """The same for a photo in the body, as POST /predict takes it; the Content-Location is where GET finds it again."""
    timings = Timings.of(request)
    layer = layer_of(engine.manifest, query)  # a wrong query is refused before the photo is read
    photo, keeping = await service.receive(request, engine, timings)
    headers = {"Cache-Control": "no-store", "Vary": "Accept"}
    response = await answer(engine, photo, layer, query, timings, headers)
    if await is_kept(keeping, timings):
        response.headers["Content-Location"] = query.link(photo.image_id)
    return response


async def answer(
    engine: Engine,
    photo: Photo,
    layer: Output | None,
    query: MapsQuery,
    timings: Timings,
    headers: dict[str, str],
) -> Response:
    """Runs the network and puts what was asked for, one layer or the list of all, in the format that was asked for."""
    layers = engine.manifest.layers
    names = [layer.name] if layer else [each.name for each in layers]
    outputs = await engine.layers(photo.pixels, names, timings)
    headers["Catscan-Device"] = engine.device
    headers["Catscan-Image-Id"] = photo.image_id
    with timings.stage("render"):
        if layer is None:
            listed = list_layers(engine, photo, layers, outputs)
            body, headers["Content-Type"] = listed.model_dump_json().encode(), MEDIA_TYPES["json"]
        else:
            facts: dict[str, object] = {"image_id": photo.image_id, "model": engine.model.model_dump()}
            body, described = await asyncio.to_thread(render, outputs[layer.name], layer, query, facts)
            headers |= described
    headers["Server-Timing"] = server_timing(timings.so_far())
    return Response(body, headers=headers)


def layer_of(manifest: Manifest, query: MapsQuery) -> Output | None:
    """The layer that is asked for; None if all are.

    Raises:
        LayerUnknown, ParameterInvalid: if the network has no such layer, or the layer no such channel, row or column.
    """
    if query.layer is None:
        return None
    layer = select_output(query.layer, manifest)
    query.selected(layer)
    query.places(layer)
    return layer


def list_layers(
    engine: Engine, photo: Photo, layers: tuple[LayerRecord, ...], outputs: dict[str, NDArray[np.float32]]
) -> LayerList:
    rows = []
    for layer in layers:
        values = outputs[layer.name]
        rows.append(
            LayerStatistics(
                layer=layer.name,
                kind=layer.kind,
                shape=layer.shape,
                minimum=values.min(),
                maximum=values.max(),
                mean=values.mean(dtype=np.float64),
                deviation=values.std(dtype=np.float64),
                zero_share=1 - np.count_nonzero(values) / values.size,
                href=f"/feature-maps?image_id={photo.image_id}&layer={layer.name}",
            )
        )
    return LayerList(image_id=photo.image_id, model=engine.model, device=engine.device, layers=rows)
