import re
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from model.manifest import Manifest
from tests.app.conftest import answer_of
from tests.conftest import encoded, photo_of

ROUNDING = 1e-5  # float32 in batches of other sizes sums in another order


def of_the_photo(answer: dict[str, Any]) -> dict[str, Any]:
    """What an answer says of the photo, and would say again."""
    varying = ("timings_ms", "batch_size", "image_id", "feature_maps")
    return {name: value for name, value in answer.items() if name not in varying}


def agree(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two answers say the same, to the rounding."""
    numbers = ("probability", "predictions")
    scores = [
        {f"{row['label']} {name}": row[name] for row in answer["predictions"] for name in ("score", "logit")}
        for answer in (one, other)
    ]
    rest = [{name: value for name, value in answer.items() if name not in numbers} for answer in (one, other)]
    return of_the_photo(rest[0]) == of_the_photo(rest[1]) and scores[0] == pytest.approx(scores[1], abs=ROUNDING)


def test_the_answer_holds_what_is_promised_and_nothing_else(client: httpx.Client, chelsea: bytes) -> None:
    answer = answer_of(client, chelsea)
    promised = (
        "image_id label probability predictions preprocessing model device precision batch_size timings_ms feature_maps"
    )
    assert sorted(answer) == sorted(promised.split())
    ready = client.get("/health/ready").json()
    assert (answer["model"], answer["device"]) == (ready["model"], ready["device"])
    assert client.get(answer["feature_maps"]).json()["image_id"] == answer["image_id"]


def test_every_class_has_a_score_and_the_best_comes_first(
    client: httpx.Client, chelsea: bytes, manifest: Manifest
) -> None:
    answer = answer_of(client, chelsea)
    predictions = answer["predictions"]
    scores = [prediction["score"] for prediction in predictions]
    assert sorted(prediction["label"] for prediction in predictions) == sorted(manifest.labels)
    assert scores == sorted(scores, reverse=True)
    assert sum(scores) == pytest.approx(1, abs=1e-6)
    assert (answer["label"], answer["probability"]) == (predictions[0]["label"], scores[0])


def test_the_scores_are_the_softmax_of_the_logits(client: httpx.Client, chelsea: bytes, manifest: Manifest) -> None:
    answer = answer_of(client, chelsea)
    predictions = answer["predictions"]
    rounding = 1e-6 if answer["precision"] == "float32" else 2e-3  # of logits to 8 bits, between the two
    logits = np.array([prediction["logit"] for prediction in predictions])
    exponentials = np.exp((logits - logits.max()) / (manifest.layers[-1].temperature or 1))
    expected = (exponentials / exponentials.sum()).tolist()
    assert [prediction["score"] for prediction in predictions] == pytest.approx(expected, abs=rounding)


def test_a_form_and_a_raw_body_get_the_same_answer(client: httpx.Client, chelsea: bytes) -> None:
    raw = answer_of(client, chelsea)
    for name in ("cat.jpg", "Katze ü.jpg"):
        form = client.post("/predict", data={"note": "a cat"}, files={"file": (name, chelsea, "image/jpeg")})
        assert form.status_code == 200
        assert of_the_photo(form.json()) == of_the_photo(raw)
    typed = client.post("/predict", content=chelsea, headers={"content-type": "image/jpeg"})
    assert of_the_photo(typed.json()) == of_the_photo(raw)


def test_who_has_the_same_file_cannot_guess_the_id_of_another_s(client: httpx.Client, chelsea: bytes) -> None:
    answers = [answer_of(client, chelsea) for _ in range(3)]
    assert all(of_the_photo(answer) == of_the_photo(answers[0]) for answer in answers)
    ids = {answer["image_id"] for answer in answers}
    assert len(ids) == 3
    assert all(re.fullmatch(r"[0-9a-f]{32}", each) for each in ids)
    assert all(client.get(answer["feature_maps"]).status_code == 200 for answer in answers)


def test_the_timings_name_every_stage_and_are_the_server_timing_header(client: httpx.Client, chelsea: bytes) -> None:
    response = client.post("/predict", content=chelsea)
    timings = response.json()["timings_ms"]
    assert {"receive", "decode", "queue", "compute", "total"} <= set(timings)
    assert list(timings)[-1] == "total"
    stages = [milliseconds for name, milliseconds in timings.items() if name != "total"]
    assert min(stages) >= 0
    assert 0 < sum(stages) <= timings["total"] + 0.01  # each is rounded to a microsecond
    pairs = (entry.split(";dur=") for entry in response.headers["server-timing"].split(", "))
    assert {name: float(milliseconds) for name, milliseconds in pairs} == timings


def test_the_steps_say_what_was_done_to_the_photo(client: httpx.Client, manifest: Manifest) -> None:
    answer = answer_of(client, encoded(photo_of("chelsea"), "PNG"))
    height, width = manifest.height, manifest.width
    assert height == width, "the numbers below are those of a square input"
    size = {"width": 451, "height": 300}
    assert answer["preprocessing"] == [
        {"step": "decode", "format": "PNG", "mode": "RGB", **size, "decoded_width": 451, "decoded_height": 300},
        {"step": "turn", "orientation": 1, **size},
        {"step": "colour", "mode": "RGB", "background": None},
        {"step": "crop", "left": 75.5, "top": 0.0, "right": 375.5, "bottom": 300.0},
        {"step": "resize", "width": width, "height": height, "scale": width / 300, "filter": "bicubic"},
    ]


def test_a_large_jpeg_is_decoded_at_a_fraction_of_its_size(client: httpx.Client, manifest: Manifest) -> None:
    large = encoded(photo_of("chelsea").resize((3608, 2400)), "JPEG")
    decode, _, _, crop, _ = answer_of(client, large)["preprocessing"]
    assert (decode["width"], decode["height"]) == (3608, 2400)
    assert (decode["decoded_width"], decode["decoded_height"]) in [(1804, 1200), (902, 600), (451, 300)]
    assert decode["decoded_height"] >= manifest.height
    assert (crop["left"], crop["right"]) == (604, 3004)


def test_requests_at_the_same_time_do_not_mix(client: httpx.Client) -> None:
    photos = [encoded(photo_of("chelsea").rotate(angle), "JPEG") for angle in range(0, 120, 10)]
    alone = [answer_of(client, photo) for photo in photos]
    with ThreadPoolExecutor(6) as threads:
        together = list(threads.map(lambda photo: answer_of(client, photo), photos))
    assert all(map(agree, together, alone))
    assert len({str(answer["predictions"]) for answer in alone}) == len(photos)


def test_a_client_that_does_not_wait_for_its_answer_leaves_its_neighbours_alone(
    client: httpx.Client, chelsea: bytes
) -> None:
    expected = answer_of(client, chelsea)
    head = f"POST /predict HTTP/1.1\r\nHost: test\r\nContent-Length: {len(chelsea)}\r\n\r\n".encode()

    def ask(number: int) -> dict[str, Any]:
        with socket.create_connection((client.base_url.host, client.base_url.port or 80)) as impatient:
            impatient.sendall(head + chelsea[:-1] + bytes([number]))  # each another photo, so each is computed
        return answer_of(client, chelsea)

    with ThreadPoolExecutor(6) as threads:
        assert all(agree(answer, expected) for answer in threads.map(ask, range(24)))


@pytest.mark.parametrize(
    ("directive", "kept"), [("no-store", False), ("max-age=0, No-Store", False), ("no-cache", True)]
)
def test_a_photo_that_may_not_be_stored_is_answered_and_forgotten(
    client: httpx.Client, directive: str, kept: bool
) -> None:
    photo = encoded(Image.new("RGB", (7, 9), (len(directive), 2, 3)), "PNG")
    answer = client.post("/predict", content=photo, headers={"cache-control": directive}).json()
    found = client.get("/feature-maps", params={"image_id": answer["image_id"]})
    assert found.status_code == (200 if kept else 404)
    assert (answer["feature_maps"] is not None) == kept
    assert ("store" in answer["timings_ms"]) == kept
    maps = client.post("/feature-maps", content=photo, headers={"cache-control": directive})
    assert ("content-location" in maps.headers) == kept
