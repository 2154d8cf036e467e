"""Requests that are none, or odd ones: each is answered, with what it deserves, and the connection is closed."""

import pytest

from app.connections import MOST_HEAD, HeadTooLarge, RequestMalformed
from tests.app.bad_input.conftest import MAX_BODY, Victim
from tests.app.bad_input.made_files import SMALL
from tests.app.bad_input.raw import exchange, get, post
from tests.app.conftest import problem_of
from tests.conftest import encoded

PHOTO = encoded(SMALL, "JPEG")
LENGTH = b"Content-Length: %d\r\n" % len(PHOTO)
CHUNKED, CHUNK = b"Transfer-Encoding: chunked\r\n", b"%x\r\n%s\r\n" % (len(PHOTO), PHOTO)
MALFORMED, TOO_LARGE = (400, "request_malformed"), (431, "head_too_large")
NO_IMAGE, GOOD = (422, "not_an_image"), (200, None)
LIVE = b"/health/live"
UPGRADE = b"Connection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAAAA\r\n"
OUT_OF_LINE = {
    "a length and chunks": (post(LENGTH + CHUNKED, CHUNK + b"0\r\n\r\n"), MALFORMED),
    "two lengths": (post(b"Content-Length: 5\r\nContent-Length: 6\r\n", b"123456"), MALFORMED),
    "a negative length": (post(b"Content-Length: -1\r\n", PHOTO), MALFORMED),
    "a length of thirty digits": (post(b"Content-Length: %s\r\n" % (b"9" * 30), PHOTO), MALFORMED),
    "a length beyond the limit": (
        post(b"Content-Length: %d\r\n" % (MAX_BODY + 1), bytes(MAX_BODY + 1)), (413, "body_too_large")
    ),
    "a coding that is not chunked": (post(b"Transfer-Encoding: gzip\r\n", PHOTO), MALFORMED),
    "a coding after chunked": (post(b"Transfer-Encoding: chunked, gzip\r\n", CHUNK), MALFORMED),
    "a chunk of 2**160 bytes": (post(CHUNKED, b"f" * 40 + b"\r\n" + PHOTO), MALFORMED),
    "a chunk of negative size": (post(CHUNKED, b"-5\r\n" + PHOTO), MALFORMED),
    "a chunk without a size": (post(CHUNKED, b"\r\n" + PHOTO), MALFORMED),
    "a chunk longer than it says": (post(CHUNKED, b"5\r\n" + PHOTO), MALFORMED),
    "a chunk with a long extension": (post(CHUNKED, b"3;a=%s\r\nabc\r\n0\r\n\r\n" % (b"x" * 20_000)), NO_IMAGE),
    "a chunk with an endless extension": (post(CHUNKED, b"3;a=" + b"x" * 400_000), TOO_LARGE),
    "trailers": (post(CHUNKED, CHUNK + b"0\r\nContent-Type: application/json\r\nPrefer: wait=0\r\n\r\n"), GOOD),
    "endless trailers": (post(CHUNKED, CHUNK + b"0\r\n" + b"a: b\r\n" * 100_000), TOO_LARGE),
    "a trailer of 400 KB": (post(CHUNKED, CHUNK + b"0\r\na: " + b"b" * 400_000), TOO_LARGE),
    "another protocol asked for": (post(UPGRADE + LENGTH, PHOTO), GOOD),
    "a socket asked for": (get(LIVE, b"Connection: Upgrade\r\nUpgrade: websocket\r\n"), GOOD),
    "a tunnel asked for": (b"CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", MALFORMED),
    "an expectation of something else": (post(b"Expect: 200-ok\r\nContent-Length: 3\r\n", b"abc"), NO_IMAGE),
    "a body where none is read": (get(LIVE, b"Content-Length: 3\r\n") + b"abc", GOOD),
    "2000 headers": (get(LIVE, b"".join(b"a%d: b\r\n" % number for number in range(2000))), GOOD),
    "20,000 headers": (get(LIVE, b"".join(b"a%d: b\r\n" % number for number in range(20_000))), TOO_LARGE),
    "a header of 40 KB": (get(LIVE, b"a: " + b"b" * 40_000 + b"\r\n"), TOO_LARGE),
    "headers without end": (get(LIVE)[:-2] + b"a: b\r\n" * 100_000, TOO_LARGE),
    "an address without end": (b"GET /layers?" + b"a" * 400_000, TOO_LARGE),
    "lines without end": (b"\r\n" * 100_000, TOO_LARGE),
    "a header without a name": (get(LIVE, b": a\r\n"), MALFORMED),
    "a header over two lines": (get(LIVE, b"A: b\r\n c\r\n"), MALFORMED),
    "a space before the colon": (get(LIVE, b"A : b\r\n"), MALFORMED),
    "a NUL in a header": (get(LIVE, b"A: b\0c\r\n"), MALFORMED),
    "a NUL in the path": (get(b"/a\0b"), MALFORMED),
    "an escaped NUL in the path": (get(b"/layers/%00/kernels"), (404, "layer_unknown")),
    "wrong escapes in the path": (get(b"/%zz%f%"), (404, "path_unknown")),
    "wrong escapes in the query": (get(b"/layers?version=%zz%f%"), (400, "parameter_invalid")),
    "bytes beyond ASCII in the path": (get(b"/\xff\xfe"), MALFORMED),
    "no UTF-8 in the escaped path": (get(b"/%ff%fe%c0%af"), (404, "path_unknown")),
    "no UTF-8 in the query": (get(b"/feature-maps?image_id=%ff%fe&layer=%c0%af"), (404, "image_unknown")),
    "no UTF-8 in headers": (
        post(b"Content-Type: \xff\xfe/\x80\r\nAccept: \xff\r\nPrefer: \xff\r\nContent-Length: 3\r\n", b"abc"), NO_IMAGE
    ),
    "no UTF-8 in the boundary": (
        post(b"Content-Type: multipart/form-data; boundary=\xff\r\nContent-Length: 3\r\n", b"abc"),
        (400, "multipart_malformed"),
    ),
    "a way out of the folder": (get(b"/../../../etc/passwd"), (404, "path_unknown")),
    "an escaped way out of the folder": (get(b"/%2e%2e/%2e%2e/etc/passwd"), (404, "path_unknown")),
    "a whole URL": (get(b"http://elsewhere.example" + LIVE), GOOD),
    "HTTP/1.0": (b"GET /health/live HTTP/1.0\r\n\r\n", GOOD),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", MALFORMED),
    "HTTP/9.9": (b"GET /health/live HTTP/9.9\r\n\r\n", MALFORMED),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(200)), MALFORMED),
    "a method that there is not": (b"FROB / HTTP/1.1\r\n\r\n", MALFORMED),
    "noise": (bytes(range(256)) * 10, MALFORMED),
}  # fmt: skip


@pytest.mark.parametrize("name", OUT_OF_LINE)
def test_an_odd_request_is_answered_once_and_its_connection_closed(victim: Victim, name: str) -> None:
    request, (status, code) = OUT_OF_LINE[name]
    reply = exchange(victim.address, request)
    assert (reply.statuses, reply.code) == ([status], code), reply.received


def test_what_comes_before_any_route_is_refused_as_all_the_rest(victim: Victim) -> None:
    long = victim.client.get("/layers", params={"version": "1" * MOST_HEAD})
    assert "at most 32768 bytes of address and headers" in problem_of(long, HeadTooLarge)["detail"]
    odd = victim.client.get("/layers", headers={"accept": "\x7f"})
    assert problem_of(odd, RequestMalformed)["detail"].endswith("received: Invalid header value char")
    for protocol in ("/v1/models", "/v2/models/cat"):
        answered = victim.client.get(protocol, params={"a": "a" * MOST_HEAD})
        assert answered.status_code == 431
        assert answered.json().keys() == {"error"}


def test_a_length_that_says_less_than_comes_ends_the_request_there(victim: Victim) -> None:
    request = post(LENGTH, PHOTO + b"GET /health/live HTTP/1.1\r\nHost: test\r\n\r\n")
    assert exchange(victim.address, request).statuses == [200]  # what comes after the end is not read
    reply = exchange(victim.address, post(b"Content-Length: %d\r\n" % (len(PHOTO) // 2), PHOTO))
    assert reply.statuses == [422]


def test_a_length_that_says_more_than_comes_is_waited_for_until_the_client_goes(victim: Victim) -> None:
    """One that does not go is in test_slow_clients.py."""
    request = post(b"Content-Length: %d\r\n" % (2 * len(PHOTO)), PHOTO)
    assert exchange(victim.address, request, ends=True).statuses == []


def test_requests_that_do_not_wait_for_the_answers_before_them_are_answered_in_turn(victim: Victim) -> None:
    """As many as may wait: the first one does not."""
    requests = [post(LENGTH, PHOTO), get(LIVE), get(b"/nowhere")] * 11
    kept = [request.replace(b"Connection: close\r\n", b"") for request in requests[:-1]]
    statuses = exchange(victim.address, b"".join([*kept, requests[-1]])).statuses
    assert statuses == [200, 200, 404] * 11


def test_more_of_them_than_may_wait_are_refused(victim: Victim) -> None:
    live = get(LIVE).replace(b"Connection: close\r\n", b"")
    reply = exchange(victim.address, live * 5000)
    assert reply.statuses == [400]
    assert reply.code == "request_malformed"
