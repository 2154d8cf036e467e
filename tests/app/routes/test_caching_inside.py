"""What looks inside the network may be kept by a client, as feature maps may."""

import httpx
import pytest

from app.errors import ImageUnknown
from tests.app.conftest import Looker, problem_of

Query = tuple[str, dict[str, str]]  # a path, and the parameters besides the photo
ABOUT_A_PHOTO: list[Query] = [
    ("/feature-maps/statistics", {"layer": "logits"}),
    ("/feature-maps/statistics", {"layer": "logits", "sort": "variance"}),
    ("/feature-maps/statistics", {"layer": "logits", "label": "cat"}),
    ("/feature-maps/statistics", {"layer": "probabilities"}),
    ("/ablations", {"layer": "logits"}),
    ("/ablations", {"layer": "logits", "channels": "0"}),
    ("/ablations", {"layer": "logits", "channels": "1,0"}),
    ("/ablations", {"layer": "logits", "each": "true"}),
    ("/explanations", {}),
    ("/explanations", {"format": "npy"}),
    ("/explanations", {"format": "json"}),
    ("/explanations", {"method": "gradient"}),
    ("/explanations", {"label": "dog"}),
    ("/explanations", {"scale": "0,1"}),
]
ABOUT_THE_NETWORK: list[Query] = [
    ("/layers/logits/kernels", {}),
    ("/layers/logits/kernels", {"format": "json"}),
    ("/layers/logits/kernels", {"channels": "1"}),
    ("/layers/logits/kernels", {"inputs": "1"}),
    ("/layers/conv1/kernels", {}),
    ("/layers/conv1/kernels", {"epoch": "0"}),
]
QUERIES = [*ABOUT_A_PHOTO, *ABOUT_THE_NETWORK]


def ask(looker: Looker, query: Query, tags: str = "") -> httpx.Response:
    path, parameters = query
    about = {"image_id": looker.image_id} if query in ABOUT_A_PHOTO else {}
    headers = {"if-none-match": tags} if tags else {}
    response = looker.client.get(path, params={**about, **parameters}, headers=headers)
    assert response.status_code in (200, 304), response.text
    return response


@pytest.mark.parametrize("query", QUERIES, ids=str)
def test_the_same_question_has_the_same_bytes_and_the_same_strong_etag(looker: Looker, query: Query) -> None:
    first, second = ask(looker, query), ask(looker, query)
    assert first.content == second.content
    assert first.headers["etag"] == second.headers["etag"]
    assert first.headers["etag"].startswith('"')


def test_another_question_has_another_etag(looker: Looker) -> None:
    assert len({ask(looker, query).headers["etag"] for query in QUERIES}) == len(QUERIES)


@pytest.mark.parametrize("query", QUERIES, ids=str)
@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {} ,"more"', "*"])
def test_what_the_client_has_is_not_sent_again(looker: Looker, query: Query, form: str) -> None:
    known = ask(looker, query).headers
    response = ask(looker, query, form.format(known["etag"]))
    assert (response.status_code, response.content) == (304, b"")
    for name in ("etag", "cache-control", "vary"):
        assert response.headers[name] == known[name]


@pytest.mark.parametrize("query", QUERIES, ids=str)
def test_what_the_client_does_not_have_is_sent(looker: Looker, query: Query) -> None:
    assert ask(looker, query, '"other"').content == ask(looker, query).content


def test_answers_about_a_photo_may_be_kept_as_long_as_it_and_by_this_client_only(looker: Looker) -> None:
    for query in ABOUT_A_PHOTO:
        assert ask(looker, query).headers["cache-control"] == "private, max-age=3600, immutable"


def test_answers_about_the_network_may_be_kept_by_everybody_and_are_asked_after(looker: Looker) -> None:
    for query in ABOUT_THE_NETWORK:
        assert ask(looker, query).headers["cache-control"] == "no-cache"


def test_another_photo_has_another_etag_and_no_other_kernels(looker: Looker, chelsea: bytes) -> None:
    posted = looker.client.post("/predict", content=chelsea + b"\0").json()["image_id"]
    other = Looker(looker.client, posted)
    for query in QUERIES:
        same = ask(other, query).headers["etag"] == ask(looker, query).headers["etag"]
        assert same == (query in ABOUT_THE_NETWORK)


def test_a_photo_that_is_forgotten_is_not_said_to_be_unchanged(looker: Looker) -> None:
    for path, parameters in ABOUT_A_PHOTO:
        params = {"image_id": "0" * 32, **parameters}
        problem_of(looker.client.get(path, params=params, headers={"if-none-match": "*"}), ImageUnknown)


def test_the_format_that_the_accept_header_chooses_decides_the_etag(looker: Looker) -> None:
    for path in ("/explanations", "/layers/logits/kernels"):
        params = {"image_id": looker.image_id}
        by_header = looker.client.get(path, params=params, headers={"accept": "application/json"}).headers
        by_query = looker.client.get(path, params={**params, "format": "json"}).headers
        assert by_header["etag"] == by_query["etag"] != looker.client.get(path, params=params).headers["etag"]
        assert by_header["vary"] == "Accept"
