"""Where the boxes of units lie: on the network's input, on the upright photo and in the file."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from model.artifact import Artifact
from model.geometry import describe
from model.layers import AveragePooling, Convolution, Dense, Flatten, GlobalAveragePooling, ReLU, Softmax, Table
from model.preprocessing import ORIENTATION_TAG, Cropped, Resized, Turned, preprocess
from model.receipts.unit import Unit
from model.receptive_field import Box, Seen, in_file, on_photo, seen_by, seen_sentence
from tests.model.artifacts import noise

LAST: Table = (Dense("logits"), Softmax("probabilities"))
SIZE = (7, 10)
CROPPED = Cropped(left=50, top=0, right=350, bottom=300)
RESIZED = Resized(width=100, height=150, scale=1 / 3)  # 3 of the photo's pixels across for one, and 2 down

NETWORK = describe(
    (Convolution("conv1", filters=4, stride=2), ReLU("relu1"), GlobalAveragePooling("average"), *LAST), 2, *SIZE
)
FLAT = describe(
    (
        Convolution("conv1", filters=2), AveragePooling("shrink", size=3, stride=3), Flatten("flatten"), ReLU("relu1"),
        Dense("dense", units=5), ReLU("relu2"), *LAST,
    ), 2, *SIZE,
)  # fmt: skip


def test_a_pixel_sees_itself() -> None:
    pixel = Box(9, 6, 10, 7)
    assert seen_by(NETWORK, SIZE, Unit("images", 2, 6, 9)) == Seen(pixel, pixel)


def test_a_window_in_the_middle_lies_on_the_input() -> None:
    for layer in ("conv1", "relu1"):
        seen = seen_by(NETWORK, SIZE, Unit(layer, 0, 1, 2))  # 3x3 in steps of 2, with one row of padding above
        assert seen == Seen(Box(4, 1, 7, 4), Box(4, 1, 7, 4))
        assert not seen.padding


def test_a_window_at_the_edge_reaches_over_it_and_is_clipped() -> None:
    seen = seen_by(NETWORK, SIZE, Unit("conv1", 0, 0, 4))
    assert seen == Seen(Box(8, -1, 11, 2), Box(8, 0, 10, 2))
    assert seen.padding


@pytest.mark.parametrize("layer", ["average", "logits", "probabilities"])
def test_what_comes_after_a_global_average_sees_everything(layer: str) -> None:
    assert seen_by(NETWORK, SIZE, Unit(layer, 1)) == Seen(Box(0, -1, 11, 8), Box(0, 0, 10, 7))


@pytest.mark.parametrize("layer", ["flatten", "relu1"])
def test_a_unit_of_a_flattened_layer_sees_what_its_place_on_the_maps_saw(layer: str) -> None:
    unit = Unit(layer, (1 * 3 + 2) * 2 + 1)  # of maps of 2x3 places of 2 channels: the one at y 1, x 2
    assert seen_by(FLAT, SIZE, unit) == seen_by(FLAT, SIZE, Unit("shrink", 1, 1, 2))
    assert seen_by(FLAT, SIZE, unit).box == Box(5, 2, 10, 7)


@pytest.mark.parametrize("layer", ["dense", "relu2", "logits", "probabilities"])
def test_what_mixes_flattened_units_sees_all_that_they_saw(layer: str) -> None:
    box = Box(-1, -1, 10, 7)  # from the first window of 3x3 places, each with its neighbours, to the last
    assert seen_by(FLAT, SIZE, Unit(layer, 1)).box == box


def test_a_photo_that_is_flattened_at_once_is_seen_pixel_by_pixel() -> None:
    table = describe((Flatten("flatten"), *LAST), 2, *SIZE)
    assert seen_by(table, SIZE, Unit("flatten", (6 * 10 + 9) * 3 + 1)).box == Box(9, 6, 10, 7)
    assert seen_by(table, SIZE, Unit("logits", 0)).box == Box(0, 0, 10, 7)


def test_no_pixel_outside_of_a_units_box_changes_it_and_those_inside_do(vectors: Artifact, maps: Artifact) -> None:
    for artifact in (vectors, maps):
        records, size = artifact.manifest.layers, (artifact.manifest.height, artifact.manifest.width)
        units = []
        for record in records:
            *place, channel = (side // 2 for side in record.shape)
            units.append(Unit(record.name, channel, *place))
        photo, other = noise(1, *size)[0], noise(1, *size, seed=4)[0]
        outside, within = np.stack([other] * len(units)), np.stack([photo] * len(units))
        for number, unit in enumerate(units):
            box = seen_by(records, size, unit).clipped
            rows, columns = slice(int(box.top), int(box.bottom)), slice(int(box.left), int(box.right))
            outside[number, rows, columns] = photo[rows, columns]
            within[number, rows, columns] = other[rows, columns]
        plain, far, near = (artifact.layers(images) for images in (np.stack([photo] * len(units)), outside, within))
        for number, unit in enumerate(units):
            before, unchanged, changed = (
                outputs[unit.layer].numpy()[number][unit.at] for outputs in (plain, far, near)
            )
            assert before == unchanged, unit
            assert before != changed or before == 0, unit  # a ReLU may have kept it dark


def test_a_box_on_the_photo_is_the_crop_seen_through_the_networks_pixels() -> None:
    assert on_photo(Box(10, 20, 13, 25), (CROPPED, RESIZED)) == Box(80, 40, 89, 50)
    assert on_photo(Box(0, 0, 100, 150), (CROPPED, RESIZED)) == Box(50, 0, 350, 300)
    assert on_photo(Box(-1, -2, 101, 151), (CROPPED, RESIZED)) == Box(47, -4, 353, 302)


@pytest.mark.parametrize(
    ("orientation", "box"),
    [
        (1, Box(80, 40, 89, 50)),
        (2, Box(311, 40, 320, 50)),
        (3, Box(311, 250, 320, 260)),
        (4, Box(80, 250, 89, 260)),
        (5, Box(40, 80, 50, 89)),
        (6, Box(40, 311, 50, 320)),
        (7, Box(250, 311, 260, 320)),
        (8, Box(250, 80, 260, 89)),
    ],
)
def test_a_box_in_the_file_lies_where_the_camera_wrote_it(orientation: int, box: Box) -> None:
    turned = Turned(orientation=orientation, width=400, height=300)
    assert in_file(Box(10, 20, 13, 25), (turned, CROPPED, RESIZED)) == box


@given(orientation=st.integers(1, 8), y=st.integers(0, 3), x=st.integers(0, 5))
def test_the_files_pixel_in_a_box_is_the_one_that_the_network_sees(orientation: int, y: int, x: int) -> None:
    numbered = np.arange(24, dtype=np.uint8).reshape((6, 4) if orientation >= 5 else (4, 6)) * 10
    pixels = np.stack([numbered] * 3, axis=2)
    tags, file = Image.Exif(), io.BytesIO()
    tags[ORIENTATION_TAG] = orientation
    Image.fromarray(pixels).save(file, "PNG", exif=tags)
    made = preprocess(Image.open(file), 4, 6)
    box = in_file(Box(x, y, x + 1, y + 1), made.steps)
    assert (box.right - box.left, box.bottom - box.top) == (1, 1)
    assert pixels[int(box.top), int(box.left)].tolist() == made.pixels[y, x].tolist()


def test_a_bright_patch_of_a_large_photo_is_found_again_where_it_was() -> None:
    photo = np.zeros((300, 401, 3), np.uint8)
    photo[120:150, 230:260] = 255
    made = preprocess(Image.fromarray(photo), 64, 64)
    y, x = np.unravel_index(made.pixels.sum(axis=2).argmax(), (64, 64))
    box = on_photo(Box(float(x), float(y), float(x) + 1, float(y) + 1), made.steps)
    assert 230 <= box.left < box.right <= 260
    assert 120 <= box.top < box.bottom <= 150
    assert box.right - box.left == pytest.approx(300 / 64)


@pytest.mark.parametrize(
    ("unit", "sentence"),
    [
        (Unit("images", 2, 6, 9), "images at y 6, x 9 can see 1 pixel of the network's input: row 6, column 9."),
        (
            Unit("conv1", 0, 1, 2),
            "conv1 at y 1, x 2 can see 3×3 pixels of the network's input: rows 1 to 3, columns 4 to 6.",
        ),
        (
            Unit("conv1", 0, 0, 4),
            "conv1 at y 0, x 4 can see 2×2 pixels of the network's input and padding beyond the edge: rows 0 to 1, "
            "columns 8 to 9.",
        ),
        (
            Unit("logits", 1),
            "logits, unit 1, can see all 7×10 pixels of the network's input and padding beyond the edge.",
        ),
    ],
)
def test_what_a_unit_can_see_is_said_in_a_sentence(unit: Unit, sentence: str) -> None:
    assert seen_sentence(unit, seen_by(NETWORK, SIZE, unit), SIZE) == sentence
