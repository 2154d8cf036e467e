"""Several photos in one request, at a real server."""

import base64
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from app.errors import (
    Base64Malformed,
    BodyTooLarge,
    JsonInvalid,
    MultipartMalformed,
    NotAnImage,
    Overloaded,
    PhotoMissing,
    ServiceError,
    TooManyPhotos,
)
from app.photos.forms import MAX_PARTS
from app.settings import Settings
from tests.app.conftest import STRICT_BYTES, answer_of, problem_of, serving, wait_until_ready
from tests.app.loopback import PATIENCE
from tests.app.routes.test_predict import ROUNDING, agree
from tests.conftest import encoded, photo_of

BATCH = "/predict/batch"
PLACES = 4
GOOD = [encoded(photo_of("chelsea").rotate(angle).resize((60, 40)), "PNG") for angle in range(0, 80, 20)]
BAD: dict[bytes, str] = {
    b"a cat": "not_an_image",
    b"": "photo_missing",
    b"%PDF-1.7": "format_unsupported",
    GOOD[0][:-100]: "photo_truncated",
    encoded(Image.new("1", (10_000, 10_000)), "PNG"): "too_many_pixels",
}


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Asks a service that takes in four photos at a time."""
    store = tmp_path_factory.mktemp("narrow") / "photos.sqlite"
    with serving(Settings(store=store, queue_photos=PLACES, lanes=1)) as client:
        wait_until_ready(client)
        yield client


def post(client: httpx.Client, photos: list[bytes], form: bool) -> httpx.Response:
    if form:
        return client.post(BATCH, files=[("file", (f"{n}.jpg", photo)) for n, photo in enumerate(photos)])
    texts = [base64.b64encode(photo).decode() for photo in photos]
    return client.post(BATCH, json={"images": [{"image": text} if n % 2 else text for n, text in enumerate(texts)]})


def results(response: httpx.Response) -> list[dict[str, Any]]:
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()["results"]
    return found


@settings(max_examples=40)
@given(st.lists(st.sampled_from([*GOOD, *BAD]), min_size=1, max_size=9), st.booleans())
def test_any_mix_of_good_and_bad_photos_has_each_its_own_result_in_its_own_place(
    client: httpx.Client, photos: list[bytes], form: bool
) -> None:
    found = results(post(client, photos, form))
    assert len(found) == len(photos)
    for index, (photo, result) in enumerate(zip(photos, found, strict=True)):
        if photo in BAD:
            assert list(result) == ["problem"]
            assert (result["problem"]["code"], result["problem"]["index"]) == (BAD[photo], index)
        else:
            assert agree(result, answer_of(client, photo))


def test_a_problem_is_what_the_photo_alone_would_get_and_its_place(client: httpx.Client) -> None:
    for photo in BAD:
        _, result = results(post(client, [GOOD[0], photo], form=False))
        problem = client.post("/predict", content=photo).json()
        assert result["problem"].items() >= {**problem, "index": 1, "detail": result["problem"]["detail"]}.items()


def test_the_answer_names_the_network_and_its_times(client: httpx.Client) -> None:
    answer = post(client, GOOD, form=True).json()
    assert sorted(answer) == ["model", "results", "timings_ms"]
    assert answer["model"] == client.get("/health/ready").json()["model"]
    assert {"receive", "total"} <= set(answer["timings_ms"])
    for result in answer["results"]:
        assert {"decode", "queue", "compute", "total"} <= set(result["timings_ms"])
        assert result["timings_ms"]["total"] <= answer["timings_ms"]["total"]


@pytest.mark.parametrize("form", [True, False])
def test_each_photo_can_be_asked_about_unless_that_is_forbidden(client: httpx.Client, form: bool) -> None:
    for result in results(post(client, GOOD, form)):
        assert client.get(result["feature_maps"]).json()["image_id"] == result["image_id"]
    photo = encoded(Image.new("RGB", (8, 8 + form), (9, 8, 7)), "PNG")
    body = {"images": [base64.b64encode(photo).decode()]}
    (forgotten,) = results(client.post(BATCH, json=body, headers={"cache-control": "no-store"}))
    assert forgotten["feature_maps"] is None
    assert client.get("/feature-maps", params={"image_id": forgotten["image_id"]}).status_code == 404


def test_a_request_may_hold_as_many_photos_as_are_allowed_and_no_more(client: httpx.Client) -> None:
    photo = encoded(Image.new("RGB", (3, 3)), "PNG")
    for form in (True, False):
        found = results(post(client, [photo] * 64, form))
        scores = [result["probability"] for result in found]
        assert len(scores) == 64
        assert scores == pytest.approx([scores[0]] * 64, abs=ROUNDING)
        problem = problem_of(post(client, [photo] * 65, form), TooManyPhotos)
        assert problem["max_photos"] == 64
        assert problem["detail"].startswith("Expected at most 64 photos in a request; received: ")


def test_other_parts_of_a_form_are_bounded_too(client: httpx.Client) -> None:
    photo = encoded(Image.new("RGB", (3, 3)), "PNG")
    notes = [("note", (None, "x"))] * MAX_PARTS
    assert len(results(client.post(BATCH, files=[*notes, *[("file", ("a.png", photo))] * 64]))) == 64
    more = client.post(BATCH, files=[*notes, *[("file", ("a.png", photo))] * 66])
    problem_of(more, MultipartMalformed)


def test_where_fewer_photos_have_places_fewer_may_come_at_once(narrow: httpx.Client) -> None:
    assert len(results(post(narrow, GOOD[:1] * PLACES, form=True))) == PLACES
    assert problem_of(post(narrow, GOOD[:1] * (PLACES + 1), form=True), TooManyPhotos)["max_photos"] == PLACES


def test_each_photo_needs_a_place_and_all_are_given_back(narrow: httpx.Client) -> None:
    with ThreadPoolExecutor(16) as threads:
        responses = list(threads.map(lambda n: post(narrow, GOOD[: 1 + n % PLACES], form=bool(n % 2)), range(96)))
    refused = [response for response in responses if response.status_code != 200]
    for response in refused:
        problem_of(response, Overloaded)
    assert {response.status_code for response in responses} == {200, 429}
    assert len(results(post(narrow, GOOD, form=True))) == PLACES
    assert "catscan_photos_in_flight 0" in narrow.get("/metrics").text


def test_a_client_that_goes_away_takes_all_its_photos_with_it(narrow: httpx.Client) -> None:
    noise = encoded(Image.effect_noise((1500, 1500), 90), "PNG")

    files = [("file", ("a.png", noise))] * PLACES
    with pytest.raises(httpx.TimeoutException):
        narrow.post(BATCH, files=files, timeout=httpx.Timeout(PATIENCE, read=0.01))
    start = time.monotonic()
    while (response := post(narrow, GOOD, form=True)).status_code == Overloaded.status:
        assert time.monotonic() - start < PATIENCE, "the places of those that went away were not given back"
        time.sleep(0.05)
    assert len(results(response)) == PLACES


def test_requests_at_the_same_time_do_not_mix(client: httpx.Client) -> None:
    alone = {photo: answer_of(client, photo) for photo in GOOD}
    orders = [[*GOOD[turn:], *GOOD[:turn]] for turn in range(len(GOOD))] * 3
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda photos: results(post(client, photos, form=False)), orders))
    for photos, found in zip(orders, answers, strict=True):
        assert all(agree(result, alone[photo]) for photo, result in zip(photos, found, strict=True))


@pytest.mark.parametrize(
    ("content", "kind", "expected"),
    [
        (b'{"images": []}', "application/json", PhotoMissing),
        (b'{"image": "QUJD"}', "application/json", JsonInvalid),
        (b"GIF89a", "image/gif", JsonInvalid),
        (b"", "application/json", JsonInvalid),
        (b"--b--\r\n", "multipart/form-data; boundary=b", PhotoMissing),
        (b"GIF89a", "multipart/form-data; boundary=b", MultipartMalformed),
    ],
)
def test_what_holds_no_photos_at_all_is_refused(
    client: httpx.Client, content: bytes, kind: str, expected: type[ServiceError]
) -> None:
    problem_of(client.post(BATCH, content=content, headers={"content-type": kind}), expected)


def test_what_is_wrong_in_json_alone_is_wrong_with_that_photo_only(client: httpx.Client) -> None:
    text = base64.b64encode(GOOD[0]).decode()
    entries = ["https://cats.example/cat.jpg", 7, {"file": text}, text]
    *bad, good = results(client.post(BATCH, json={"images": entries}))
    assert [result["problem"]["code"] for result in bad] == [Base64Malformed.code, JsonInvalid.code, PhotoMissing.code]
    assert agree(good, answer_of(client, GOOD[0]))


def test_a_body_may_be_as_long_as_is_allowed(strict: httpx.Client) -> None:
    photo = encoded(Image.new("RGB", (3, 3)), "PNG")
    body = b'{"images": ["%b"]}' % base64.b64encode(photo)
    assert len(results(strict.post(BATCH, content=body.ljust(STRICT_BYTES)))) == 1
    problem_of(strict.post(BATCH, content=body.ljust(STRICT_BYTES + 1)), BodyTooLarge)


def test_no_spelling_of_the_path_goes_round_the_places(narrow: httpx.Client) -> None:
    files = [("file", ("a.png", GOOD[0]))] * 2
    assert len(results(narrow.post(BATCH + "%0A", files=files))) == 2


def test_another_network_answers_all_of_them(client: httpx.Client) -> None:
    version = client.get("/health/ready").json()["model"]["version"]
    answer = client.post(BATCH, files=[("file", ("a.png", GOOD[0]))] * 2, params={"version": version}).json()
    assert {result["model"]["version"] for result in answer["results"]} == {answer["model"]["version"]} == {version}
    assert NotAnImage.code not in str(answer)
