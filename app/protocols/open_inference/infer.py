"""POST /v2/models/{model}/infer: photos or pixels in, probabilities, classes or what each layer made of them out."""

import asyncio
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, Response

from app.access.rated_photos import count_photos
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
    TooManyNumbers,
    TooManyPhotos,
)
from app.photos.json_bodies import read_beside
from app.photos.uploads import whole_body
from app.problems import documented
from app.protocols.open_inference.content_coding import SMALLEST, deflated, inflated, wanted_coding
from app.protocols.open_inference.openapi import INFERENCE_ANSWER, INFERENCE_BODY
from app.protocols.open_inference.published import MODEL, PROBABILITIES, VERSION, Asked, Published
from app.protocols.open_inference.refusals import AnswerTooLarge, CompressionInvalid, TensorInvalid
from app.protocols.open_inference.reply import Outputs, Reply, check_size, rendered
from app.protocols.open_inference.request import HEADER, Inference, json_length, read_inference
from app.protocols.photos_together import answers_to, pixels_of
from app.scheduling.exchange import BodyTooSlow
from app.service import MODEL_PROBLEMS, Running, Service
from app.timings import Timings, server_timing

PROBLEMS: tuple[type[ServiceError], ...] = (
    BodyTooLarge, BodyTooSlow, CompressionInvalid, JsonInvalid, TensorInvalid, Base64Malformed, PhotoMissing,
    TooManyPhotos, TooManyNumbers, AnswerTooLarge, *PhotoError.__subclasses__(), Overloaded, NotReady, DeadlinePassed,
    *MODEL_PROBLEMS,
)  # fmt: skip
MANY = 4096  # numbers in a reply; more take longer than a millisecond to render, as JSON or as classes
HEADER_WORDS = "how many bytes at the start of the body are JSON; 0: none, the whole body is the input of one photo"
ROUTE: dict[str, Any] = {
    "summary": "What a model makes of photos",
    "responses": INFERENCE_ANSWER | documented(*PROBLEMS, plain=True),
    "openapi_extra": INFERENCE_BODY,
}
router = APIRouter(tags=["open inference protocol"])


@router.post(f"{MODEL}/infer", **ROUTE)
@router.post(f"{VERSION}/infer", **ROUTE)
async def infer(
    request: Request,
    service: Running,
    model: Asked,
    inference_header_content_length: Annotated[str | None, Header(description=HEADER_WORDS)] = None,
) -> Response:
    """Photos go as files to `image` (BYTES: as binary data, or as base64 in JSON), pixels to `images` of NAME-tensor.

    The shortest request: `curl --data-binary @cat.jpg -H 'Inference-Header-Content-Length: 0' …/infer`. One bad photo
    fails the whole request, and is named. Bodies may be compressed by gzip or deflate. Nothing of the photos is kept.
    """
    timings = Timings.of(request)
    length = json_length(inference_header_content_length)
    with timings.stage("receive"):
        body = await plain_body(request, service)
        read = partial(read_inference, length=length, signature=model.signature, most=service.settings.most_photos)
        asked = await read_beside(read, body)
    numbers = check_size(asked.wanted, len(asked.elements))
    request.state.places.take(len(asked.elements))
    await count_photos(request, len(asked.elements))
    request.state.places.hold(numbers * 4)
    outputs = await outputs_of(asked, model, service)
    with timings.stage("render"):
        render = partial(rendered, model, asked, outputs)
        reply = await asyncio.to_thread(render) if numbers > MANY else render()
        response = await response_of(reply, request.headers.get("accept-encoding", ""))
    response.headers["Server-Timing"] = server_timing(timings.so_far())
    return response


async def plain_body(request: Request, service: Service) -> bytes:
    """The body, decompressed.

    Raises:
        BodyTooLarge, CompressionInvalid, Overloaded: if it cannot be had, or not now.
    """
    most = service.settings.max_body_bytes
    body = await whole_body(request, most)
    coding = request.headers.get("content-encoding", "").strip().lower()
    if coding in ("", "identity"):
        return body
    plain = await asyncio.to_thread(inflated, body, coding, most)
    request.state.places.hold(max(0, len(plain) - len(body)))  # those of the body are counted already
    return plain


async def outputs_of(asked: Inference, model: Published, service: Service) -> Outputs:
    """The outputs that are asked for, each photo by photo.

    Raises:
        PhotoError: naming the first photo that is none.
    """
    photos, engine = list(asked.elements), model.engine
    if model.kind != "features":
        return {PROBABILITIES: [answer.probabilities for answer in await answers_to(photos, service, engine)]}
    timings = [Timings() for _ in photos]
    inputs = await pixels_of(photos, service, engine, timings)
    names = [wanted.tensor.name for wanted in asked.wanted]
    looks = [engine.layers(pixels, names, each) for pixels, each in zip(inputs, timings, strict=True)]
    maps = await asyncio.gather(*looks)
    for each in timings:
        service.metrics.stages(each.stages)
    return {name: [layers[name] for layers in maps] for name in names}


async def response_of(reply: Reply, accept_encoding: str) -> Response:
    """A reply as its client wants it: compressed, if it says so and that is worth it."""
    body, headers = reply.body, {"Vary": "Accept-Encoding"}
    media_type = "application/json"
    if reply.json_length is not None:
        headers[HEADER], media_type = str(reply.json_length), "application/octet-stream"
    coding = wanted_coding(accept_encoding) if len(body) >= SMALLEST else None
    if coding is not None:
        headers["Content-Encoding"] = coding
        body = await asyncio.to_thread(deflated, body, coding)
    return Response(body, headers=headers, media_type=media_type)
