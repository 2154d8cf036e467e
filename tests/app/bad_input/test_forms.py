"""Multipart bodies that are none, that are nested, or that have no end."""

import pytest

from tests.app.bad_input.conftest import MAX_BODY, Victim
from tests.app.bad_input.made_files import SMALL
from tests.conftest import encoded

PHOTO = encoded(SMALL, "PNG")
FILE = b'Content-Disposition: form-data; name="file"\r\n'
MALFORMED, MISSING, NO_IMAGE, GOOD = "multipart_malformed", "photo_missing", "not_an_image", None
SIZE = MAX_BODY - 1000


def part(content: bytes, headers: bytes = FILE) -> bytes:
    return b"--cut\r\n" + headers + b"\r\n" + content + b"\r\n"


def form(*parts: bytes) -> bytes:
    return b"".join(parts) + b"--cut--\r\n"


def nested(depth: int) -> bytes:
    """A form in a part of a form, and so on; the photo is in the innermost."""
    content, boundary = PHOTO, b"cut"
    for level in range(depth):
        inner = b"cut%d" % level
        kind = b"Content-Type: multipart/mixed; boundary=" + inner + b"\r\n"
        content = b"--%s\r\n%s%s\r\n%s\r\n--%s--\r\n" % (inner, FILE, kind, content, inner)
    return form(part(content).replace(b"--cut\r\n", b"--" + boundary + b"\r\n", 1))


FORMS = {
    "one photo": (form(part(PHOTO)), GOOD),
    "a photo after others": (
        form(*[part(b"x", b"Content-Disposition: form-data; name=a\r\n")] * 99, part(PHOTO)),
        GOOD,
    ),
    "too many parts": (
        form(*[part(b"x", b"Content-Disposition: form-data; name=a\r\n")] * 101, part(PHOTO)),
        MALFORMED,
    ),
    "a hundred thousand parts": (b"--cut\r\n\r\n\r\n" * 100_000, MALFORMED),
    "the first of two photos": (form(part(PHOTO), part(b"none")), GOOD),
    "forms in forms": (nested(3), NO_IMAGE),
    "forms 5000 deep": (nested(5000), NO_IMAGE),
    "no part": (form(), MISSING),
    "a part without a header": (form(part(PHOTO, b"")), MISSING),
    "a part of another name": (form(part(PHOTO, FILE.replace(b"file", b"photo"))), MISSING),
    "an empty part": (form(part(b"")), MISSING),
    "a name twice": (form(part(PHOTO, FILE[:-2] + b"; name=other\r\n")), MISSING),
    "a header without a colon": (form(part(PHOTO, b"Content-Disposition\r\n")), MALFORMED),
    "a header that is not ASCII": (form(part(PHOTO, b"\xff: \xfe\r\n" + FILE)), MALFORMED),
    "a header of 4 MB": (form(part(PHOTO, b"A: " + b"x" * SIZE + b"\r\n" + FILE)), MALFORMED),
    "a hundred headers": (form(part(PHOTO, b"A: b\r\n" * 100 + FILE)), MALFORMED),
    "a name of 4 MB": (form(part(PHOTO, FILE.replace(b"file", b"f" * SIZE))), MALFORMED),
    "a base64 photo": (form(part(b"iVBORw0KGgo=", FILE + b"Content-Transfer-Encoding: base64\r\n")), NO_IMAGE),
    "lines that end in LF": (form(part(PHOTO)).replace(b"\r\n", b"\n"), MALFORMED),
    "something before it": (b"before\r\n" + form(part(PHOTO)), MALFORMED),
    "empty lines before it": (b"\r\n" * 1000 + form(part(PHOTO)), GOOD),
    "4 MB behind it": (form(part(PHOTO)) + b"x" * (SIZE - 1000), GOOD),
    "no end": (part(PHOTO), MALFORMED),
    "an end in its middle": (form(part(PHOTO[:40])) + part(PHOTO[40:]), "photo_undecodable"),
    "nothing but boundaries": (b"--cut\r\n" * 100_000, MALFORMED),
    "nothing but almost boundaries": (form(part(b"\r\n--cu" * (SIZE // 6 - 100))), NO_IMAGE),
    "nothing but line ends": (form(part(b"\r" * (SIZE - 100))), NO_IMAGE),
}


@pytest.mark.parametrize("name", FORMS)
def test_a_form_is_read_or_refused_for_what_it_is(victim: Victim, name: str) -> None:
    body, code = FORMS[name]
    headers = {"content-type": "multipart/form-data; boundary=cut"}
    response = victim.client.post("/predict", content=body, headers=headers)
    assert response.json().get("code") == code, response.text
    assert response.status_code in (200, 400, 422)
    assert victim.client.get("/health/live").status_code == 200


@pytest.mark.parametrize(
    "boundary", ["", '""', "c" * 257, "cut; boundary=other", "cut\\", '"cut', "*=utf-8''cut", "--"]
)
def test_an_odd_boundary_is_a_malformed_form_or_finds_nothing(victim: Victim, boundary: str) -> None:
    headers = {"content-type": f"multipart/form-data; boundary={boundary}"}
    response = victim.client.post("/predict", content=form(part(PHOTO)), headers=headers)
    assert response.status_code == 200 or response.json()["code"] in (MALFORMED, MISSING), response.text
