"""Each error of the tree in app/errors.py, provoked by a client over the socket."""

import time
from collections.abc import Callable

import httpx
import pytest
from PIL import Image

from app import errors
from app.access.refusals import AdminClosed, KeyWrong, RateExceeded
from app.connections import HeadTooLarge, RequestMalformed
from app.errors import InternalError, NotReady, ServiceError
from app.failures import DeviceFailed, EngineExhausted, ReplicaLost, StoreAway
from app.protocols.open_inference.refusals import AnswerTooLarge, CompressionInvalid, TensorInvalid
from app.registry.refusals import (
    PreviousMissing,
    VersionDiffers,
    VersionServes,
    VersionUnusable,
)
from app.scheduling.exchange import BodyTooSlow
from tests.app.conftest import STRICT_BYTES, STRICT_PIXELS, answer_of, problem_of
from tests.conftest import encoded

PHOTO = encoded(Image.effect_noise((64, 48), 50), "PNG")
FORM = {"content-type": "multipart/form-data; boundary=b"}
JSON = {"content-type": "application/json"}
PREDICT, BATCH = "/predict", "/predict/batch"
MAPS = "/feature-maps"
Ask = Callable[[httpx.Client], httpx.Response]


def posting(body: bytes, headers: dict[str, str] | None = None) -> Ask:
    return lambda client: client.post(PREDICT, content=body, headers=headers)


def looking(**query: str) -> Ask:
    """Asks for feature maps of a photo that is there."""
    return lambda client: client.get(MAPS, params={"image_id": answer_of(client, PHOTO)["image_id"], **query})


PROVOKED: dict[type[ServiceError], list[Ask]] = {
    errors.BodyTooLarge: [posting(bytes(STRICT_BYTES + 1))],
    BodyTooSlow: [],  # in scheduling/test_exchange.py and bad_input/test_slow_clients.py
    RequestMalformed: [],  # in bad_input/test_requests.py, as the next one: they come before any route
    HeadTooLarge: [],
    errors.PhotoMissing: [posting(b""), posting(b"--b--\r\n", FORM), lambda client: client.post(MAPS)],
    errors.MultipartMalformed: [
        posting(PHOTO, FORM),
        posting(b"--b\r\nContent-Disposition: form-data; name=file\r\n\r\n" + PHOTO, FORM),
        posting(PHOTO, {"content-type": "multipart/form-data"}),
        posting(PHOTO, {"content-type": "multipart/form-data; boundary=" + "b" * 300}),
    ],
    errors.JsonInvalid: [posting(b"{", JSON), posting(b"[]", JSON), lambda client: client.post(BATCH, content=PHOTO)],
    errors.Base64Malformed: [
        posting(b'{"image": "a cat!"}', JSON),
        posting(b'{"image": "https://cats.example/cat.jpg"}', JSON),
    ],
    errors.TooManyPhotos: [lambda client: client.post(BATCH, json={"images": ["QUJD"] * 65})],
    errors.NotAnImage: [posting(b"a cat"), posting(b"\xff\xd8\xff")],
    errors.FormatUnsupported: [posting(b"%PDF-1.7"), posting(encoded(Image.new("L", (9, 9)), "TIFF"))],
    errors.TooManyPixels: [posting(encoded(Image.new("L", (3, STRICT_PIXELS // 3 + 1)), "PNG"))],
    errors.PhotoTruncated: [posting(PHOTO[:-100])],
    errors.PhotoUndecodable: [posting(PHOTO[:80] + bytes(len(PHOTO) - 80))],
    errors.ImageUnknown: [
        lambda client: client.get(MAPS, params={"image_id": "0" * 32}),
        lambda client: client.get(MAPS, params={"image_id": "'; DROP TABLE photos; --\0", "layer": "conv1"}),
    ],
    errors.LayerUnknown: [looking(layer="conv99"), looking(layer=""), looking(layer="conv99", format="npy")],
    errors.EpochUnknown: [],  # below: so does it which layer was kept at all
    errors.ModelUnknown: [
        lambda client: client.get("/layers", params={"model": "lion"}),
        lambda client: client.post(PREDICT, content=PHOTO, params={"model": ""}),
    ],
    errors.VersionUnknown: [
        lambda client: client.get("/layers", params={"version": 999}),
        lambda client: client.post(PREDICT, content=PHOTO, params={"version": "canary"}),
    ],
    errors.PathUnknown: [
        lambda client: client.get("/cats"),
        lambda client: client.get("/%ff%00"),
        lambda client: client.get("/../app/errors.py"),
    ],
    errors.ParameterInvalid: [
        looking(format="jpeg"),
        lambda client: client.get("/layers", params={"version": "newest"}),
        looking(format="png"),  # of the list of layers
        looking(image_id="x" * 65),
        lambda client: client.get(MAPS),
    ],
    errors.TooManyNumbers: [],  # below: which layer is that large, the manifest knows
    # In tests/app/protocols/open_inference/test_infer.py, for its paths have another form of refusals:
    TensorInvalid: [],
    CompressionInvalid: [],
    AnswerTooLarge: [],
    EngineExhausted: [],  # in routes/test_failing_devices.py, and the next one
    DeviceFailed: [],
    errors.Overloaded: [],  # in test_admitted.py: it takes many at once
    AdminClosed: [],  # in test_administrators.py
    KeyWrong: [],  # likewise
    RateExceeded: [],  # in access/test_rated_photos.py: it takes a client that asks often
    VersionDiffers: [],  # in registry/test_changes.py, as the rest: it takes models that may be changed
    VersionServes: [],
    VersionUnusable: [],
    PreviousMissing: [],
    StoreAway: [],  # in test_shared_store.py: it takes a store that goes
    ReplicaLost: [],  # in cluster/test_front.py: it takes replicas that die
    errors.DeadlinePassed: [posting(PHOTO, {"prefer": "wait=0.000001"})],
    errors.MethodNotAllowed: [lambda client: client.get(PREDICT), lambda client: client.delete(MAPS)],
    errors.NotAcceptable: [
        lambda client: client.post(MAPS, params={"layer": "logits"}, content=PHOTO, headers={"accept": "text/plain"})
    ],
}
REQUESTS = [(error, ask) for error, asks in PROVOKED.items() for ask in asks]


def leaves(error: type[ServiceError]) -> set[type[ServiceError]]:
    kinds = error.__subclasses__()
    return set().union(*map(leaves, kinds)) if kinds else {error}


@pytest.mark.parametrize(("expected", "ask"), REQUESTS, ids=[error.code for error, _ in REQUESTS])
def test_a_wrong_request_gets_its_problem_document(
    strict: httpx.Client, expected: type[ServiceError], ask: Ask
) -> None:
    problem_of(ask(strict), expected)


def test_every_error_is_provoked_somewhere_in_the_tests() -> None:
    assert leaves(ServiceError) - {NotReady, InternalError} == set(PROVOKED)


def test_the_tree_that_is_drawn_is_the_tree_that_is() -> None:
    drawn = [line.split() for line in (errors.__doc__ or "").splitlines() if line.split()[-2:-1] and "── " in line]
    drawn_leaves = {(line[-3], int(line[-2]), line[-1]) for line in drawn if line[-2].isdecimal()}
    assert drawn_leaves == {(error.__name__, error.status, error.code) for error in leaves(ServiceError)}
    assert len({error.code for error in leaves(ServiceError)}) == len(drawn_leaves)


def test_a_method_that_a_path_does_not_take_is_answered_with_those_that_it_takes(strict: httpx.Client) -> None:
    response = strict.get(PREDICT)
    assert problem_of(response, errors.MethodNotAllowed)["detail"] == "Expected POST; received: GET"
    assert response.headers["allow"] == "POST"


def test_an_unknown_layer_is_answered_with_all_layers(strict: httpx.Client) -> None:
    names = ["images", *(layer["name"] for layer in strict.get("/layers").json()["layers"])]
    problem = problem_of(looking(layer="conv99")(strict), errors.LayerUnknown)
    assert problem["layers"] == names
    assert problem["detail"] == f"Expected one of {', '.join(names)}; received: 'conv99'"


def test_a_header_that_announces_a_giant_is_refused_at_once(strict: httpx.Client) -> None:
    giant = bytearray(encoded(Image.new("1", (8, 8)), "BMP"))
    giant[18:26] = (50_000).to_bytes(4, "little") * 2  # width and height
    start = time.monotonic()
    problem = problem_of(posting(bytes(giant))(strict), errors.TooManyPixels)
    assert problem["max_pixels"] == STRICT_PIXELS
    assert time.monotonic() - start < 10  # decoding 2.5 billion pixels takes longer, and more memory than there is


def test_as_many_pixels_as_are_allowed_are_taken(strict: httpx.Client) -> None:
    assert answer_of(strict, encoded(Image.new("L", (400, STRICT_PIXELS // 400)), "PNG"))


def test_a_photo_is_pushed_out_by_newer_ones(strict: httpx.Client, chelsea: bytes) -> None:
    one, two = (answer_of(strict, chelsea + bytes(number))["image_id"] for number in (1, 2))
    assert strict.get(MAPS, params={"image_id": one}).status_code == 200
    three = answer_of(strict, chelsea + bytes(3))["image_id"]
    problem = problem_of(strict.get(MAPS, params={"image_id": one}), errors.ImageUnknown)
    assert f"received: '{one}'" in problem["detail"]
    for kept in (two, three):
        assert strict.get(MAPS, params={"image_id": kept}).status_code == 200


def test_an_unknown_epoch_is_answered_with_those_that_were_kept(strict: httpx.Client) -> None:
    kept = strict.get("/snapshots").json()["snapshots"]
    layer = kept[0]["kernels"][0]
    problem = problem_of(strict.get(f"/layers/{layer}/kernels", params={"epoch": 10**6}), errors.EpochUnknown)
    assert problem["epochs"] == [each["epochs"] for each in kept if layer in each["kernels"]]
