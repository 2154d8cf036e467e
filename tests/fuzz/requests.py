"""Requests made of the OpenAPI document: `python -m tests.fuzz.requests --requests 20000`.

Schemathesis makes them, good and bad ones, in rounds of other seeds, and holds each answer to the document: a status
and a content type that stand there, a body of the documented shape, no failure, and none after the deadline. Half of
the names in them are those of what there is, so that not all ends in a 404. The service itself counts them.
"""

import argparse
import base64
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import orjson
from prometheus_client.parser import text_string_to_metric_families

from app.keys import hash_of, new_key
from app.settings import PREFIX, Settings
from benchmarks.processes import memory
from tests.app.conftest import answer_of, wait_until_ready
from tests.app.loopback import PATIENCE
from tests.app.service_process import Process, start
from tests.conftest import encoded, photo_of

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
MOST_MB = 400  # by which all processes of the service may grow, from their first answers on
CONFIG = """\
[checks.not_a_server_error]
expected-statuses = ["2xx", "3xx", "4xx", 503, 504]

[dictionaries]
{dictionaries}

[parameters]
{parameters}
"""


@contextmanager
def serving(folder: Path, key: str) -> Iterator[tuple[Process, httpx.Client]]:
    """A service of its own, whose versions may be changed with this key."""
    options = {"WORKERS": 1, "ADMIN_KEYS": f"fuzzer:{hash_of(key).hex()}", "MAX_WAIT_S": 3600}
    process = start(folder / "served", **{PREFIX + name: value for name, value in options.items()})
    try:
        with httpx.Client(base_url=process.address(), timeout=PATIENCE, trust_env=False) as client:
            wait_until_ready(client)
            yield process, client
    finally:
        process.kill()


def write_config(file: Path, client: httpx.Client) -> None:
    """Tells Schemathesis some names that there are."""
    photo = encoded(photo_of("chelsea").resize((90, 60)), "JPEG")
    layers = [layer["name"] for layer in client.get("/layers").json()["layers"]]
    model = client.get("/layers").json()["model"]
    known: dict[str, list[str | int]] = {
        "model": [model["name"], f"{model['name']}-features", f"{model['name']}-tensor"],
        "name": [model["name"]],
        "version": [model["version"], 0, "stable"],
        "layer": layers[:4] + layers[-4:],
        "image_id": [answer_of(client, photo)["image_id"]],
        "label": ["cat", "stable", "canary"],
        "format": ["json", "npy", "png", "npz"],
        "channel": [0, 1],
        "body.image": [base64.b64encode(photo).decode()],
    }
    lists = [f"{name.replace('.', '_')} = {{ values = {orjson.dumps(them).decode()} }}" for name, them in known.items()]
    bound = [f'"{name}" = {{ dictionary = "{name.replace(".", "_")}", probability = 0.5 }}' for name in known]
    file.write_text(CONFIG.format(dictionaries="\n".join(lists), parameters="\n".join(bound)))


def answered(client: httpx.Client) -> dict[str, int]:
    """How many requests were answered with each status so far, as the service counts them."""
    counts: dict[str, int] = {}
    for family in text_string_to_metric_families(client.get("/metrics").text):
        for sample in family.samples:
            if sample.name == "catscan_http_requests_total":
                status = sample.labels["status"]
                counts[status] = counts.get(status, 0) + int(sample.value)
    return counts


def main() -> None:
    parser = argparse.ArgumentParser("python -m tests.fuzz.requests", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--requests", type=int, default=20_000, help="how many at least [20000]")
    parser.add_argument("--examples", type=int, default=100, help="for each operation in a round [100]")
    parser.add_argument("--phases", default="coverage,fuzzing", help="Schemathesis' own [coverage,fuzzing]")
    parser.add_argument("--seed", type=int, default=1, help="of the first round [1]")
    options = parser.parse_args()
    key = new_key()
    with tempfile.TemporaryDirectory() as place, serving(Path(place), key) as (process, client):
        config = Path(place) / "schemathesis.toml"
        write_config(config, client)
        first, resident = answered(client), memory(process.running.pid).rss
        seed, counted = options.seed, 0
        while counted < options.requests:
            command = [
                str(Path(sys.executable).with_name("st")), "--config-file", str(config), "run",
                str(client.base_url.join("/openapi.json")), "--checks", CHECKS, "--phases", options.phases,
                "--max-examples", str(options.examples), "--seed", str(seed), "--continue-on-failure", "--no-color",
                "--max-response-time", str(Settings().deadline_s), "--generation-database", "none",
                "--warnings", "off", "-H", f"X-Api-Key: {key}",
            ]  # fmt: skip
            done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False, env=os.environ)
            counts = {status: number - first.get(status, 0) for status, number in answered(client).items()}
            counted, grown = sum(counts.values()), memory(process.running.pid).rss - resident
            said = ", ".join(f"{status}: {number}" for status, number in sorted(counts.items()))
            sys.stdout.write(f"seed {seed}: {counted} requests so far ({said}); {grown:+.0f} MB\n")
            sys.stdout.flush()
            if done.returncode or "500" in counts or grown > MOST_MB:
                sys.exit(f"{done.stdout[-20_000:]}\n{done.stderr[-3000:]}\n{process.text()[-5000:]}")
            seed += 1


if __name__ == "__main__":
    main()
