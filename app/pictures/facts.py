"""How a picture's numbers became colours: in words for its text chunks, and for the headers of an answer."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from app.pictures.scaling import Limits

MOST_LETTERS = 3000  # of a header: many proxies let through 4096 bytes of all headers together
ScaleName = Literal["layer", "channel", "map", "fixed"]


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

    @property
    def chunks(self) -> dict[str, str]:
        """PNG text chunks, machine-readable: `Scale` as the query says it, numbers in full."""
        return {
            "Scale": self.scale_text,
            "Colormap": self.colormap,
            "Sign": self.sign,
            "Clipped": str(self.clipped_share),
            "Not finite": str(self.not_finite),
        }

    @property
    def headers(self) -> dict[str, str]:
        """The same for HTTP, as far as a client needs it to read colours; too many limits are in the chunks only."""
        scale = self.scale_text if len(self.scale_text) <= MOST_LETTERS else self.scale
        return {"Map-Scale": scale, "Map-Colormap": self.colormap, "Map-Sign": self.sign}
