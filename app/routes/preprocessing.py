"""POST and GET /preprocessing: what was done to a photo before the network saw it, step by step."""

from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from app.errors import NotReady
from app.photos.uploads import OPENAPI_BODY, read_photo
from app.problems import documented
from app.routes.predict import PHOTO_PROBLEMS
from app.service import RECALL_PROBLEMS, Answering, AskedAbout, Running
from app.timings import Timings, server_timing
from model.preprocessing import AnyStep

router = APIRouter(tags=["inside"])
CONTENT: dict[int | str, dict[str, Any]] = {
    200: {"description": "The photo after each step", "content": {"image/png": {}}}
}


class PreprocessingAnswer(BaseModel):
    image_id: str
    steps: list[AnyStep] = Field(description="in their order; boxes are in pixels of the upright photo")
    result: str = Field(description="the network's input: layer 0, the numbers that all others are made of")


@router.get(
    "/preprocessing",
    summary="What was done to a photo posted before",
    responses=documented(*RECALL_PROBLEMS, NotReady),
)
async def get_preprocessing(
    asked_about: AskedAbout,
) -> PreprocessingAnswer:
    """Each step with its numbers: from the file's pixels to the network's, and back."""
    photo = asked_about.photo
    result = f"/feature-maps?image_id={photo.image_id}&layer=images"
    return PreprocessingAnswer(image_id=photo.image_id, steps=list(photo.steps), result=result)


@router.post(
    "/preprocessing",
    summary="What is done to a photo, in pictures",
    response_class=Response,
    responses=CONTENT | documented(*PHOTO_PROBLEMS),
    openapi_extra=OPENAPI_BODY,
)
async def post_preprocessing(request: Request, service: Running, engine: Answering) -> Response:
    """The photo in the body after each step; the original is not kept, so only a posted one can be drawn."""
    timings = Timings.of(request)
    with timings.stage("receive"):
        file = await read_photo(request, service.settings.max_body_bytes)
    with timings.stage("render"):
        png = await service.film(file, engine)
    headers = {"Server-Timing": server_timing(timings.so_far()), "Cache-Control": "no-store"}
    return Response(png, media_type="image/png", headers=headers)
