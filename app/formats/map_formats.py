"""What a query for feature maps asks for, and a layer's maps in the format that it asks for."""

from typing import Annotated
from urllib.parse import urlencode

import numpy as np
from fastapi import Header, Query
from numpy.typing import NDArray

from app.errors import ParameterInvalid
from app.formats.picture_query import NAMES, checked_scale
from app.formats.selection import Output, select_channels, select_range
from app.formats.tensor_formats import FORMATS, Layout, as_f32, as_json, as_npy, tensor_headers, wanted_format
from app.pictures.colours import default_colormap
from app.pictures.grid import draw_grid
from app.pictures.lettering import number_ranges
from app.pictures.scaling import finite_range
from app.pictures.subject import MapsOf

SCALES = "of the PNG's colours: layer (one range for all its channels), channel (each its own), or two numbers lo,hi"
Text = str | None


class MapsQuery:
    """The query of /feature-maps, checked as far as it can be without the network.

    Raises:
        ParameterInvalid, NotAcceptable: saying what was expected and what came.
    """

    def __init__(
        self,
        layer: Annotated[Text, Query(description="its name, as GET /layers gives it", examples=["conv1"])] = None,
        channels: Annotated[
            Text, Query(description="such as 0,5-9; all without it", max_length=4096, examples=["0,5-9"])
        ] = None,
        y: Annotated[Text, Query(description="rows of maps, such as 7 or 5-9; all without it", max_length=16)] = None,
        x: Annotated[Text, Query(description="columns, likewise", max_length=16)] = None,
        wanted: Annotated[Text, Query(alias="format", description=FORMATS)] = None,
        scale: Annotated[str, Query(description=SCALES, max_length=64)] = "layer",
        colormap: Annotated[
            Text,
            Query(description=f"{NAMES}; without it, viridis where no value can be negative, else RdBu_r around zero"),
        ] = None,
        accept: Annotated[Text, Header(include_in_schema=False)] = None,
    ) -> None:
        self.layer, self.channels, self.colormap = layer, channels, colormap
        self.y, self.x = y, x
        self.format = wanted_format(wanted, accept) if layer is not None or wanted is not None else "json"
        if layer is None and self.format != "json":
            expected = "json for the list of all layers, or a layer to give in another format"
            raise ParameterInvalid(f"format: expected {expected}; received: {wanted!r}", parameter="format")
        self.scale_text = scale
        self.scale = checked_scale(scale, colormap)

    def selected(self, layer: Output) -> list[int]:
        """The channels asked for; raises ParameterInvalid if the layer lacks one."""
        return select_channels(self.channels, layer.shape[-1])

    def places(self, layer: Output) -> tuple[range, range] | None:
        """The rows and columns asked for; None for a vector, which has no places.

        Raises:
            ParameterInvalid: if the layer lacks one of them, or has none at all.
        """
        if len(layer.shape) == 3:
            return select_range(self.y, layer.shape[0], "y"), select_range(self.x, layer.shape[1], "x")
        for parameter, chosen in (("y", self.y), ("x", self.x)):
            if chosen is not None:
                expected = f"{parameter}: expected none for {layer.name}, whose output has no places"
                raise ParameterInvalid(f"{expected}; received: {chosen!r}", parameter=parameter)
        return None

    def decides(self) -> tuple[Text, ...]:
        """All of the query that decides the answer's bytes."""
        return self.layer, self.channels, self.y, self.x, self.format, self.scale_text, self.colormap

    def link(self, image_id: str) -> str:
        """The same question about a photo that is known by its id."""
        asked = {
            "image_id": image_id, "layer": self.layer, "channels": self.channels, "y": self.y, "x": self.x,
            "format": self.format, "scale": self.scale_text, "colormap": self.colormap,
        }  # fmt: skip
        return "/feature-maps?" + urlencode({name: value for name, value in asked.items() if value is not None})


def render(
    values: NDArray[np.float32], layer: Output, query: MapsQuery, facts: dict[str, object]
) -> tuple[bytes, dict[str, str]]:
    """The chosen part of a layer's output in the query's format, and the headers that describe it.

    Args:
        values: float32 [height, width, channels] or [units].
        layer: that gave them.
        query: what is asked for.
        facts: what JSON says besides the layer.

    Raises:
        TooManyNumbers: if JSON would be absurdly long.
        ParameterInvalid: if a PNG would be too large.
    """
    channels, places = query.selected(layer), query.places(layer)
    tensor = values[..., channels]
    if places:
        rows, columns = places
        tensor = tensor[rows.start : rows.stop, columns.start : columns.stop]
    layout: Layout = "HWC" if tensor.ndim == 3 else "C"
    headers = tensor_headers(tensor, layout, layer.name, query.format)
    match query.format:
        case "npy":
            return as_npy(tensor), headers
        case "f32":
            return as_f32(tensor), headers
        case "json":
            about: dict[str, object] = {"layer": layer.name, "kind": layer.kind, "channels": channels}
            if places and part_words(places, layer):
                about |= {name: [part[0], part[-1]] for name, part in zip("yx", places, strict=True)}
            return as_json(tensor, layout, facts | about), headers
        case "png":
            part = part_words(places, layer)
            subject = MapsOf(layer.name, layer.kind, tuple(channels), layer.shape[-1], finite_range(values), part)
            maps = tensor if tensor.ndim == 3 else tensor[None, None, :]
            try:
                grid = draw_grid(
                    maps, subject, query.scale, query.colormap or default_colormap(layer.kind, layer.signed)
                )
            except ValueError as error:
                raise ParameterInvalid(str(error)) from error
            return grid.png, headers | grid.facts.headers


def part_words(places: tuple[range, range] | None, layer: Output) -> str:
    """Which rows and columns are shown; nothing if all are."""
    if places is None or tuple(map(len, places)) == layer.shape[:2]:
        return ""
    rows, columns = (number_ranges(part) for part in places)
    return f"rows {rows}, columns {columns} of {layer.shape[0]} x {layer.shape[1]}"
