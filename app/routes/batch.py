"""POST /predict/batch: several photos in, an answer to each out, in their order."""

import asyncio

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from app.engine import Engine
from app.errors import ServiceError, TooManyPhotos, UploadError
from app.formats.model_facts import ModelFacts
from app.photos.uploads import BASE64
from app.problems import Problem, documented, problem_of
from app.routes.predict import PHOTO_PROBLEMS, PredictAnswer, answer_to
from app.service import Answering, Running, Service, kept_for
from app.timings import Timings, server_timing

OPENAPI_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "array", "items": {"type": "string", "format": "binary"}}},
                }
            },
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["images"],
                    "properties": {
                        "images": {
                            "type": "array",
                            "items": {"anyOf": [BASE64, {"type": "object", "properties": {"image": BASE64}}]},
                        }
                    },
                }
            },
        },
    }
}
router = APIRouter(tags=["answers"])


class PhotoProblem(Problem):
    """What is wrong with one photo: a problem document with its place among the photos, from 0."""

    model_config = ConfigDict(extra="allow")
    index: int


class Refused(BaseModel):
    """Stands in the place of an answer."""

    problem: PhotoProblem


class BatchAnswer(BaseModel):
    results: list[PredictAnswer | Refused] = Field(description="one for each photo, in the photos' order")
    model: ModelFacts
    timings_ms: dict[str, float] = Field(
        description="milliseconds of the whole request; each answer has its own, in which it may wait for others"
    )


@router.post(
    "/predict/batch", summary="Is there a cat in these photos?", response_model=BatchAnswer,
    responses=documented(*PHOTO_PROBLEMS, TooManyPhotos), openapi_extra=OPENAPI_BODY,
)  # fmt: skip
async def predict_batch(request: Request, service: Running, engine: Answering) -> Response:
    """Post several images: multipart parts `file`, or JSON with `images` in base64.

    `curl -F file=@cat.jpg -F file=@dog.jpg …/predict/batch`. Where a photo is bad, its result is a `problem`, and no
    other photo is the worse for it: the status is 200 even then.
    """
    timings, owner = Timings.of(request), kept_for(request)
    files = await service.receive_several(request, timings)
    results = await asyncio.gather(
        *(result(file, index, service, engine, owner=owner) for index, file in enumerate(files))
    )
    milliseconds = timings.so_far()
    content = BatchAnswer(results=results, model=engine.model, timings_ms=milliseconds)
    headers = {"Server-Timing": server_timing(milliseconds)}
    return Response(content.model_dump_json(), headers=headers, media_type="application/json")


async def result(
    file: bytes | UploadError, index: int, service: Service, engine: Engine, *, owner: str | None
) -> PredictAnswer | Refused:
    """The answer to one photo, or what is wrong with it."""
    timings = Timings()
    try:
        if isinstance(file, UploadError):
            raise file
        photo, keeping = await service.take(file, engine, timings, owner=owner)
        answer = await answer_to(photo, keeping, service, engine, timings)
    except ServiceError as error:
        return Refused(problem=PhotoProblem(**problem_of(error).model_dump(), index=index, **error.facts))
    service.metrics.stages(timings.stages)
    return answer
