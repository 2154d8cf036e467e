"""POST /predict: one photo in, the probability of each class out."""

from typing import Literal
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from app.engine import Engine
from app.errors import (
    Base64Malformed,
    BodyTooLarge,
    DeadlinePassed,
    FormatUnsupported,
    JsonInvalid,
    MultipartMalformed,
    NotAnImage,
    NotReady,
    Overloaded,
    PhotoMissing,
    PhotoTruncated,
    PhotoUndecodable,
    TooManyPixels,
)
from app.formats.model_facts import ModelFacts
from app.photos.photo import Photo
from app.photos.uploads import OPENAPI_BODY
from app.problems import documented
from app.scheduling.exchange import BodyTooSlow
from app.service import MODEL_PROBLEMS, Answering, Keeping, Running, Service, is_kept
from app.timings import Timings, server_timing
from model.preprocessing import AnyStep

PHOTO_PROBLEMS = (
    BodyTooLarge, BodyTooSlow, PhotoMissing, MultipartMalformed, JsonInvalid, Base64Malformed, NotAnImage,
    FormatUnsupported, TooManyPixels, PhotoTruncated, PhotoUndecodable, Overloaded, NotReady, DeadlinePassed,
    *MODEL_PROBLEMS,
)  # fmt: skip
router = APIRouter(tags=["answers"])


class Prediction(BaseModel):
    """One class."""

    label: str
    score: float = Field(description="its probability; all scores sum to 1")
    logit: float = Field(description="the network's number for it, before the softmax")
    threshold: float = Field(description="the score from which on the network's maker says that the photo shows it")
    present: bool = Field(description="whether the score reaches the threshold")


class PredictAnswer(BaseModel):
    image_id: str = Field(description="names this photo in later requests, for a while")
    label: str = Field(description="the class with the highest probability")
    probability: float
    predictions: list[Prediction] = Field(description="every class, the most probable first")
    preprocessing: list[AnyStep] = Field(description="what was done to the photo before the network saw it")
    model: ModelFacts
    device: str = Field(description="what ran the network", examples=["cpu"])
    precision: Literal["float32", "bfloat16"] = Field(
        description="what it was computed in; GET /feature-maps always computes in float32"
    )
    batch_size: int = Field(description="photos that went through the network together with this one, itself included")
    timings_ms: dict[str, float] = Field(description="milliseconds by stage, as in the Server-Timing header")
    feature_maps: str | None = Field(
        description="where to look at what each layer made of this photo; none after `Cache-Control: no-store`, and "
        "while the store of recent photos is away"
    )

    model_config = {
        "json_schema_extra": {
            "examples": [
                {
                    "image_id": "5f0c7a9d3b1e4c6f8a2d9e0b7c1f4a63",
                    "label": "cat",
                    "probability": 0.97,
                    "predictions": [
                        {"label": "cat", "score": 0.97, "logit": 4.1, "threshold": 0.42, "present": True},
                        {"label": "dog", "score": 0.02, "logit": 0.2, "threshold": 0.45, "present": False},
                        {"label": "other", "score": 0.007, "logit": -0.8, "threshold": 0.5, "present": False},
                        {"label": "wildcat", "score": 0.003, "logit": -1.6, "threshold": 0.4, "present": False},
                    ],
                    "preprocessing": [
                        {"step": "decode", "format": "PNG", "mode": "RGBA", "width": 451, "height": 300,
                         "decoded_width": 451, "decoded_height": 300},
                        {"step": "turn", "orientation": 1, "width": 451, "height": 300},
                        {"step": "colour", "mode": "RGBA", "background": "white"},
                        {"step": "crop", "left": 75.5, "top": 0, "right": 375.5, "bottom": 300},
                        {"step": "resize", "width": 128, "height": 128, "scale": 0.427, "filter": "bicubic"},
                    ],
                    "model": {"name": "cat", "version": 1, "digest": "9b1c…"},
                    "device": "cpu",
                    "precision": "float32",
                    "batch_size": 1,
                    "timings_ms": {"receive": 0.2, "decode": 2.1, "queue": 0.1, "compute": 4.6, "total": 7.9},
                    "feature_maps": "/feature-maps?image_id=5f0c7a9d3b1e4c6f8a2d9e0b7c1f4a63",
                }
            ]
        }
    }  # fmt: skip


@router.post(
    "/predict", summary="Is there a cat in this photo?", response_model=PredictAnswer,
    responses=documented(*PHOTO_PROBLEMS), openapi_extra=OPENAPI_BODY,
)  # fmt: skip
async def predict(request: Request, service: Running, engine: Answering) -> Response:
    """Post one image, as the raw body or as the multipart part `file`: `curl -F file=@cat.jpg …/predict`.

    With the Content-Type `application/json` the body is `{"image": "…"}`, in base64 or as a data URL.
    JPEG, PNG, WebP, GIF, BMP and AVIF are read; of an animation, the first picture counts. With the header
    `Cache-Control: no-store` nothing of the photo is kept.
    """
    timings = Timings.of(request)
    photo, keeping = await service.receive(request, engine, timings)
    content = await answer_to(photo, keeping, service, engine, timings)
    with timings.stage("encode"):
        # Not the object itself: FastAPI would check once more what has just been made.
        body = content.model_dump_json()
    headers = {
        "Server-Timing": server_timing(content.timings_ms),
        "Catscan-Model": quote(f"{engine.model.name}/{engine.model.version}"),
    }
    return Response(body, headers=headers, media_type="application/json")


async def answer_to(
    photo: Photo, keeping: Keeping, service: Service, engine: Engine, timings: Timings
) -> PredictAnswer:
    """What the network says of a photo, in full; of one that is kept, also where to look inside."""
    answer = await service.predict(photo.pixels, engine, timings)
    manifest = engine.manifest
    labels, thresholds = manifest.labels, [manifest.threshold(label) for label in manifest.labels]
    scores, logits = answer.probabilities.tolist(), answer.logits.tolist()
    predictions = [
        Prediction(label=label, score=score, logit=logit, threshold=threshold, present=score >= threshold)
        for label, score, logit, threshold in zip(labels, scores, logits, thresholds, strict=True)
    ]
    predictions.sort(key=lambda prediction: -prediction.score)
    kept = await is_kept(keeping, timings)
    return PredictAnswer(
        image_id=photo.image_id,
        label=predictions[0].label,
        probability=predictions[0].score,
        predictions=predictions,
        preprocessing=list(photo.steps),
        model=engine.model,
        device=engine.device,
        precision=engine.precision,
        batch_size=timings.batch_size,
        timings_ms=timings.so_far(),
        feature_maps=f"/feature-maps?image_id={photo.image_id}" if kept else None,
    )
