"""What a query for kernels asks for, and those kernels in the format that it asks for."""

from typing import Annotated

import numpy as np
from fastapi import Header, Query
from numpy.typing import NDArray

from app.errors import ParameterInvalid
from app.formats.picture_query import NAMES, checked_scale
from app.formats.selection import select_channels
from app.formats.tensor_formats import FORMATS, Layout, as_f32, as_json, as_npy, tensor_headers, wanted_format
from app.pictures.coloured_kernels import RGB, draw_in_colour
from app.pictures.grid import draw_grid
from app.pictures.kernels import KernelsOf, as_maps
from app.pictures.layout import TooManyMaps
from app.pictures.scaling import finite_range

Text = str | None
COLOUR = "colour"  # the value of `colormap` that is no table


class KernelQuery:
    """The query of /layers/{layer}/kernels, checked as far as it can be without the network.

    Raises:
        ParameterInvalid, NotAcceptable: saying what was expected and what came.
    """

    def __init__(
        self,
        channels: Annotated[Text, Query(description="filters, such as 0,5-9; all without it", max_length=4096)] = None,
        inputs: Annotated[Text, Query(description="channels they look at; all without it", max_length=4096)] = None,
        epoch: Annotated[
            int | None, Query(ge=0, description="as learnt after so many epochs, of those that GET /snapshots lists")
        ] = None,
        wanted: Annotated[Text, Query(alias="format", description=FORMATS)] = None,
        scale: Annotated[
            str, Query(description="of a PNG's colours: layer, channel, or lo,hi", max_length=64)
        ] = "layer",
        colormap: Annotated[
            Text,
            Query(
                description=f"of a PNG: {NAMES}; or colour, which is the default where the inputs are red, green and "
                "blue. Else RdBu_r"
            ),
        ] = None,
        accept: Annotated[Text, Header(include_in_schema=False)] = None,
    ) -> None:
        self.channels, self.inputs, self.epoch, self.colormap = channels, inputs, epoch, colormap
        self.format, self.scale_text = wanted_format(wanted, accept), scale
        self.scale = checked_scale(scale, None if colormap == COLOUR else colormap)

    def decides(self) -> tuple[object, ...]:
        """All of the query that decides the answer's bytes."""
        return tuple(vars(self).values())

    def chosen(self, shape: tuple[int, ...]) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Inputs and filters asked for, of kernels […, inputs, filters].

        Raises:
            ParameterInvalid: if there are no such ones.
        """
        inputs = select_channels(self.inputs, shape[-2], "inputs")
        return tuple(inputs), tuple(select_channels(self.channels, shape[-1]))


def render_kernels(
    kernels: NDArray[np.float32], layer: str, state: str, in_colour: bool, query: KernelQuery, facts: dict[str, object]
) -> tuple[bytes, dict[str, str]]:
    """Kernels in the query's format, and the headers that describe them.

    Args:
        kernels: all of the layer, [rows, columns, inputs, filters]; or [inputs, units] of a dense one.
        layer: its name.
        state: how far they are learnt, in words.
        in_colour: whether the inputs are red, green and blue.
        query: what is asked for.
        facts: what JSON says besides.

    Raises:
        ParameterInvalid: if there are no such inputs or filters, or a PNG would be too large, or has no colours.
        TooManyNumbers: if JSON would be absurdly long.
    """
    inputs, filters = query.chosen(kernels.shape)
    tensor = kernels[..., inputs, :][..., filters]
    layout: Layout = "HWIO" if tensor.ndim == 4 else "IO"
    headers = tensor_headers(tensor, layout, f"{layer}-kernels", query.format)
    match query.format:
        case "npy":
            return as_npy(tensor), headers
        case "f32":
            return as_f32(tensor), headers
        case "json":
            about: dict[str, object] = {"layer": layer, "state": state, "inputs": inputs, "channels": filters}
            return as_json(tensor, layout, facts | about), headers
        case "png":
            shape = kernels.shape[-2], kernels.shape[-1]
            noun = "filter" if tensor.ndim == 4 else "unit"
            subject = KernelsOf(layer, state, inputs, filters, shape, finite_range(kernels), noun)
            squares = tensor if tensor.ndim == 4 else tensor[None, None]
            return draw(squares, subject, in_colour and inputs == tuple(range(RGB)), query, headers)


def draw(
    kernels: NDArray[np.float32], subject: KernelsOf, in_colour: bool, query: KernelQuery, headers: dict[str, str]
) -> tuple[bytes, dict[str, str]]:
    """A PNG of kernels [rows, columns, inputs, filters]."""
    if query.colormap == COLOUR and not in_colour:
        raise ParameterInvalid(
            f"colormap: expected {NAMES} where the inputs are not red, green and blue; received: {COLOUR}",
            parameter="colormap",
        )
    try:
        if in_colour and query.colormap in (None, COLOUR):
            grid = draw_in_colour(kernels, subject, query.scale)
        else:
            grid = draw_grid(as_maps(kernels), subject, query.scale, query.colormap or "RdBu_r")
    except TooManyMaps as error:
        hint = f"{error.fit} fit: ask for fewer filters or inputs, such as channels=0&inputs=0"
        expected = f"channels: {error.reason}. {hint}"
        raise ParameterInvalid(expected, parameter="channels") from error
    return grid.png, headers | grid.facts.headers
