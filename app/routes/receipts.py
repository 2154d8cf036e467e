"""GET /receipts: one number of the network, added up from everything that it is made of."""

from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request, Response

from app.engine import Engine, Pixels
from app.errors import (
    DeadlinePassed,
    LayerUnknown,
    NotReady,
    Overloaded,
    ParameterInvalid,
    TooManyNumbers,
)
from app.formats.receipt_answer import Links, ReceiptAnswer, ReceiptPrecision, receipt_json
from app.formats.seen_pixels import seen_pixels
from app.formats.selection import select_output
from app.formats.unit_query import UnitQuery, link, template
from app.photos.photo import Photo
from app.problems import documented
from app.routes.caching import IfNoneMatch, cached
from app.service import RECALL_PROBLEMS, AskedAbout
from app.timings import Timings, server_timing
from model.manifest import IMAGES, Manifest
from model.receipts.receipt import Receipt, receipt, receipt_of_pixel
from model.receipts.unit import Unit
from model.receptive_field import seen_by
from model.uses import uses

if TYPE_CHECKING:
    from model.artifact import Artifact

router = APIRouter(tags=["inside"])


@router.get(
    "/receipts",
    summary="What one number of the network is the sum of",
    response_model=ReceiptAnswer,
    responses=documented(
        *RECALL_PROBLEMS, LayerUnknown, ParameterInvalid, TooManyNumbers, Overloaded, NotReady, DeadlinePassed
    ),
)
async def get_receipt(
    request: Request,
    asked_about: AskedAbout,
    asked: Annotated[UnitQuery, Depends()],
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Every number of every layer is a sum of products, or the largest of a few, or a share: here they all are.

    A unit is named by layer, channel, y and x, or by layer and unit where its output is a vector. Each term has a
    receipt of its own, back to the pixels of the layer `images`.
    """
    timings = Timings.of(request)
    photo, engine = asked_about.photo, asked_about.engine
    unit = asked.checked(engine.manifest)
    headers, had = cached(asked_about, ("receipts", unit), if_none_match)
    if had:
        return Response(status_code=304, headers=headers)
    precision = ReceiptPrecision(**dict(await engine.precision_facts(photo.pixels, timings)))
    facts = facts_about(engine, photo, unit) | {"precision": precision.model_dump()}
    body = await engine.look(partial(made_out, photo.pixels, unit, facts), timings)
    headers |= {"Catscan-Image-Id": photo.image_id, "Catscan-Device": engine.device}
    headers["Server-Timing"] = server_timing(timings.so_far())
    return Response(body, headers=headers, media_type="application/json")


def made_out(pixels: Pixels, unit: Unit, facts: dict[str, object], artifact: "Artifact") -> bytes:
    """A `ReceiptAnswer` of a unit for one network input, as JSON."""
    return receipt_json(receipt_for(pixels, unit, artifact), facts)


def receipt_for(pixels: Pixels, unit: Unit, artifact: "Artifact") -> Receipt:
    record = artifact.manifest.layer(unit.layer)
    if record is None:
        return receipt_of_pixel(pixels, unit)
    tensors, weights = artifact.layers(pixels[None]), artifact.weights(record.name)
    before = pixels if record.input == IMAGES else tensors[record.input].numpy()[0]
    return receipt(record, before, weights, tensors[record.name].numpy()[0], unit, label_of(unit, artifact.manifest))


def label_of(unit: Unit, manifest: Manifest) -> str | None:
    """The class that a unit stands for: those of the logits and of the probabilities do."""
    last = {layer.name for layer in manifest.layers[-2:]}
    return manifest.labels[unit.channel] if unit.layer in last else None


def facts_about(engine: Engine, photo: Photo, unit: Unit) -> dict[str, object]:
    """What a `ReceiptAnswer` says of where a unit lies, and where to go from there."""
    manifest, image_id = engine.manifest, photo.image_id
    layers = manifest.layers
    seen = seen_by(layers, (manifest.height, manifest.width), unit)
    number = next((number for number, layer in enumerate(layers) if layer.name == unit.layer), -1)
    after = layers[number + 1] if number + 1 < len(layers) else None
    used = uses(after, unit, select_output(unit.layer, manifest).shape)
    before = layers[number].input if number >= 0 else None
    links = Links(
        term=before and template("/receipts", image_id, placed=len(select_output(before, manifest).shape) == 3),
        use=used and template("/receipts", image_id, placed=used.y is not None),
        maps=f"/feature-maps?image_id={image_id}&layer={quote(unit.layer)}&channels={unit.channel}",
        before=before and f"/feature-maps?image_id={image_id}&layer={quote(before)}",
        receptive_field=link("/receptive-fields", image_id, unit, format="png"),
    )
    return {
        "image_id": image_id,
        "model": engine.model.model_dump(),
        "label": label_of(unit, manifest),
        "receptive_field": seen_pixels(seen, photo).model_dump(),
        "used_by": asdict(used) if used else None,
        "links": links.model_dump(),
    }
