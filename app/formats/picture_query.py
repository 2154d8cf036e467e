"""What a query says of a picture's colours."""

from app.errors import ParameterInvalid
from app.pictures.colours import COLORMAPS, find_colormap
from app.pictures.scaling import Scale, parse_scale

NAMES = ", ".join(colormap.name for colormap in COLORMAPS)


def checked_scale(scale: str, colormap: str | None) -> Scale:
    """The scale that a query names.

    Raises:
        ParameterInvalid: if it is none, or there is no such colour map; naming the parameter.
    """
    try:
        found = parse_scale(scale)
        if colormap is not None:
            find_colormap(colormap)
    except ValueError as error:
        raise ParameterInvalid(str(error), parameter=str(error).partition(":")[0]) from error
    return found
