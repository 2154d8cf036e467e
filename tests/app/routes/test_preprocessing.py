import io

import httpx
import numpy as np
import pytest
from PIL import Image

from app.errors import BodyTooLarge, ImageUnknown, NotAnImage, ServiceError
from model.manifest import Manifest
from model.preprocessing import ORIENTATION_TAG, preprocess
from tests.app.conftest import Looker, answer_of, problem_of
from tests.conftest import encoded, photo_of


def steps_of(client: httpx.Client, image_id: str) -> httpx.Response:
    return client.get("/preprocessing", params={"image_id": image_id})


def test_the_steps_are_those_that_predict_told(client: httpx.Client, chelsea: bytes) -> None:
    answer = answer_of(client, chelsea)
    told = steps_of(client, answer["image_id"]).json()
    assert told["steps"] == answer["preprocessing"]
    assert [step["step"] for step in told["steps"]] == ["decode", "turn", "colour", "crop", "resize"]


def test_their_result_is_the_network_s_input_itself(looker: Looker, chelsea: bytes, manifest: Manifest) -> None:
    link = steps_of(looker.client, looker.image_id).json()["result"]
    values = np.load(io.BytesIO(looker.client.get(f"{link}&format=npy").content))
    with Image.open(io.BytesIO(chelsea)) as image:
        expected = preprocess(image, manifest.height, manifest.width).pixels
    assert values.dtype == np.float32
    np.testing.assert_array_equal(values, expected)


def test_the_input_is_drawn_in_grey_with_its_range(looker: Looker) -> None:
    response = looker.look(layer="images", format="png")
    assert response.headers["map-colormap"] == "gray"
    assert response.headers["tensor-layout"] == "HWC"


def test_an_unknown_photo_is_refused(client: httpx.Client) -> None:
    problem_of(steps_of(client, "0" * 32), ImageUnknown)


def test_a_posted_photo_is_drawn_after_each_step(client: httpx.Client, chelsea: bytes) -> None:
    response = client.post("/preprocessing", content=chelsea)
    assert response.headers["content-type"] == "image/png"
    assert response.headers["cache-control"] == "no-store"
    with Image.open(io.BytesIO(response.content)) as picture:
        assert picture.width > 5 * 256
        assert picture.mode == "RGB"


@pytest.mark.parametrize(
    ("image", "file_format", "options"),
    [
        (Image.new("RGB", (1, 1), (9, 8, 7)), "PNG", {}),
        (Image.new("L", (3, 500), 77), "PNG", {}),
        (Image.new("1", (70, 40)), "PNG", {}),
        (Image.new("I;16", (70, 40), 40_000), "PNG", {}),
        (Image.new("RGBA", (70, 40), (255, 0, 0, 10)), "WEBP", {}),
        (photo_of("chelsea").quantize(), "GIF", {}),
        (photo_of("chelsea").convert("CMYK"), "JPEG", {}),
        (photo_of("chelsea").resize((2000, 1400)), "JPEG", {"quality": 50}),
    ],
)
def test_any_kind_of_photo_is_drawn(
    client: httpx.Client, image: Image.Image, file_format: str, options: dict[str, int]
) -> None:
    response = client.post("/preprocessing", content=encoded(image, file_format, **options))
    assert response.status_code == 200, response.text


def test_a_turned_photo_is_drawn_before_and_after_its_turn(client: httpx.Client) -> None:
    exif = Image.Exif()
    exif[ORIENTATION_TAG] = 6  # a quarter turn clockwise brings it upright
    photo = Image.new("RGB", (200, 100), (0, 0, 255))
    photo.paste((255, 0, 0), (0, 0, 100, 100))
    picture = client.post("/preprocessing", content=encoded(photo, "PNG", exif=exif)).content
    with Image.open(io.BytesIO(picture)) as opened:
        pixels = np.asarray(opened)
    before, after = pixels[95:210, 30:280], pixels[95:210, 290:420]
    assert (before == (255, 0, 0)).all(axis=-1).any() and (before == (0, 0, 255)).all(axis=-1).any()
    red = np.argwhere((after == (255, 0, 0)).all(axis=-1))
    assert red[:, 0].min() < 10  # what was at the left is above


@pytest.mark.parametrize(("body", "error"), [(b"no photo", NotAnImage), (bytes(70_000), BodyTooLarge)])
def test_what_predict_refuses_is_refused(strict: httpx.Client, body: bytes, error: type[ServiceError]) -> None:
    problem_of(strict.post("/preprocessing", content=body), error)
