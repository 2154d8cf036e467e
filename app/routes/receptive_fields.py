"""GET /receptive-fields: which part of a photo a unit can see, as boxes or as a picture."""

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from fastapi import APIRouter, Depends, Header, Query, Request, Response
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from app.engine import Pixels
from app.errors import (
    DeadlinePassed,
    LayerUnknown,
    NotAcceptable,
    NotReady,
    Overloaded,
    ParameterInvalid,
)
from app.formats.model_facts import ModelFacts
from app.formats.seen_pixels import SeenPixels, seen_pixels
from app.formats.tensor_formats import preferred_format
from app.formats.unit_query import UnitQuery, link
from app.photos.photo import Photo
from app.pictures.receptive_field import draw_receptive_field
from app.problems import documented
from app.routes.caching import IfNoneMatch, cached
from app.service import RECALL_PROBLEMS, AskedAbout
from app.timings import Timings, server_timing
from model.manifest import IMAGES, Manifest
from model.preprocessing import Decoded, Turned
from model.receipts.unit import Unit
from model.receptive_field import Seen, seen_by, seen_sentence

if TYPE_CHECKING:
    from model.artifact import Artifact

MEDIA_TYPES: dict[Literal["json", "png"], str] = {"json": "application/json", "png": "image/png"}
CONTENT: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The boxes as JSON; or the network's input with the box drawn on it, as PNG",
        "content": {"image/png": {}},
    }
}
router = APIRouter(tags=["inside"])


class Size(BaseModel):
    """In pixels."""

    width: int
    height: int


class EffectiveField(BaseModel):
    """How much each pixel of the network's input moves the unit's number."""

    shape: tuple[int, int] = Field(description="rows, columns")
    data: list[float] = Field(
        description="row by row, by how much a step of 1 (of 255) changes the unit: the size of the gradient, red, "
        "green and blue together"
    )


class ReceptiveFieldAnswer(BaseModel):
    """What one unit can see."""

    image_id: str
    model: ModelFacts
    layer: str
    channel: int = Field(description="all channels of a place see the same, except behind a flatten layer")
    y: int | None = Field(description="row of the unit on its map; null for a vector")
    x: int | None = Field(description="column, likewise")
    sentence: str = Field(description="what it can see, in words")
    receptive_field: SeenPixels
    network: Size = Field(description="of the network's input")
    photo: Size = Field(description="of the photo as posted, held upright")
    file: Size = Field(description="of the photo as the file has it")
    orientation: int = Field(description="EXIF's word for how the camera was held; 1 is upright")
    effective: EffectiveField | None = Field(description="if it was asked for")
    picture: str = Field(description="the same as a picture")


@router.get(
    "/receptive-fields",
    summary="Which part of a photo a unit can see",
    response_model=ReceptiveFieldAnswer,
    responses=CONTENT
    | documented(*RECALL_PROBLEMS, LayerUnknown, ParameterInvalid, NotAcceptable, Overloaded, NotReady, DeadlinePassed),
)
async def receptive_field(
    request: Request,
    asked_about: AskedAbout,
    asked: Annotated[UnitQuery, Depends()],
    wanted: Annotated[
        Literal["json", "png"] | None,
        Query(alias="format", description="without it, what the Accept header prefers; JSON if it takes anything"),
    ] = None,
    accept: Annotated[str | None, Header(include_in_schema=False)] = None,
    effective: Annotated[bool, Query(description="also how much each pixel in it matters, for this photo")] = False,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Each number deep in the network depends on a window of the photo; the deeper the layer, the wider the window.

    A unit is named by layer, y and x, or by layer alone where its output is a vector.
    """
    timings, chosen = Timings.of(request), wanted or preferred_format(accept, MEDIA_TYPES)
    photo, engine = asked_about.photo, asked_about.engine
    manifest = engine.manifest
    unit = asked.checked(manifest, any_channel=True)
    headers, had = cached(asked_about, ("receptive-fields", unit, chosen, effective), if_none_match)
    if had:
        return Response(status_code=304, headers=headers)
    size = manifest.height, manifest.width
    seen = seen_by(manifest.layers, size, unit)
    sentence = seen_sentence(unit, seen, size)
    moved = await engine.look(partial(look_back, photo.pixels, unit), timings) if effective else None
    headers |= {"Catscan-Image-Id": photo.image_id, "Content-Type": MEDIA_TYPES[chosen]}
    with timings.stage("render"):
        if chosen == "png":
            light = None if moved is None else moved / (moved.max() or 1)
            body = await asyncio.to_thread(draw_receptive_field, photo.pixels, seen, unit.layer, sentence, light)
            headers["Content-Disposition"] = f'inline; filename="{unit.layer} receptive field.png"'
        else:
            answer = described(photo, engine.model, manifest, unit, seen, sentence)
            if moved is not None:
                answer.effective = EffectiveField(shape=size, data=moved.ravel().tolist())
                answer.picture += "&effective=true"
            body = answer.model_dump_json().encode()
    headers["Server-Timing"] = server_timing(timings.so_far())
    return Response(body, headers=headers)


def look_back(pixels: Pixels, unit: Unit, artifact: "Artifact") -> NDArray[np.float32]:
    """The unit's effective receptive field, [height, width]."""
    from model.explanations.effective_field import effective_field

    if unit.layer == IMAGES:
        lit = np.zeros(pixels.shape[:2], np.float32)
        lit[unit.at[:2]] = 1
        return lit
    return effective_field(artifact.tail(IMAGES, unit.layer), pixels, unit)


def described(
    photo: Photo, model: ModelFacts, manifest: Manifest, unit: Unit, seen: Seen, sentence: str
) -> ReceptiveFieldAnswer:
    decoded = next(step for step in photo.steps if isinstance(step, Decoded))
    turned = next(step for step in photo.steps if isinstance(step, Turned))
    return ReceptiveFieldAnswer(
        image_id=photo.image_id,
        model=model,
        layer=unit.layer,
        channel=unit.channel,
        y=unit.y,
        x=unit.x,
        sentence=sentence,
        receptive_field=seen_pixels(seen, photo),
        network=Size(width=manifest.width, height=manifest.height),
        photo=Size(width=turned.width, height=turned.height),
        file=Size(width=decoded.width, height=decoded.height),
        orientation=turned.orientation,
        effective=None,
        picture=link("/receptive-fields", photo.image_id, unit, format="png"),
    )
