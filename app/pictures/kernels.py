"""Pictures of kernels: as maps around zero, or, where they look at red, green and blue, in colour."""

from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from app.pictures.colours import COLORMAPS, INK, PAPER, PAPER_RGB, palette
from app.pictures.facts import GridFacts, ScaleName
from app.pictures.heading import Heading
from app.pictures.layout import LABEL_LINE, map_columns
from app.pictures.lettering import LABEL_PX, number, number_ranges
from app.pictures.letters import write
from app.pictures.scaling import Limits, Scale, around_zero, channel_ranges
from app.pictures.sheet import Panel, draw_sheet, enlarged
from app.pictures.subject import which

Kernels = NDArray[np.float32]  # [rows, columns, channels in, filters]
CELL = 56  # pixels along the longer side of a kernel in colour
GAP = 6


@dataclass(frozen=True)
class KernelsOf:
    """Some of a layer's kernels: for each filter one for each of its inputs."""

    layer: str
    state: str  # when: after how many epochs, or trained
    inputs: tuple[int, ...]
    filters: tuple[int, ...]
    shape: tuple[int, int]  # of all: how many inputs, how many filters
    range: Limits  # of all

    @property
    def names(self) -> tuple[str, ...]:
        """The filter's number, the input's, or both, as `filter·input`."""
        if len(self.filters) == 1:
            return tuple(map(str, self.inputs))
        if len(self.inputs) == 1:
            return tuple(map(str, self.filters))
        return tuple(f"{one}·{channel}" for one in self.filters for channel in self.inputs)

    def heading(self, height: int, width: int) -> Heading:
        return Heading(self.layer, f"kernels, {self.state}", f"{height} x {width}  ·  {self.words}")

    @property
    def words(self) -> str:
        inputs, filters = self.shape
        return f"{which(self.filters, filters, 'filter')}, for {which(self.inputs, inputs, 'input')}"

    def texts(self, height: int, width: int) -> dict[str, str]:
        """`Channels` and `Inputs` as the query says them."""
        return {
            "Layer": self.layer,
            "Kind": "kernels",
            "State": self.state,
            "Shape": f"{height},{width},{self.shape[0]},{self.shape[1]}",
            "Channels": number_ranges(self.filters).replace(" ", ""),
            "Inputs": number_ranges(self.inputs).replace(" ", ""),
        }


def as_maps(kernels: Kernels) -> NDArray[np.float32]:
    """The same as [rows, columns, filters times inputs], in the order of `KernelsOf.names`."""
    return np.swapaxes(kernels, 2, 3).reshape(*kernels.shape[:2], -1)


def draw_in_colour(kernels: Kernels, subject: KernelsOf, scale: Scale) -> tuple[bytes, GridFacts]:
    """A PNG of filters that see red, green and blue: each as the small picture that it answers to most.

    Args:
        kernels: [rows, columns, 3, filters].
        subject: what they are.
        scale: which weight is full colour: the layer's largest, each filter's own, or a fixed one.
    """
    height, width, _, count = kernels.shape
    limits = tuple(around_zero(each, diverging=True) for each in ranges_of(kernels, subject, scale))
    reach = np.array([limit.high or 1.0 for limit in limits])
    shares = np.nan_to_num(kernels) / reach
    colours = np.rint(127.5 + 127.5 * np.clip(shares, -1, 1)).astype(np.uint8)
    zoom, columns = max(1, CELL // max(height, width)), map_columns(count)
    down, across = height * zoom + LABEL_LINE + GAP, width * zoom + GAP
    wall = np.full((ceil(count / columns) * down - GAP, columns * across - GAP, 3), PAPER_RGB, np.uint8)
    for place, filter_number in enumerate(subject.filters):
        top, left = place // columns * down, place % columns * across
        wall[top : top + height * zoom, left : left + width * zoom] = enlarged(colours[..., place], CELL)
        label = wall[top + height * zoom :, left : left + width * zoom]
        label[:LABEL_LINE] = lettered(str(filter_number), LABEL_LINE, width * zoom)[: len(label)]
    largest = f"a weight of {number(reach[0])}" if len(limits) == 1 else "a filter's own largest weight"
    caption = "grey is zero", f"{largest} is full red, green or blue, its opposite is none of it"
    name: ScaleName = scale if isinstance(scale, str) else "fixed"
    clipped = int(np.count_nonzero(np.abs(shares) > 1)) / kernels.size
    stray = int(np.count_nonzero(~np.isfinite(kernels)))
    facts = GridFacts(name, limits, "colour", "grey is zero, full colour is above, none of it below", clipped, stray)
    texts = subject.texts(height, width) | facts.chunks
    return draw_sheet(subject.heading(height, width), [Panel(wall, caption)], None, texts), facts


def ranges_of(kernels: Kernels, subject: KernelsOf, scale: Scale) -> tuple[Limits, ...]:
    """One for all filters, or one for each."""
    match scale:
        case "layer":
            return (subject.range,)
        case "channel":
            return channel_ranges(kernels.reshape(-1, 1, kernels.shape[-1]))
        case fixed:
            return (fixed,)


def lettered(text: str, height: int, width: int) -> NDArray[np.uint8]:
    """A number in small letters, uint8 [height, width, 3]."""
    line = np.full((height, width), PAPER, np.uint8)
    write(line, (0, height - 4), text, LABEL_PX, INK)
    return np.frombuffer(palette(COLORMAPS[0]), np.uint8).reshape(-1, 3)[line]
