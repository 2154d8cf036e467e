"""Where everything in a picture of feature maps lies; all in pixels."""

from dataclasses import dataclass
from math import ceil, sqrt

LEAST_MAP = 64  # a smaller map is enlarged to at least this on its longer side
MOST_ENLARGED = 384  # and not enlarged beyond this
WIDE = 1136  # few maps are enlarged until they fill this width
TILE_WIDTHS = (64, 189)  # of a single number's tile
MOST_PIXELS = 16_000_000

MARGIN = 28
GAP = 12  # between two cells
FRAME_WIDTH = 1
LABEL_LINE = 16
HEADER = 90  # from the upper edge to the first cell
FOOTER = 108  # from the last cell to the lower edge
LEGEND_GAP = 22  # from the last cell to the legend


class TooManyMaps(ValueError):
    """The picture would be too large; `fit` is how many maps would not be too many."""

    def __init__(self, reason: str, fit: int) -> None:
        hint = (
            f"{fit} fit: ask for fewer, such as channels=0-{fit - 1}" if fit else "Not even one fits: ask for numbers"
        )
        super().__init__(f"channels: {reason}. {hint}")
        self.reason, self.fit = reason, fit


@dataclass(frozen=True)
class Layout:
    """A grid of equal cells, each a map in a frame with its labels below."""

    count: int
    columns: int
    zoom: tuple[int, int]  # pixels down and across for one value
    map_size: tuple[int, int]  # height and width as drawn, without the frame
    cell_width: int
    label_lines: int
    least_width: int

    @property
    def rows(self) -> int:
        return ceil(self.count / self.columns)

    @property
    def pitch(self) -> tuple[int, int]:
        """From one cell to the next, down and across."""
        return self.map_size[0] + 2 * FRAME_WIDTH + self.label_lines * LABEL_LINE + GAP, self.cell_width + GAP

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the whole picture."""
        grid_height, grid_width = self.rows * self.pitch[0] - GAP, self.columns * self.pitch[1] - GAP
        return HEADER + grid_height + FOOTER, 2 * MARGIN + max(grid_width, self.least_width)

    @property
    def pixels(self) -> int:
        return self.size[0] * self.size[1]


def arrange(count: int, height: int, width: int, label_widths: tuple[int, int], least_width: int) -> Layout:
    """Lays out `count` maps of height x width values.

    Args:
        count: at least 1.
        height: of a map, in values; 1 x 1 maps are drawn as tiles.
        width: likewise.
        label_widths: of the widest label on one line, and of the widest half of one on two lines.
        least_width: for what stands above and below the cells.

    Raises:
        TooManyMaps: if the picture would have more than MOST_PIXELS.
    """
    layout = lay_out(count, height, width, label_widths, least_width)
    if layout.pixels <= MOST_PIXELS:
        return layout
    needed = f"{count} of {height} x {width}, which need {layout.pixels}"
    raise TooManyMaps(
        f"expected few enough for a picture of at most {MOST_PIXELS} pixels; received: {needed}",
        most_that_fit(count, height, width, label_widths, least_width),
    )


def most_that_fit(
    count: int, height: int, width: int, label_widths: tuple[int, int] = (0, 0), least_width: int = 0
) -> int:
    """How many of `count` maps are not too many for a picture; without labels, they are at least as many as with."""
    fit, too_many = 0, count + 1
    middle = count
    while too_many - fit > 1:
        fits = lay_out(middle, height, width, label_widths, least_width).pixels <= MOST_PIXELS
        fit, too_many = (middle, too_many) if fits else (fit, middle)
        middle = (fit + too_many) // 2
    return fit


def lay_out(count: int, height: int, width: int, label_widths: tuple[int, int], least_width: int) -> Layout:
    vector = height == width == 1
    columns = tile_columns(count) if vector else map_columns(count)
    room = WIDE // columns - GAP - 2 * FRAME_WIDTH
    zoom = tile_zoom(room) if vector else map_zoom(height, width, room)
    map_height, map_width = height * zoom[0], width * zoom[1]
    framed = map_width + 2 * FRAME_WIDTH
    label_lines = 1 if label_widths[0] <= framed else 2
    cell_width = max(framed, label_widths[label_lines - 1])
    return Layout(count, columns, zoom, (map_height, map_width), cell_width, label_lines, least_width)


def map_columns(count: int) -> int:
    """Near square, rather wide than high."""
    root = ceil(sqrt(count))
    return fullest(count, root, root * 3 // 2)


def tile_columns(count: int) -> int:
    """One row while 16 columns are enough."""
    return count if count <= 16 else max(fullest(count, 8, 16), map_columns(count))


def fullest(count: int, least: int, most: int) -> int:
    """The number of columns that leaves the fewest places empty."""
    return min(range(least, most + 1), key=lambda columns: (-count % columns, columns))


def map_zoom(height: int, width: int, room: int) -> tuple[int, int]:
    """The same whole number both ways, so that every value stays a square."""
    longer = max(height, width)
    zoom = max(1, ceil(LEAST_MAP / longer), min(room // width, MOST_ENLARGED // longer))
    return zoom, zoom


def tile_zoom(room: int) -> tuple[int, int]:
    least, most = TILE_WIDTHS
    across = min(max(room, least), most)
    return across * 5 // 8, across
