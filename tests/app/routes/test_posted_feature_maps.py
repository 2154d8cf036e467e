import httpx
import pytest

from app.errors import BodyTooLarge, LayerUnknown, ParameterInvalid
from tests.app.conftest import STRICT_BYTES, Looker, problem_of

QUERIES = [
    {},
    {"layer": "logits", "format": "json"},
    {"layer": "logits", "format": "npy", "channels": "1,0"},
    {"layer": "probabilities", "format": "f32"},
    {"layer": "logits", "format": "png", "scale": "-1,1", "colormap": "gray"},
]


@pytest.mark.parametrize("query", QUERIES, ids=str)
def test_posting_a_photo_gives_what_getting_it_gives(looker: Looker, chelsea: bytes, query: dict[str, str]) -> None:
    known = looker.look(**query)
    raw = looker.client.post("/feature-maps", params=query, content=chelsea)
    form = looker.client.post("/feature-maps", params=query, files={"file": ("cat.jpg", chelsea)})
    assert content_of(raw) == content_of(form) == content_of(known)
    assert described(known).items() <= described(raw).items()


@pytest.mark.parametrize("query", QUERIES, ids=str)
def test_the_content_location_gives_the_same_again(looker: Looker, chelsea: bytes, query: dict[str, str]) -> None:
    posted = looker.client.post("/feature-maps", params=query, content=chelsea)
    again = looker.client.get(posted.headers["content-location"], headers={"accept": "text/plain"})
    assert again.content == posted.content


def test_the_format_that_the_accept_header_chose_is_in_the_content_location(looker: Looker, chelsea: bytes) -> None:
    headers = {"accept": "application/x-npy"}
    posted = looker.client.post("/feature-maps", params={"layer": "logits"}, content=chelsea, headers=headers)
    assert posted.headers["content-type"] == "application/x-npy"
    assert "format=npy" in posted.headers["content-location"]


def test_an_answer_to_a_post_is_not_to_be_cached(looker: Looker, chelsea: bytes) -> None:
    posted = looker.client.post("/feature-maps", params={"layer": "logits"}, content=chelsea)
    assert posted.headers["cache-control"] == "no-store"
    assert "etag" not in posted.headers


def test_a_wrong_question_is_refused_before_the_photo_is_read(strict: httpx.Client) -> None:
    body = bytes(STRICT_BYTES + 1)
    problem_of(strict.post("/feature-maps", params={"layer": "conv99"}, content=body), LayerUnknown)
    for query in ({"layer": "logits", "channels": "99"}, {"layer": "logits", "scale": "x"}, {"format": "png"}):
        problem_of(strict.post("/feature-maps", params=query, content=body), ParameterInvalid)
    problem_of(strict.post("/feature-maps", params={"layer": "logits"}, content=body), BodyTooLarge)


def content_of(response: httpx.Response) -> bytes:
    """Without the photo's id, which each post gets anew."""
    return response.content.replace(response.headers["catscan-image-id"].encode(), b"")


def described(response: httpx.Response) -> dict[str, str]:
    """The headers that do not belong to one response."""
    own = {"server-timing", "date", "etag", "cache-control", "x-request-id", "catscan-image-id"}
    kept = {name: value for name, value in response.headers.items() if name not in own}
    return {name: value.replace(response.headers["catscan-image-id"], "") for name, value in kept.items()}
