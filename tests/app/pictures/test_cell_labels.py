import numpy as np
import pytest
from PIL import Image, ImageDraw

from app.pictures.cell_labels import Label, cell_labels, draw_labels, label_widths
from app.pictures.colours import INK, MUTED
from app.pictures.layout import FRAME_WIDTH, GAP, LABEL_LINE, arrange
from app.pictures.lettering import LABEL_PX, font
from app.pictures.scaling import Limits, Maps, channel_ranges

NAN, INF = np.nan, np.inf


def channels_of(*channels: list[float]) -> Maps:
    """Maps of one row, a list of values for each channel."""
    return np.array([channels], np.float32).swapaxes(1, 2)


def notes_of(maps: Maps, own_limits: tuple[Limits, ...] = ()) -> list[str]:
    labels = cell_labels(maps, tuple(map(str, range(maps.shape[2]))), channel_ranges(maps), own_limits)
    return [label.note for label in labels]


def test_maps_are_labelled_with_the_numbers_of_their_channels() -> None:
    maps = channels_of([1, 2], [3, 4])
    assert cell_labels(maps, ("7", "130"), channel_ranges(maps), ()) == [Label("7", ""), Label("130", "")]


def test_dead_constant_and_not_finite_channels_are_said_in_words() -> None:
    maps = channels_of([0, -0.0], [0.5, 0.5], [1, 2], [NAN, INF], [0, NAN])
    assert notes_of(maps) == ["all 0", "all 0.5", "", "not finite", ""]


def test_limits_of_each_channel_are_written_below_it() -> None:
    maps = channels_of([0, 3], [-1, 3], [-4, -3], [-2, 2], [0, 0], [0, NAN])
    limits = (Limits(0, 3), Limits(-1, 3), Limits(-4, 0), Limits(-2, 2), Limits(0, 0), Limits(0, 0))
    assert notes_of(maps, limits) == ["0-3", "-1 to 3", "-4 to 0", "±2", "all 0", "0"]


def test_a_single_value_is_written_as_it_is() -> None:
    assert notes_of(np.array([[[0.25, -3, NAN, -INF, 0]]], np.float32)) == ["0.25", "-3", "nan", "-inf", "0"]


def test_a_note_needs_room_beside_its_number_or_below_it() -> None:
    one_line, two_lines = label_widths([Label("0", ""), Label("12", "all 0")])
    assert two_lines < one_line
    assert label_widths([Label("12", "")]) == (12, 12)  # two digits of 6 pixels


@pytest.mark.parametrize(("count", "label_lines"), [(17, 1), (150, 2)])
def test_each_map_has_its_number_at_its_left_and_its_note_at_its_right_or_below(count: int, label_lines: int) -> None:
    labels = [Label(str(channel), f"-{channel / 7:.2f} to 74") for channel in range(90, 90 + count)]
    layout = arrange(count, 8, 8, label_widths(labels), 0)
    assert layout.label_lines == label_lines
    lines = 8 + 2 * FRAME_WIDTH + label_lines * LABEL_LINE + GAP
    cells = np.zeros((layout.rows, lines, layout.columns, layout.pitch[1]), np.uint8)
    draw_labels(cells, labels, layout)
    image = Image.new("L", (layout.columns * layout.pitch[1], layout.rows * lines))
    pen = ImageDraw.Draw(image)
    for place, label in enumerate(labels):
        left, baseline = place % layout.columns * layout.pitch[1], place // layout.columns * lines + 8 + 14
        pen.text((left, baseline), label.number, INK, font(LABEL_PX), anchor="ls")
        if label_lines == 1:
            pen.text((left + layout.cell_width, baseline), label.note, MUTED, font(LABEL_PX), anchor="rs")
        else:
            pen.text((left, baseline + 14), label.note, MUTED, font(LABEL_PX), anchor="ls")
    assert np.array_equal(cells.reshape(layout.rows * lines, -1), np.asarray(image))
