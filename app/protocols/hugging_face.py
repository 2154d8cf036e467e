"""Hugging Face's image classification: what its InferenceClient asks an endpoint of one's own."""

from typing import Annotated, Literal

import numpy as np
import orjson
from fastapi import APIRouter, Request, Response
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.engine import Answer
from app.errors import JsonInvalid, PhotoMissing
from app.photos.json_bodies import base64_of, document, kind_of, read_beside
from app.photos.uploads import BASE64, is_json, whole_body
from app.problems import documented
from app.protocols.photos_together import ranked
from app.routes.predict import PHOTO_PROBLEMS
from app.service import Answering, Running
from app.timings import Timings

USUAL = 5  # classes, as Hugging Face's own pipelines answer
OPENAPI_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "image/*": {"schema": {"type": "string", "format": "binary"}},
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["inputs"],
                    "properties": {
                        "inputs": BASE64,
                        "parameters": {
                            "type": "object",
                            "properties": {
                                "top_k": {"type": "integer", "minimum": 1, "default": USUAL},
                                "function_to_apply": {"type": "string", "enum": ["softmax", "sigmoid", "none"]},
                            },
                        },
                    },
                }
            },
        },
    }
}
router = APIRouter(tags=["hugging face"])


class Parameters(BaseModel):
    """How to answer; what is not known here is left out, as it is there."""

    model_config = ConfigDict(strict=True)

    top_k: Annotated[int, Field(ge=1)] | None = None
    function_to_apply: Literal["softmax", "sigmoid", "none"] | None = None


class Score(BaseModel):
    label: str
    score: float


@router.post("/", include_in_schema=False)
@router.post(
    "/hf", summary="Is there a cat in this photo? For InferenceClient", response_model=list[Score],
    responses=documented(*PHOTO_PROBLEMS, plain=True), openapi_extra=OPENAPI_BODY,
)  # fmt: skip
async def classify(request: Request, service: Running, engine: Answering) -> Response:
    """A photo as the raw body, or JSON `{"inputs": "…base64…", "parameters": {"top_k": 2}}`; nothing of it is kept.

    `function_to_apply` is `softmax`, the calibrated probabilities; or `sigmoid` or `none` of the logits.
    """
    timings = Timings.of(request)
    with timings.stage("receive"):
        body = await whole_body(request, service.settings.max_body_bytes)
        file, parameters = await read_beside(read_json, body) if is_json(request) else (body, Parameters())
    if not file:
        raise PhotoMissing('Expected a photo as the raw body, or JSON {"inputs": "…base64…"}; received: nothing')
    photo = await service.decode(file, engine, timings)
    answer = await service.predict(photo.pixels, engine, timings)
    scores = ranked(engine.manifest.labels, applied(parameters.function_to_apply, answer))
    best = [{"label": label, "score": score} for label, score in scores[: parameters.top_k or USUAL]]
    return Response(orjson.dumps(best), media_type="application/json")


def read_json(body: bytes) -> tuple[bytes, Parameters]:
    """The photo and how to answer.

    Raises:
        UploadError: saying what was expected and what came.
    """
    whole = document(body)
    if not isinstance(whole, dict) or "inputs" not in whole:
        received = "an object without it" if isinstance(whole, dict) else kind_of(whole)
        raise JsonInvalid(f'Expected {{"inputs": "…base64…"}}; received: {received}')
    try:
        parameters = Parameters.model_validate(whole.get("parameters") or {})
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, ("parameters", *first["loc"])))
        raise JsonInvalid(f"{name}: {first['msg']}; received: {str(first['input'])[:80]!r}") from error
    return base64_of(whole["inputs"]), parameters


def applied(function: Literal["softmax", "sigmoid", "none"] | None, answer: Answer) -> NDArray[np.float32]:
    """The scores, float32 [labels]."""
    if function == "none":
        return answer.logits
    if function == "sigmoid":
        return np.asarray((1 + np.tanh(answer.logits / 2)) / 2, np.float32)
    return answer.probabilities
