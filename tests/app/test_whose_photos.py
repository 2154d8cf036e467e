"""Clients among each other, over real sockets: who sees which photo, and whose goes when there is no room."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.errors import ImageUnknown
from app.keys import hash_of
from app.settings import Settings
from tests.app.conftest import answer_of, problem_of, serving, wait_until_ready
from tests.app.loopback import PATIENCE

ROOM = 6  # photos
KEYS = "anna", "ben"
BY_ID = [
    "/feature-maps", "/feature-maps?layer={layer}", "/feature-maps/statistics?layer={layer}", "/preprocessing",
    "/receipts?layer={layer}&channel=0&y=0&x=0", "/receptive-fields?layer={layer}&y=0&x=0",
    "/explanations?method=grad-cam", "/ablations?layer={layer}&channels=0",
]  # fmt: skip


@contextlib.contextmanager
def several(settings: Settings, **clients: dict[str, str]) -> Iterator[dict[str, httpx.Client]]:
    """Clients of one service, by name: each with headers, and perhaps an address, of its own."""
    with serving(settings) as service, contextlib.ExitStack() as opened:
        wait_until_ready(service)
        yield {
            name: opened.enter_context(
                httpx.Client(
                    base_url=service.base_url,
                    timeout=PATIENCE,
                    headers={header: said for header, said in known.items() if header != "address"},
                    transport=httpx.HTTPTransport(local_address=known.get("address")),
                )
            )
            for name, known in clients.items()
        }


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, httpx.Client]]:
    """With a key each; in the memory of one process."""
    keys = ",".join(f"{name}:{hash_of(name).hex()}" for name in KEYS)
    settings = Settings(store=tmp_path_factory.mktemp("keyed") / "x.sqlite", store_photos=ROOM, api_keys=keys)
    with several(settings, **{name: {"x-api-key": name} for name in KEYS}) as clients:
        yield clients


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("addressed") / "photos.sqlite"


@pytest.fixture(scope="module")
def addressed(file: Path) -> Iterator[dict[str, httpx.Client]]:
    """With an address each; in the file of several processes."""
    settings = Settings(store=file, store_photos=ROOM, workers=2)
    addresses = {name: {"address": f"127.0.0.{number}"} for number, name in enumerate(("anna", "ben", "carl"), start=2)}
    with several(settings, **addresses) as clients:
        yield clients


def seen(client: httpx.Client, links: list[str]) -> list[bool]:
    return [client.get(link).status_code == 200 for link in links]


def posted(client: httpx.Client, photo: bytes, times: int) -> list[str]:
    """The links in the answers to the same photo, posted again and again."""
    return [answer_of(client, photo)["feature_maps"] for _ in range(times)]


def test_what_came_with_a_key_is_unknown_to_every_other_wherever_one_asks(
    keyed: dict[str, httpx.Client], chelsea: bytes
) -> None:
    image_id = answer_of(keyed["anna"], chelsea)["image_id"]
    layer = keyed["anna"].get("/layers").json()["layers"][0]["name"]
    for path in BY_ID:
        url = httpx.URL(path.format(layer=layer))
        theirs, nobody_s = (url.copy_merge_params({"image_id": each}) for each in (image_id, "0" * 32))
        assert keyed["anna"].get(theirs).status_code in (200, 400)  # the first layer may have no such effect
        there = problem_of(keyed["ben"].get(theirs), ImageUnknown)
        nothing = problem_of(keyed["ben"].get(nobody_s), ImageUnknown)
        assert there["detail"].replace(image_id, "0" * 32) == nothing["detail"]
        assert there.keys() == nothing.keys()


def test_what_one_has_looked_at_another_is_not_told_to_have_seen_already(
    keyed: dict[str, httpx.Client], chelsea: bytes
) -> None:
    link = answer_of(keyed["anna"], chelsea)["feature_maps"]
    tag = keyed["anna"].get(link).headers["etag"]
    for known in (tag, "*"):
        problem_of(keyed["ben"].get(link, headers={"if-none-match": known}), ImageUnknown)
        assert keyed["anna"].get(link, headers={"if-none-match": known}).status_code == 304


def test_who_posts_ever_more_with_one_key_pushes_out_only_his_own(
    keyed: dict[str, httpx.Client], chelsea: bytes
) -> None:
    theirs = posted(keyed["ben"], chelsea, 2)
    many = posted(keyed["anna"], chelsea, 3 * ROOM)
    assert seen(keyed["ben"], theirs) == [True, True]
    assert seen(keyed["anna"], many) == [False] * (3 * ROOM - ROOM + 2) + [True] * (ROOM - 2)


def test_so_does_he_from_one_address_and_a_newcomer_gets_his_room(
    addressed: dict[str, httpx.Client], chelsea: bytes
) -> None:
    theirs = posted(addressed["ben"], chelsea, 2)
    many = posted(addressed["anna"], chelsea, 3 * ROOM)
    assert seen(addressed["ben"], theirs) == [True, True]
    new = posted(addressed["carl"], chelsea, 2)
    assert seen(addressed["ben"], theirs) == seen(addressed["carl"], new) == [True, True]
    assert seen(addressed["anna"], many)[-2:] == [True, True]


def test_what_came_without_a_key_may_be_shown_to_others_by_its_link(
    addressed: dict[str, httpx.Client], chelsea: bytes
) -> None:
    (link,) = posted(addressed["anna"], chelsea, 1)
    assert seen(addressed["carl"], [link]) == [True]


def test_no_address_is_in_the_file(addressed: dict[str, httpx.Client], file: Path, chelsea: bytes) -> None:
    posted(addressed["anna"], chelsea, 1)
    assert not [each.name for each in file.parent.glob(f"{file.name}*") if b"127.0.0." in each.read_bytes()]
