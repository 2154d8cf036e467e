"""The short way to POST /predict answers as the long one does, which a last newline in the path still takes."""

import asyncio
import io
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from PIL import Image
from starlette.datastructures import State

from app.errors import InternalError
from app.express import Express
from app.routes.predict import PredictAnswer

SHORT, LONG = "/predict", "/predict%0A"
OF_ONE_ANSWER = {"image_id", "timings_ms", "feature_maps"}
OF_ONE_RESPONSE = {"date", "x-request-id", "server-timing", "content-length"}

JPEG = io.BytesIO()
Image.new("RGB", (40, 30), (200, 120, 40)).save(JPEG, "JPEG")
PHOTO = JPEG.getvalue()

ASKED: dict[str, dict[str, Any]] = {
    "a photo as the body": {"content": PHOTO},
    "a photo in a form": {"files": {"file": PHOTO}},
    "a photo that is not kept": {"content": PHOTO, "headers": {"Cache-Control": "no-store"}},
    "a model": {"content": PHOTO, "params": {"model": "dense"}},
    "a version": {"content": PHOTO, "params": {"model": "cat", "version": "stable"}},
    "the last of two models": {"content": PHOTO, "params": [("model", "cat"), ("model", "dense")]},
    "an unknown model": {"content": PHOTO, "params": {"model": "bird"}},
    "an unknown version": {"content": PHOTO, "params": {"version": "999"}},
    "a version that is none": {"content": PHOTO, "params": {"version": "newest"}},
    "an empty version": {"content": PHOTO, "params": {"version": ""}},
    "what it does not know": {"content": PHOTO, "params": {"colour": "red"}},
    "nothing": {},
    "no photo": {"content": b"no photo"},
    "half a photo": {"content": PHOTO[: len(PHOTO) // 2]},
    "a form without a photo": {"files": {"other": PHOTO}},
    "JSON that is none": {"content": b"{", "headers": {"Content-Type": "application/json"}},
}


@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED)
def test_both_ways_answer_alike(client: httpx.Client, asked: dict[str, Any]) -> None:
    short, long = client.post(SHORT, **asked), client.post(LONG, **asked)
    assert (short.status_code, lasting(short)) == (long.status_code, lasting(long))
    assert said(short) == said(long)


def test_an_answer_has_all_that_is_documented(client: httpx.Client) -> None:
    answer = PredictAnswer.model_validate(client.post(SHORT, content=PHOTO).json())
    assert client.get(f"{answer.feature_maps}&layer=images").status_code == 200


def test_other_methods_of_the_path_are_refused(client: httpx.Client) -> None:
    for method in "GET", "PUT", "DELETE":
        refused = client.request(method, SHORT)
        assert (refused.status_code, refused.headers["allow"]) == (405, "POST")


def test_what_nobody_foresaw_is_a_problem_document_here_too(caplog: pytest.LogCaptureFixture) -> None:
    async def ask() -> httpx.Response:
        broken = httpx.ASGITransport(Express(FastAPI(), State({"service": None})))
        async with httpx.AsyncClient(transport=broken, base_url="http://here") as asking:
            return await asking.post(SHORT, content=PHOTO)

    failed = asyncio.run(ask())
    assert (failed.status_code, failed.json()["code"]) == (InternalError.status, InternalError.code)
    assert "POST /predict failed" in caplog.text


def lasting(response: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in response.headers.items() if name not in OF_ONE_RESPONSE}


def said(response: httpx.Response) -> dict[str, Any]:
    said: dict[str, Any] = response.json()
    if response.is_success:
        assert bool(said["feature_maps"]) == ("no-store" not in response.request.headers.get("cache-control", ""))
        probabilities = [round(entry.pop("score"), 5) for entry in said["predictions"]]
        logits = [round(entry.pop("logit"), 3) for entry in said["predictions"]]
        said |= {"probability": round(said["probability"], 5), "scores": probabilities, "logits": logits}
    return {name: value for name, value in said.items() if name not in OF_ONE_ANSWER}
