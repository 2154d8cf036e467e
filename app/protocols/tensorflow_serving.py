"""TensorFlow Serving's REST API, which KServe calls its protocol V1: for clients that know no other service.

Signatures: `serving_default` takes photos' files as `{"b64": …}`, or pixels where a client cannot name a signature,
and gives the probabilities; `tensor` takes pixels and gives probabilities and logits, as the SavedModel itself would
under TensorFlow Serving. Nothing of such photos is kept.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Path, Request, Response

from app.access.rated_photos import count_photos
from app.engine import Answer, Engine
from app.errors import (
    Base64Malformed,
    BodyTooLarge,
    DeadlinePassed,
    JsonInvalid,
    NotReady,
    Overloaded,
    PhotoError,
    PhotoMissing,
    ServiceError,
    TooManyPhotos,
)
from app.photos.json_bodies import read_beside
from app.photos.uploads import whole_body
from app.problems import documented
from app.protocols.photos_together import answers_to, ranked
from app.protocols.tensorflow_serving_facts import metadata, status
from app.protocols.tensorflow_serving_requests import OUTPUTS, Asked, Reader
from app.registry.asked import asked_version, caller_of
from app.routes.models import listed
from app.scheduling.exchange import BodyTooSlow
from app.service import MODEL_PROBLEMS, Running, Service
from app.timings import Timings

MODEL = "/v1/models/{model}"
NEWEST = "0"  # OpenVINO's client asks for this version if it was told none
BYTES = {"type": "object", "required": ["b64"], "properties": {"b64": {"type": "string", "format": "byte"}}}
PIXELS = {"type": "array", "description": "[height][width][3], whole numbers from 0 to 255"}
PHOTOS = {"type": "array", "items": {"anyOf": [BYTES, PIXELS]}}
COLUMN = {"anyOf": [PHOTOS, {"type": "object", "description": "the same as its member `image` or `images`"}]}
EXAMPLES = {"type": "array", "items": {"type": "object", "properties": {"image": BYTES}}}
PROBLEMS: tuple[type[ServiceError], ...] = (
    BodyTooLarge, BodyTooSlow, PhotoMissing, JsonInvalid, Base64Malformed, TooManyPhotos,
    *PhotoError.__subclasses__(), Overloaded, NotReady, DeadlinePassed, *MODEL_PROBLEMS,
)  # fmt: skip
ModelName = Annotated[str, Path(description="as GET /models lists them")]
router = APIRouter(tags=["tensorflow serving"])


async def numbered(
    request: Request, version: Annotated[str, Path(description=f"its number; {NEWEST}: the one for this caller")]
) -> None:
    """The version in a path, for `engine_of`."""
    request.state.version = None if version == NEWEST else asked_version(version)


async def labelled(
    request: Request, label: Annotated[str, Path(description="stable or canary", examples=["stable"])]
) -> None:
    request.state.version = asked_version(label)


async def engine_of(request: Request, service: Running, model: ModelName) -> Engine:
    return service.registry.engine(model, getattr(request.state, "version", None), caller_of(request))


Answering = Annotated[Engine, Depends(engine_of)]
NUMBERED: dict[str, Any] = {"dependencies": [Depends(numbered)]}
LABELLED: dict[str, Any] = {"dependencies": [Depends(labelled)]}


def posted(summary: str, members: Mapping[str, object], answer: object) -> dict[str, Any]:
    """What the routes of one verb have in common; an answer as an example."""
    schema = {"type": "object", "properties": {"signature_name": {"type": "string"}, **members}}
    body = {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
    success = {"description": "In the photos' order", "content": {"application/json": {"example": answer}}}
    return {"summary": summary, "responses": {200: success} | documented(*PROBLEMS, plain=True), "openapi_extra": body}


PREDICT = posted("The probabilities", {"instances": PHOTOS, "inputs": COLUMN}, {"predictions": [[0.9, 0.1]]})
CLASSIFY = posted("The probabilities by class", {"examples": EXAMPLES}, {"results": [[["cat", 0.9], ["other", 0.1]]]})
FACTS = documented(NotReady, *MODEL_PROBLEMS, plain=True)
STATUS: dict[str, Any] = {"summary": "Which versions of a model can answer", "responses": FACTS}
METADATA: dict[str, Any] = {"summary": "What a model takes and gives", "responses": FACTS}


@router.post(f"{MODEL}:predict", **PREDICT)
@router.post(f"{MODEL}/versions/{{version}}:predict", **NUMBERED, **PREDICT)
@router.post(f"{MODEL}/labels/{{label}}:predict", **LABELLED, **PREDICT)
async def predict(request: Request, service: Running, engine: Answering) -> Response:
    """`{"instances": [{"b64": "…"}, …]}` gives `{"predictions": [[…], …]}`, a row a photo, in the labels' order.

    `inputs` gives `outputs`. A photo is `{"b64": …}`, its file, or pixels as [height][width][3], the network's input.
    With `signature_name` `tensor` each photo gets its logits, too.
    """
    asked, answers = await answered(request, service, engine, Reader.predict)
    names = OUTPUTS[asked.signature]
    rows = [[answer.probabilities.tolist(), answer.logits.tolist()][: len(names)] for answer in answers]
    columns = [list(column) for column in zip(*rows, strict=True)]
    if asked.column:
        return said(outputs=columns[0] if len(names) == 1 else dict(zip(names, columns, strict=True)))
    return said(predictions=columns[0] if len(names) == 1 else [dict(zip(names, row, strict=True)) for row in rows])


@router.post(f"{MODEL}:classify", **CLASSIFY)
@router.post(f"{MODEL}/versions/{{version}}:classify", **NUMBERED, **CLASSIFY)
@router.post(f"{MODEL}/labels/{{label}}:classify", **LABELLED, **CLASSIFY)
async def classify(request: Request, service: Running, engine: Answering) -> Response:
    """`{"examples": [{"image": {"b64": "…"}}, …]}` gives `{"results": [[["cat", 0.99], …], …]}`, the best first."""
    _, answers = await answered(request, service, engine, Reader.classify)
    return said(results=[ranked(engine.manifest.labels, answer.probabilities) for answer in answers])


async def answered(
    request: Request, service: Service, engine: Engine, read: Callable[[Reader, bytes], Asked]
) -> tuple[Asked, list[Answer]]:
    """What is asked, and the answer to each photo."""
    settings = service.settings
    with Timings.of(request).stage("receive"):
        body = await whole_body(request, settings.max_body_bytes)
        asked = await read_beside(partial(read, Reader(engine.manifest, settings.most_photos)), body)
    request.state.places.take(len(asked.photos))
    await count_photos(request, len(asked.photos))
    return asked, await answers_to(asked.photos, service, engine)


def said(**content: object) -> Response:
    return Response(orjson.dumps(content), media_type="application/json")


@router.get("/v1/models", summary="The names of the models", responses=documented(NotReady, plain=True))
async def model_names(service: Running) -> dict[str, list[str]]:
    return {"models": [each.name for each in listed(service.registry).models]}


@router.get(MODEL, **STATUS)
@router.get(f"{MODEL}/versions/{{version}}", **NUMBERED, **STATUS)
@router.get(f"{MODEL}/labels/{{label}}", **LABELLED, **STATUS)
async def model_status(request: Request, service: Running, model: ModelName) -> Response:
    """The state of one version, or of all; for KServe's clients, `ready` says whether one of them can answer."""
    version = getattr(request.state, "version", None)
    if request.path_params.keys() & {"version", "label"} and not isinstance(version, int):
        version = service.registry.engine(model, version, caller_of(request)).model.version
    return said(**status(listed(service.registry), model, version))


@router.get(f"{MODEL}/metadata", **METADATA)
@router.get(f"{MODEL}/versions/{{version}}/metadata", **NUMBERED, **METADATA)
@router.get(f"{MODEL}/labels/{{label}}/metadata", **LABELLED, **METADATA)
async def model_metadata(engine: Answering) -> Response:
    """The signatures."""
    return said(**metadata(engine))
