import httpx
import pytest

from app.errors import ImageUnknown
from tests.app.conftest import Looker, problem_of

QUERIES: list[dict[str, str]] = [
    {},
    {"layer": "logits"},
    {"layer": "logits", "format": "json"},
    {"layer": "logits", "format": "npy"},
    {"layer": "logits", "format": "f32"},
    {"layer": "logits", "channels": "1,0"},
    {"layer": "logits", "channels": "0,1"},
    {"layer": "logits", "scale": "channel"},
    {"layer": "logits", "scale": "0,1"},
    {"layer": "logits", "colormap": "gray"},
    {"layer": "probabilities"},
]


def revalidate(looker: Looker, query: dict[str, str], tags: str) -> httpx.Response:
    params = {"image_id": looker.image_id, **query}
    return looker.client.get("/feature-maps", params=params, headers={"if-none-match": tags})


@pytest.mark.parametrize("query", QUERIES, ids=str)
def test_the_same_question_has_the_same_bytes_and_the_same_strong_etag(looker: Looker, query: dict[str, str]) -> None:
    first, second = looker.look(**query), looker.look(**query)
    assert first.content == second.content
    assert first.headers["etag"] == second.headers["etag"]
    assert first.headers["etag"].startswith('"')


def test_another_question_has_another_etag(looker: Looker) -> None:
    assert len({looker.look(**query).headers["etag"] for query in QUERIES}) == len(QUERIES)


def test_another_photo_has_another_etag(looker: Looker, chelsea: bytes) -> None:
    other = looker.client.post("/predict", content=chelsea + b"\0").json()["image_id"]
    assert Looker(looker.client, other).look().headers["etag"] != looker.look().headers["etag"]


def test_the_format_that_the_accept_header_chooses_decides_the_etag(looker: Looker) -> None:
    by_header = looker.look("application/json", layer="logits")
    assert by_header.headers["etag"] == looker.look(layer="logits", format="json").headers["etag"]
    assert by_header.headers["etag"] != looker.look("image/png", layer="logits").headers["etag"]


@pytest.mark.parametrize("query", QUERIES, ids=str)
@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {} ,"more"'])
def test_what_the_client_has_is_not_sent_again(looker: Looker, query: dict[str, str], form: str) -> None:
    known = looker.look(**query).headers
    response = revalidate(looker, query, form.format(known["etag"]))
    assert (response.status_code, response.content) == (304, b"")
    for name in ("etag", "cache-control", "vary"):
        assert response.headers[name] == known[name]


def test_what_the_client_does_not_have_is_sent(looker: Looker) -> None:
    for tags in ('"other"', looker.look(layer="probabilities").headers["etag"], ""):
        assert revalidate(looker, {"layer": "logits"}, tags).content == looker.look(layer="logits").content


def test_a_photo_that_is_forgotten_is_not_said_to_be_unchanged(looker: Looker) -> None:
    etag = looker.look().headers["etag"]
    params, headers = {"image_id": "0" * 32}, {"if-none-match": etag}
    problem_of(looker.client.get("/feature-maps", params=params, headers=headers), ImageUnknown)


def test_an_answer_may_be_kept_as_long_as_the_photo_and_by_this_client_only(looker: Looker) -> None:
    assert looker.look(layer="logits").headers["cache-control"] == "private, max-age=3600, immutable"
