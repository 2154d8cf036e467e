"""What a picture of feature maps shows, and how its numbers became colours: in words for its text chunks."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from app.pictures.lettering import number_ranges
from app.pictures.scaling import Limits

ScaleName = Literal["layer", "channel", "fixed"]


@dataclass(frozen=True)
class Subject:
    """What the maps are of."""

    layer: str
    kind: str
    channels: tuple[int, ...]  # the numbers of those drawn, in their order
    depth: int  # how many channels the layer has
    range: Limits  # of the whole layer's finite values, as `finite_range` gives it


@dataclass(frozen=True)
class GridFacts:
    """How the numbers became colours; the same stands in the picture and in its text chunks."""

    scale: ScaleName
    limits: tuple[Limits, ...]  # one for all channels, or one for each of them in their order
    colormap: str
    sign: str
    clipped_share: float  # of the finite values drawn, 0 to 1
    not_finite: int  # values drawn that are NaN or infinite

    @cached_property
    def scale_text(self) -> str:
        """The scale's name and its exact numbers: `layer 0.0,3.25`, or `channel 0.0,3.25 0.0,1.5`, one pair each."""
        return " ".join([self.scale, *(f"{float(low)},{float(high)}" for low, high in self.limits)])


def text_chunks(subject: Subject, height: int, width: int, facts: GridFacts) -> dict[str, str]:
    """PNG text chunks, machine-readable: `Channels` and `Scale` as the query says them, numbers in full."""
    return {
        "Layer": subject.layer,
        "Kind": subject.kind,
        "Shape": f"{height},{width},{subject.depth}",
        "Channels": number_ranges(subject.channels).replace(" ", ""),
        "Scale": facts.scale_text,
        "Colormap": facts.colormap,
        "Sign": facts.sign,
        "Clipped": str(facts.clipped_share),
        "Not finite": str(facts.not_finite),
    }
