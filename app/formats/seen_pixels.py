"""What a unit can see, as boxes: on the network's input, on the photo, and in the file."""

from dataclasses import asdict

from pydantic import BaseModel, Field

from app.photos.photo import Photo
from model.receptive_field import Seen, in_file, on_photo


class PixelBox(BaseModel):
    """Edges in pixels from the upper left corner: the first pixel of all is the box 0, 0, 1, 1."""

    left: float
    top: float
    right: float
    bottom: float


class SeenPixels(BaseModel):
    """The part of the photo that the unit can see; nothing outside of it has a say in the unit's number."""

    network: PixelBox = Field(
        description="on the network's input; it may reach over the edge, for a layer's windows are all of one size"
    )
    clipped: PixelBox = Field(description="what of it lies on the network's input")
    padding: bool = Field(description="whether it reaches over the edge, where there is no photo")
    photo: PixelBox = Field(description="the clipped box in pixels of the photo as posted, held upright")
    file: PixelBox = Field(description="the same in pixels as the file has them, before the camera's turn is undone")


def seen_pixels(seen: Seen, photo: Photo) -> SeenPixels:
    """The box of a unit, in every way in which it can be told."""
    return SeenPixels(
        network=PixelBox(**asdict(seen.box)),
        clipped=PixelBox(**asdict(seen.clipped)),
        padding=seen.padding,
        photo=PixelBox(**asdict(on_photo(seen.clipped, photo.steps))),
        file=PixelBox(**asdict(in_file(seen.clipped, photo.steps))),
    )
