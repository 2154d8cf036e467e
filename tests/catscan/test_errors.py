"""Each refusal of the real service, and what others may say in its place."""

import io

import numpy as np
import pytest
from PIL import Image
from starlette.responses import Response

from app import errors
from catscan import (
    Answer,
    CatscanError,
    Client,
    DeadlinePassed,
    KeyRefused,
    NotFound,
    NotReady,
    Overloaded,
    PhotoRefused,
    Retrying,
)
from tests.catscan.conftest import Script, problem, said
from tests.conftest import encoded

ONCE = Retrying(times=0)


@pytest.mark.parametrize(
    ("photo", "expected"),
    [
        (b"", errors.PhotoMissing),
        (b"a cat", errors.NotAnImage),
        (b"%PDF-1.7", errors.FormatUnsupported),
        (encoded(Image.effect_noise((64, 48), 50), "PNG")[:-100], errors.PhotoTruncated),
        (encoded(Image.new("1", (10_000, 10_000)), "PNG"), errors.TooManyPixels),
    ],
)
def test_a_photo_that_the_service_does_not_take_is_refused_in_its_words(
    client: Client, photo: bytes, expected: type[errors.ServiceError]
) -> None:
    with pytest.raises(PhotoRefused) as caught:
        client.predict(photo)
    assert (caught.value.code, caught.value.status) == (expected.code, expected.status)
    assert caught.value.detail == str(caught.value)
    assert "Expected" in caught.value.detail


def test_facts_of_a_refusal_are_kept(client: Client) -> None:
    largest = 20 * 2**20
    with pytest.raises(PhotoRefused) as caught:
        client.predict(bytes(largest + 1))
    assert (caught.value.code, caught.value.facts) == ("body_too_large", {"max_bytes": largest})


def test_what_is_not_there_is_not_found(client: Client, answer: Answer) -> None:
    with pytest.raises(NotFound) as caught:
        client.statistics("0" * 32)
    assert caught.value.code == "image_unknown"
    with pytest.raises(NotFound) as caught:
        client.feature_maps(answer.image_id, "conv99")
    assert caught.value.code == "layer_unknown"
    assert caught.value.facts["layers"] == ["images", *(layer.name for layer in client.layers().layers)]


def test_a_wrong_parameter_is_none_of_the_photo_s_faults(client: Client, answer: Answer) -> None:
    with pytest.raises(CatscanError) as caught:
        client.feature_maps(answer.image_id, client.layers().layers[0].name, "9-5")
    assert type(caught.value) is CatscanError
    assert (caught.value.code, caught.value.status) == ("parameter_invalid", 400)
    assert caught.value.facts == {"parameter": "channels"}


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (404, NotFound),
        (401, KeyRefused),
        (429, Overloaded),
        (500, CatscanError),
        (502, CatscanError),
        (503, NotReady),
        (504, DeadlinePassed),
    ],
)
def test_what_a_proxy_says_in_the_service_s_place_is_an_error_too(
    script: Script, status: int, kind: type[CatscanError]
) -> None:
    with script(Response("<h1>No</h1>", status, media_type="text/html")) as proxy:
        with Client(proxy.url, retrying=ONCE) as client, pytest.raises(CatscanError) as caught:
            client.layers()
        assert type(caught.value) is kind
        assert (caught.value.code, caught.value.status) == ("http_error", status)
        assert caught.value.detail.startswith(
            f"Expected an answer of a catscan service from {proxy.url}/layers; received: "
        )


def test_a_refusal_has_the_class_of_its_status_whatever_its_code_is(script: Script) -> None:
    for status, kind in ((401, KeyRefused), (404, NotFound), (429, Overloaded), (503, NotReady), (504, DeadlinePassed)):
        with (
            script(problem(status, "new_code")) as service,
            Client(service.url, retrying=ONCE) as client,
            pytest.raises(kind, match="Said new_code") as caught,
        ):
            client.predict(b"cat")
        assert caught.value.code == "new_code"


def test_a_status_of_another_time_is_told_by_whether_a_photo_was_posted(script: Script) -> None:
    with script(problem(422, "too_dark", darkness=0.9)) as service, Client(service.url) as client:
        with pytest.raises(PhotoRefused) as refused:
            client.predict(b"night")
        with pytest.raises(CatscanError) as asked:
            client.layers()
    assert (refused.value.code, refused.value.facts) == ("too_dark", {"darkness": 0.9})
    assert type(asked.value) is CatscanError


@pytest.mark.parametrize(
    "response",
    [
        Response("<h1>Welcome</h1>", media_type="text/html"), Response(""), said([]), said("text"), said({}),
        said({"layers": [{}]}), Response(b"\xff{", media_type="application/json"),
    ],
)  # fmt: skip
def test_a_success_of_another_service_is_not_taken_for_an_answer(script: Script, response: Response) -> None:
    with script(response) as service, Client(service.url) as client:
        questions = (
            client.layers, lambda: client.predict(b"cat"), lambda: client.statistics("5f"),
            lambda: client.feature_maps("5f", "conv1"), lambda: client.picture("5f", "conv1"),
            lambda: client.explain("5f", "grad-cam"), lambda: client.receipt("5f", "conv1"),
            lambda: client.ablate("5f", "conv1", 0), lambda: client.kernels("conv1"),
            client.models, lambda: client.predict_many([b"cat"]),
        )  # fmt: skip
        for ask in questions:
            with pytest.raises(CatscanError, match="which cannot be read") as caught:
                ask()
            assert (caught.value.code, caught.value.status) == ("answer_unreadable", 200)


def test_arrays_are_never_unpickled(script: Script) -> None:
    file = io.BytesIO()
    np.save(file, np.array([print]), allow_pickle=True)
    with (
        script(Response(file.getvalue())) as service,
        Client(service.url) as client,
        pytest.raises(CatscanError, match="allow_pickle=False") as caught,
    ):
        client.feature_maps("5f", "conv1")
    assert caught.value.code == "answer_unreadable"
