"""One rate for several workers, and for several machines; and what they all write of those who ask."""

import base64
import contextlib
import json
import math
import re
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from PIL import Image

from app.access.refusals import KeyWrong, RateExceeded
from app.keys import hash_of, new_key
from app.redis_address import redis_address
from app.registry.registry import first_to_serve
from app.settings import Settings
from tests.app.conftest import serving, wait_until_ready
from tests.app.loopback import PATIENCE
from tests.app.redis_process import running_redis
from tests.app.service_process import Process, start
from tests.conftest import encoded, photo_of

RATE = 60
ONE_MODEL = first_to_serve(Settings()).folder
KEYS = {name: new_key() for name in ("ann", "ben")}
ADDRESS, NETWORK = "2001:db8:4242:17::93", "2001:db8:4242:17"
FILE_NAME, EXIF = "my-holiday-with-tom.jpg", "Taken by Zacharias Quellmalz"


@pytest.fixture(scope="module")
def workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """A service of two workers with keys, which writes all that it ever writes."""
    keys = ",".join(f"{name}:{hash_of(key).hex()}" for name, key in KEYS.items())
    process = start(
        tmp_path_factory.mktemp("workers") / "service", CATSCAN_WORKERS=2, CATSCAN_API_KEYS=keys,
        CATSCAN_RATE_PER_KEY=RATE, CATSCAN_LOG_LEVEL="debug", CATSCAN_ACCESS_LOG="1", CATSCAN_MODELS=ONE_MODEL,
    )  # fmt: skip
    try:
        process.wait_for("(Application startup complete)", 2)
        process.wait_for("(ready after .*: cat version)", 2)
        yield process
    finally:
        process.kill()


def granted_by(addresses: list[str], headers: dict[str, str]) -> tuple[int, int]:
    """How many of many questions are answered, and how many may be."""
    began = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        statuses = Counter(pool.map(partial(status, headers=headers), addresses * (2 * RATE // len(addresses))))
    assert statuses.keys() == {400, 429}  # there is no photo in them, which is found out later
    return statuses[400], math.floor(RATE + RATE * (time.monotonic() - began) / 60)


def status(address: str, headers: dict[str, str]) -> int:
    """Of a question over a connection of its own, so that all workers get some."""
    with contextlib.closing(HTTPConnection(urlsplit(address).netloc, timeout=PATIENCE)) as connection:
        connection.request("POST", "/hf", headers=headers)
        return connection.getresponse().status


def test_two_workers_grant_together_what_one_would(workers: Process) -> None:
    granted, most = granted_by([workers.address()], {"x-api-key": KEYS["ann"]})
    numbers = httpx.get(f"{workers.address()}/metrics", trust_env=False).text
    # A worker that Linux stops while it has the ledger makes the other count for itself, which says so.
    alone = sum(map(float, re.findall(r'catscan_store_failures_total\{operation="count"\} (\S+)', numbers)))
    assert "catscan_store_failures_total{" in numbers
    assert RATE <= granted <= most + alone
    counted = re.findall(r'catscan_worker_requests_total\{worker="\d"\} (\S+)', numbers)
    assert len(counted) == 2
    assert min(map(float, counted)) > 0  # both of them were asked


def test_neither_the_log_nor_the_metrics_know_a_key_an_address_or_anything_of_a_photo(workers: Process) -> None:
    exif = Image.Exif()
    exif[0x010E] = EXIF
    photo = encoded(photo_of("chelsea"), "JPEG", exif=exif.tobytes())
    headers = {"x-forwarded-for": ADDRESS, "authorization": f"Bearer {KEYS['ben']}"}
    stranger = {"x-forwarded-for": ADDRESS, "x-api-key": (wrong := new_key())}
    with httpx.Client(base_url=workers.address(), trust_env=False, timeout=PATIENCE, headers=headers) as client:
        image_id = client.post("/predict", files={"file": (FILE_NAME, photo)}).json()["image_id"]
        images = {"images": [base64.b64encode(photo).decode()]}
        responses = [
            client.get("/feature-maps", params={"image_id": image_id, "layer": "conv1", "format": "png"}),
            client.get(f"/feature-maps?layer=conv1&image%5Fid={image_id}"),
            client.post("/predict/batch", json=images),
            client.post("/predict", files={"file": (FILE_NAME, photo[:-100])}),
            client.post("/predict", files={"file": (FILE_NAME, b"no photo")}),
            client.post("/predict", files={FILE_NAME: (FILE_NAME, photo)}),
            client.post("/predict", content=photo[1000:], headers={"content-type": "multipart/form-data; boundary=b"}),
            client.post("/admin/models/cat/rollback"),
            httpx.post(f"{workers.address()}/predict", content=photo, headers=stranger, trust_env=False),
        ]
        assert [response.status_code for response in responses] == [200, 200, 200, 422, 422, 400, 400, 403, 401]
        while client.post("/hf").status_code != 429:
            pass
        text = client.get("/metrics").text
    for code in (KeyWrong.code, RateExceeded.code):
        assert float(re.findall(rf'catscan_rejected_total\{{code="{code}"\}} (\S+)', text)[0]) >= 1
    entries = [json.loads(line) for line in workers.text().splitlines() if line.startswith("{")]
    assert {entry.get("holder") for entry in entries} == {"ann", "ben", None}
    assert len([entry for entry in entries if entry["status"] == 401]) == 1
    secrets = {
        "a key": KEYS["ben"], "a wrong key": wrong, "a key's hash": hash_of(KEYS["ben"]).hex(), "an address": ADDRESS,
        "a network": NETWORK, "the peer's address": "127.0.0.1:", "a file's name": FILE_NAME, "EXIF": EXIF,
        "words of EXIF": "Quellmalz", "what shows the photo": image_id, "base64": images["images"][0][:40],
    }  # fmt: skip
    log = workers.text().replace(workers.address(), "")
    for what, secret in secrets.items():
        assert secret not in log, what
        assert secret not in text, what


def test_two_machines_with_a_redis_grant_together_what_one_would_and_go_on_without_it(tmp_path: Path) -> None:
    with running_redis(tmp_path) as redis:
        settings = Settings(store=redis_address(redis.url), store_wait_s=60, models=ONE_MODEL, rate_per_address=RATE)
        with serving(settings) as one, serving(settings) as other:
            wait_until_ready(one)
            wait_until_ready(other)
            granted, most = granted_by([str(one.base_url), str(other.base_url)], {"x-forwarded-for": ADDRESS})
            assert RATE <= granted <= most
            redis.kill()
            origin = {"x-forwarded-for": "203.0.113.9"}
            statuses = [one.post("/hf", content=b"", headers=origin).status_code for _ in range(RATE + 20)]
            assert statuses[:RATE] == [400] * RATE  # answered, without Redis
            assert statuses[-1] == 429  # and counted
            failures = re.search(r'store_failures_total\{operation="count"\} (\S+)', one.get("/metrics").text)
            assert failures is not None
            assert float(failures[1]) >= RATE
