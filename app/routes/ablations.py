"""GET /ablations: what the network answers with channels of a layer switched off."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated

import numpy as np
from fastapi import APIRouter, Query, Request, Response
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from app.engine import Pixels
from app.errors import DeadlinePassed, LayerUnknown, NotReady, Overloaded, ParameterInvalid
from app.formats.model_facts import ModelFacts, PrecisionFacts
from app.formats.selection import select_channels, select_layer
from app.problems import documented
from app.routes.caching import IfNoneMatch, cached
from app.service import RECALL_PROBLEMS, AskedAbout
from app.timings import Timings, server_timing
from model.manifest import LayerRecord

if TYPE_CHECKING:
    from model.artifact import Artifact

router = APIRouter(tags=["inside"])


class Answered(BaseModel):
    """What the network answers, by label."""

    logits: dict[str, float]
    probabilities: dict[str, float]


class WithoutChannels(Answered):
    channels: list[int] = Field(description="that were set to zero, together")
    differences: dict[str, float] = Field(description="of the logits: without these channels, less with all")


class Ablations(BaseModel):
    image_id: str
    model: ModelFacts
    precision: PrecisionFacts
    layer: str
    before: Answered = Field(description="with all channels, computed the same way: in float32")
    without: list[WithoutChannels]


@router.get(
    "/ablations",
    summary="What would the network say without these channels?",
    response_model=Ablations,
    responses=documented(*RECALL_PROBLEMS, LayerUnknown, ParameterInvalid, Overloaded, NotReady, DeadlinePassed),
)
async def ablations(
    request: Request,
    asked_about: AskedAbout,
    layer: Annotated[str, Query(description="its name, as GET /layers gives it")],
    channels: Annotated[str | None, Query(description="such as 0,5-9; all without it", max_length=4096)] = None,
    each: Annotated[bool, Query(description="one answer for each channel alone, not one for all together")] = False,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Sets channels of a layer's output to zero, and computes the rest of the network anew: cause and effect.

    Every other view shows what a channel looks like; this one shows what it does.
    """
    timings = Timings.of(request)
    photo, engine = asked_about.photo, asked_about.engine
    record = select_layer(layer, engine.manifest)
    chosen = select_channels(channels, record.shape[-1])
    if record.kind == "softmax":
        raise ParameterInvalid(f"layer: expected one before the probabilities; received: {layer!r}", parameter="layer")
    headers, had = cached(asked_about, ("ablations", layer, chosen, each), if_none_match)
    if had:
        return Response(status_code=304, headers=headers)
    precision = await engine.precision_facts(photo.pixels, timings)
    sets = [[channel] for channel in chosen] if each else [chosen]
    ablation = await engine.look(partial(ablated, photo.pixels, record, sets), timings)
    with timings.stage("render"):
        labels = engine.manifest.labels
        before, *without = (answered(labels, *row) for row in zip(*ablation, strict=True))
        rows = [
            WithoutChannels(
                channels=off,
                logits=after.logits,
                probabilities=after.probabilities,
                differences={label: after.logits[label] - before.logits[label] for label in labels},
            )
            for off, after in zip(sets, without, strict=True)
        ]
        found = Ablations(
            image_id=photo.image_id, model=engine.model, precision=precision, layer=layer, before=before, without=rows
        )
    headers["Server-Timing"] = server_timing(timings.so_far())
    return Response(found.model_dump_json(), headers=headers, media_type="application/json")


def ablated(
    pixels: Pixels, record: LayerRecord, sets: list[list[int]], artifact: "Artifact"
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Logits and probabilities, [1 + sets, labels] each: of the photo as it is, and with each set switched off."""
    from model.explanations.ablation import ablate

    output = artifact.layers(pixels[None])[record.name].numpy()[0]
    ablation = ablate(artifact.tail(record.name), output, sets)
    logits = np.vstack([ablation.before, ablation.after])
    last = artifact.manifest.layers[-1]
    return logits, artifact.tail(last.input, last.name)(logits).numpy()


def answered(labels: Sequence[str], logits: NDArray[np.float32], probabilities: NDArray[np.float32]) -> Answered:
    return Answered(
        logits=dict(zip(labels, logits.tolist(), strict=True)),
        probabilities=dict(zip(labels, probabilities.tolist(), strict=True)),
    )
