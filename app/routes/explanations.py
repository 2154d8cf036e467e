"""GET /explanations: which part of the photo spoke for a class, and how far that is to be trusted."""

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from app.engine import Pixels
from app.errors import (
    DeadlinePassed,
    LayerUnknown,
    NotAcceptable,
    NotReady,
    Overloaded,
    ParameterInvalid,
    TooManyNumbers,
)
from app.formats.explanation_query import ExplanationQuery
from app.formats.model_facts import ModelFacts, PrecisionFacts
from app.formats.tensor_formats import MEDIA_TYPES, as_f32, as_json, as_npy, tensor_headers
from app.photos.photo import Photo
from app.pictures.explanation import Cells, draw_explanation
from app.pictures.heading import Heading
from app.problems import documented
from app.routes.caching import IfNoneMatch, cached
from app.service import RECALL_PROBLEMS, AskedAbout
from app.timings import Timings, server_timing
from model.explanations.explanation import Explanation
from model.explanations.question import Question

if TYPE_CHECKING:
    from model.artifact import Artifact

QUERY_PROBLEMS = (ParameterInvalid, LayerUnknown, TooManyNumbers, NotAcceptable)
router = APIRouter(tags=["inside"])
CONTENT: dict[int | str, dict[str, Any]] = {
    200: {"description": "The map", "content": {media_type: {} for media_type in MEDIA_TYPES.values()}}
}


class GridAnswer(BaseModel):
    """Where the map's cells lie on the network's input, in pixels: the first one, and how far it is to the next."""

    top: float
    left: float
    height: float
    width: float
    down: float
    across: float


class ExplanationAnswer(BaseModel):
    """What spoke for a class; further members say what the method ran with."""

    image_id: str
    model: ModelFacts
    method: str
    label: str
    logit: float = Field(description="what is explained: the network's number for the label, in float32")
    precision: PrecisionFacts
    certificate: dict[str, float] | None = Field(
        description="the method's record on this network, as it runs without further parameters, over some photos when "
        "it was exported; the model card explains each figure. None if there is no record, or for a layer of one's own"
    )
    meaning: str = Field(description="what a number of the map says")
    grid: GridAnswer
    shape: tuple[int, int] = Field(description="rows, columns")
    dtype: str
    layout: str
    data: list[float] = Field(description="row by row, signed, as they were computed")


@router.get(
    "/explanations",
    summary="Which part of the photo decided?",
    response_model=ExplanationAnswer,
    responses=CONTENT
    | documented(
        *RECALL_PROBLEMS,
        LayerUnknown,
        ParameterInvalid,
        TooManyNumbers,
        NotAcceptable,
        Overloaded,
        NotReady,
        DeadlinePassed,
    ),
)
async def explanations(
    request: Request,
    asked_about: AskedAbout,
    query: Annotated[ExplanationQuery, Depends()],
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Explains a logit, never the probability: where the network is sure, that hardly moves.

    A method whose record on this network is not better than chance is refused.

    `grad-cam` asks a layer's maps; `occlusion` covers one part after another; `integrated-gradients` shares out what
    the logit gained since a photo of one colour; `gradient` and `smooth-gradient` tell how it moves with each pixel.
    """
    timings = Timings.of(request)
    photo, engine = asked_about.photo, asked_about.engine
    manifest = engine.manifest
    question = query.question(manifest)
    headers, had = cached(asked_about, ("explanations", *query.decides()), if_none_match)
    if had:
        return Response(status_code=304, headers=headers)
    label, explanation = await engine.look(partial(explained, photo.pixels, question), timings)
    precision = await engine.precision_facts(photo.pixels, timings)
    facts: dict[str, object] = {"image_id": photo.image_id, "model": engine.model.model_dump()}
    facts["precision"] = precision.model_dump()
    facts["certificate"] = None if query.layer else manifest.explanations.get(query.method)
    with timings.stage("render"):
        name = manifest.labels[label]
        body, described = await asyncio.to_thread(render, photo, explanation, name, query, facts)
    headers |= described | {"Catscan-Device": engine.device, "Catscan-Image-Id": photo.image_id}
    headers["Server-Timing"] = server_timing(timings.so_far())
    return Response(body, headers=headers)


def explained(pixels: Pixels, question: Question, artifact: "Artifact") -> tuple[int, Explanation]:
    from model.explanations.explain import explain

    return explain(artifact, pixels, question)


def render(
    photo: Photo, explanation: Explanation, label: str, query: ExplanationQuery, facts: dict[str, object]
) -> tuple[bytes, dict[str, str]]:
    """The map in the query's format, and the headers that describe it.

    Raises:
        TooManyNumbers: if JSON would be absurdly long.
    """
    values = explanation.values
    headers = tensor_headers(values, "HW", f"{query.method}-{label}", query.format)
    match query.format:
        case "npy":
            return as_npy(values), headers
        case "f32":
            return as_f32(values), headers
        case "json":
            about = {"method": query.method, "label": label, "logit": explanation.logit, "grid": vars(explanation.grid)}
            return as_json(values, "HW", facts | about | explanation.facts), headers
        case "png":
            heading = Heading(label, query.method, str(explanation.facts["meaning"]))
            texts = {"Method": query.method, "Label": label, "Logit": str(explanation.logit), "Meaning": heading.words}
            cells = Cells(values, *explanation.grid.centres(values.shape, photo.pixels.shape))
            png, shown = draw_explanation(photo.pixels, cells, heading, query.scale, query.colormap, texts)
            return png, headers | shown.headers
