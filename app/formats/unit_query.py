"""Which number of the network a query means: a layer, a channel and a place, or a unit of a vector."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import Query

from app.errors import ParameterInvalid
from app.formats.selection import select_output
from model.manifest import Manifest
from model.receipts.unit import Unit, check_unit

LAYER = "its name, as GET /layers gives it, or images for the pixels that the network sees"
Index = int | None


class UnitQuery:
    """The query of what is about one number; `checked` holds it to the network."""

    def __init__(
        self,
        layer: Annotated[str, Query(description=LAYER, max_length=64, examples=["conv1"])],
        channel: Annotated[
            Index, Query(description="of the layer's maps, from 0; or the unit of a vector", examples=[3])
        ] = None,
        y: Annotated[
            Index, Query(description="row of the map, from 0 at the top; none for a vector", examples=[10])
        ] = None,
        x: Annotated[Index, Query(description="column, from 0 at the left; none for a vector", examples=[12])] = None,
        unit: Annotated[Index, Query(description="of a vector, such as the logits: another word for channel")] = None,
    ) -> None:
        self.layer, self.channel, self.y, self.x, self.unit = layer, channel, y, x, unit

    def checked(self, manifest: Manifest, any_channel: bool = False) -> Unit:
        """The unit, which the network has.

        Args:
            manifest: the network's.
            any_channel: whether one need not be named where all channels of a place are alike.

        Raises:
            LayerUnknown: if the network has no such layer.
            ParameterInvalid: naming what is missing or wrong.
        """
        shape = select_output(self.layer, manifest).shape
        if self.unit is not None and (len(shape) == 3 or self.channel not in (None, self.unit)):
            expected = (
                "channel, y and x, for a layer with maps" if len(shape) == 3 else f"the same as channel, {self.channel}"
            )
            raise ParameterInvalid(f"unit: expected {expected}; received: {self.unit}", parameter="unit")
        channel = self.unit if self.channel is None else self.channel
        if channel is None:
            record = manifest.layer(self.layer)
            if not any_channel or (record is not None and record.receptive_field is None):
                expected = f"channel: expected 0 to {shape[-1] - 1}, as {self.layer} has; received: nothing"
                raise ParameterInvalid(expected, parameter="channel")
            channel = 0
        unit = Unit(self.layer, channel, self.y, self.x)
        try:
            check_unit(unit, shape)
        except ValueError as error:
            name, colon, detail = str(error).partition(":")
            name = "unit" if name == "channel" and self.channel is None else name  # as the query calls it
            raise ParameterInvalid(name + colon + detail, parameter=name) from error
        return unit


def link(path: str, image_id: str, unit: Unit, **more: str) -> str:
    """Where something about a unit is found."""
    asked = {"image_id": image_id, "layer": unit.layer, "channel": unit.channel, "y": unit.y, "x": unit.x, **more}
    return f"{path}?" + urlencode({name: value for name, value in asked.items() if value is not None})


def template(path: str, image_id: str, placed: bool) -> str:
    """The same as a URI template (RFC 6570) of layer and channel, and of y and x where units have places."""
    fields = ("layer", "channel", "y", "x") if placed else ("layer", "channel")
    return f"{path}?{urlencode({'image_id': image_id})}" + "".join(f"&{name}={{{name}}}" for name in fields)
