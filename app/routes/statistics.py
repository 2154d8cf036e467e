"""GET /feature-maps/statistics: each channel of a layer in numbers, in an order that is said."""

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal
from urllib.parse import urlencode

import numpy as np
from fastapi import APIRouter, Query, Request, Response
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from app.engine import Pixels
from app.errors import DeadlinePassed, LayerUnknown, NotReady, Overloaded, ParameterInvalid
from app.formats.model_facts import ModelFacts
from app.formats.selection import select_label, select_layer
from app.problems import documented
from app.routes.caching import IfNoneMatch, cached
from app.service import RECALL_PROBLEMS, AskedAbout
from app.timings import Timings, server_timing
from model.manifest import LayerRecord

if TYPE_CHECKING:
    from model.artifact import Artifact

Order = Literal["index", "variance", "effect"]
router = APIRouter(tags=["inside"])


class Strongest(BaseModel):
    """The largest value of a channel, and its first place; a vector's values have no place."""

    value: float
    y: int | None
    x: int | None


class ChannelStatistics(BaseModel):
    """One channel's output for this photo."""

    channel: int
    minimum: float
    maximum: float
    mean: float
    deviation: float = Field(description="standard deviation of its values")
    zero_share: float = Field(description="share of values that are exactly zero")
    silent: bool = Field(description="whether all its values are exactly zero, for this photo")
    strongest: Strongest
    effect: float | None = Field(
        description="gradient times value, summed over its places: how much of the label's logit it seems to carry; "
        "none after the logits. GET /ablations says what really happens without it"
    )


class Statistics(BaseModel):
    image_id: str
    model: ModelFacts
    layer: str
    kind: str
    shape: tuple[int, ...] = Field(description="height, width, channels; or units")
    label: str = Field(description="whose logit the effects are on")
    sort: Order = Field(description="the channels' order: by number, or the largest variance or effect first")
    channels: list[ChannelStatistics]
    feature_maps: str = Field(description="the maps in this order")


@router.get(
    "/feature-maps/statistics",
    summary="Each channel of a layer in numbers",
    response_model=Statistics,
    responses=documented(*RECALL_PROBLEMS, LayerUnknown, ParameterInvalid, Overloaded, NotReady, DeadlinePassed),
)
async def statistics(
    request: Request,
    asked_about: AskedAbout,
    layer: Annotated[str, Query(description="its name, as GET /layers gives it")],
    sort: Annotated[Order, Query(description="the channels' order")] = "index",
    label: Annotated[str | None, Query(description="whose logit the effects are on; the most probable's")] = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Range, mean, share of zeros, strongest place and effect of every channel; none is left out."""
    timings = Timings.of(request)
    photo, engine = asked_about.photo, asked_about.engine
    manifest = engine.manifest
    record, chosen = select_layer(layer, manifest), select_label(label, manifest)
    if sort == "effect" and record is manifest.layers[-1]:
        raise ParameterInvalid("sort: expected index or variance after the logits; received: effect", parameter="sort")
    headers, had = cached(asked_about, ("statistics", layer, sort, label), if_none_match)
    if had:
        return Response(status_code=304, headers=headers)
    seen = await engine.look(partial(look_at_channels, photo.pixels, record, chosen), timings)
    with timings.stage("render"):
        order = sort_channels(seen, sort)
        link = {"image_id": photo.image_id, "layer": layer, "channels": ",".join(map(str, order)), "format": "png"}
        found = Statistics(
            image_id=photo.image_id,
            model=engine.model,
            layer=layer,
            kind=record.kind,
            shape=record.shape,
            label=manifest.labels[seen.label],
            sort=sort,
            channels=describe_channels(seen, order),
            feature_maps="/feature-maps?" + urlencode(link, safe=","),
        )
    headers["Server-Timing"] = server_timing(timings.so_far())
    return Response(found.model_dump_json(), headers=headers, media_type="application/json")


@dataclass(frozen=True)
class Seen:
    """A layer's output, [height, width, channels] or [units], and what each channel does for a label's logit."""

    output: NDArray[np.float32]
    label: int
    effects: NDArray[np.float32] | None  # none after the logits

    @property
    def by_place(self) -> NDArray[np.float32]:
        """[places, channels], row by row."""
        return self.output.reshape(-1, self.output.shape[-1])


def look_at_channels(pixels: Pixels, record: LayerRecord, label: int | None, artifact: "Artifact") -> Seen:
    """What there is to say of a layer; the label is the most probable one if none is given."""
    from model.explanations.effect import effect

    outputs = artifact.layers(pixels[None])
    output, last = outputs[record.name].numpy()[0], artifact.manifest.layers[-1]
    if label is None:
        label = int(outputs[last.name].numpy()[0].argmax())
    effects = None if record is last else effect(artifact.tail(record.name), output, label)
    return Seen(output, label, effects)


def sort_channels(seen: Seen, sort: Order) -> list[int]:
    """The channels' numbers; of equals the lower first."""
    values = seen.by_place
    by = {"index": np.zeros(values.shape[1]), "variance": values.var(axis=0, dtype=np.float64), "effect": seen.effects}
    largest = by[sort]
    assert largest is not None
    order: list[int] = np.argsort(-largest, kind="stable").tolist()
    return order


def describe_channels(seen: Seen, order: list[int]) -> list[ChannelStatistics]:
    values = seen.by_place
    size, places = len(values), strongest_places(seen.output)
    means, deviations = values.mean(axis=0, dtype=np.float64).tolist(), values.std(axis=0, dtype=np.float64).tolist()
    least, greatest = values.min(axis=0).tolist(), values.max(axis=0).tolist()
    used = np.count_nonzero(values, axis=0).tolist()
    effects = [None] * len(places) if seen.effects is None else seen.effects.tolist()
    return [
        ChannelStatistics(
            channel=channel,
            minimum=least[channel],
            maximum=greatest[channel],
            mean=means[channel],
            deviation=deviations[channel],
            zero_share=1 - used[channel] / size,
            silent=not used[channel],
            strongest=Strongest(value=greatest[channel], y=places[channel][0], x=places[channel][1]),
            effect=effects[channel],
        )
        for channel in order
    ]


def strongest_places(output: NDArray[np.float32]) -> list[tuple[int | None, int | None]]:
    """Where each channel is largest, row and column; a vector's units have no place."""
    if output.ndim == 1:
        return [(None, None)] * len(output)
    first = output.reshape(-1, output.shape[-1]).argmax(axis=0)
    return [divmod(place, output.shape[1]) for place in first.tolist()]
