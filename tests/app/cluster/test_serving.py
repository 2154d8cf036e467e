"""The service on a real Ray cluster of several nodes, with a real Redis: asked, overloaded, and a node of it killed."""

import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image

from app.errors import Overloaded
from model.artifact import Artifact
from model.preprocessing import preprocess
from tests.app.cluster.conftest import NODES, LocalCluster
from tests.app.cluster.deployed import ID, Clients, Deployed, Rows
from tests.app.conftest import answer_of, problem_of
from tests.app.loopback import PATIENCE
from tests.app.redis_process import running_redis
from tests.conftest import encoded, photo_of

NAMES = "chelsea", "coffee", "astronaut", "rocket"
PLACES = 8  # for photos in a replica
ROUNDING = 1e-4  # batches of other sizes, and codecs of another version


@pytest.fixture(scope="module")
def deployed(
    cluster: LocalCluster, tmp_path_factory: pytest.TempPathFactory, manifest_folder: Path
) -> Iterator[Deployed]:
    with running_redis(tmp_path_factory.mktemp("redis")) as redis:
        running = Deployed(
            cluster, tmp_path_factory.mktemp("ray"), NODES, CATSCAN_STORE=redis.url, CATSCAN_STORE_WAIT_S=30,
            CATSCAN_MODELS=manifest_folder, CATSCAN_QUEUE_PHOTOS=PLACES, CATSCAN_MAX_WAIT_S=PATIENCE,
        )  # fmt: skip
        running.wait_for(NODES)
        yield running


@pytest.fixture(scope="module")
def asked(deployed: Deployed) -> Iterator[httpx.Client]:
    """One whose every request is a new connection, and may come to another node: a proxy prefers its own replica."""
    alone = httpx.Limits(max_keepalive_connections=0)
    with httpx.Client(base_url=deployed.address, timeout=PATIENCE, trust_env=False, limits=alone) as client:
        yield client


@pytest.fixture(scope="module")
def photos() -> list[bytes]:
    return [encoded(photo_of(name), "JPEG", quality=90) for name in NAMES]


@pytest.fixture(scope="module")
def expected(photos: list[bytes], manifest_folder: Path) -> list[Rows]:
    """What the artifact itself says of each photo."""
    artifact = Artifact.load(manifest_folder)
    manifest = artifact.manifest
    seen = [preprocess(Image.open(io.BytesIO(photo)), manifest.height, manifest.width).pixels for photo in photos]
    return [
        dict(zip(manifest.labels, row.tolist(), strict=True)) for row in artifact.predict(np.stack(seen)).probabilities
    ]


def test_each_photo_gets_the_artifacts_answer(asked: httpx.Client, photos: list[bytes], expected: list[Rows]) -> None:
    for photo, scores in zip(photos, expected, strict=True):
        rows = {row["label"]: row["score"] for row in answer_of(asked, photo)["predictions"]}
        assert rows == pytest.approx(scores, abs=ROUNDING)


def test_what_one_replica_took_the_others_show(deployed: Deployed, asked: httpx.Client, photos: list[bytes]) -> None:
    taken: dict[str, str] = {}
    for number in range(20):
        response = asked.post("/predict", content=photos[0] + b"%d" % number, headers={ID: f"taken-{number}"})
        taken[f"taken-{number}"] = response.json()["feature_maps"]
    for name, link in taken.items():
        for _ in range(3):
            assert asked.get(link, headers={ID: name.replace("taken", "shown")}).status_code == 200
    who = {(line["request_id"], line["pid"]) for line in deployed.logged()}
    took = {name.removeprefix("taken-"): process for name, process in who if name.startswith("taken-")}
    showed = [(name.removeprefix("shown-"), process) for name, process in who if name.startswith("shown-")]
    assert len(took) == 20
    assert len(set(took.values())) == NODES
    assert any(took[name] != process for name, process in showed)


def test_an_answer_has_one_id_and_bears_its_times_and_its_safety(asked: httpx.Client, photos: list[bytes]) -> None:
    response = asked.post("/predict", content=photos[0], headers={ID: "mine-1"})
    assert response.headers.get_list(ID) == ["mine-1"]
    assert asked.get("/health/live", headers={ID: "a b"}).headers[ID].isalnum()
    assert "compute" in response.headers["server-timing"]
    assert response.headers["x-content-type-options"] == "nosniff"
    assert asked.get("/", headers={"accept": "text/html"}).text.startswith("<!doctype html>")


def test_large_bodies_come_through_and_too_large_ones_are_refused_by_us(
    asked: httpx.Client, photos: list[bytes]
) -> None:
    most = 20 * 2**20
    assert asked.post("/predict", content=photos[0] + bytes(most - len(photos[0]))).status_code == 200
    response = asked.post("/predict", content=bytes(most + 1))
    assert (response.status_code, response.json()["code"]) == (413, "body_too_large")


def test_too_much_is_refused_by_us_and_not_by_ray_serve(deployed: Deployed) -> None:
    photo = encoded(Image.effect_noise((1600, 1200), 60), "JPEG")

    def post(_: int) -> httpx.Response:
        return httpx.post(f"{deployed.address}/predict", content=photo, timeout=PATIENCE, trust_env=False)

    with ThreadPoolExecutor(8 * NODES * PLACES) as pool:
        responses = list(pool.map(post, range(16 * NODES * PLACES)))
    refused = [response for response in responses if response.status_code != 200]
    assert 0 < len(refused) < len(responses)
    for response in refused:
        assert int(problem_of(response, Overloaded)["retry_after_s"]) >= 1


def test_a_node_that_is_killed_loses_nothing_and_its_replica_comes_back_elsewhere(
    cluster: LocalCluster, deployed: Deployed, photos: list[bytes], expected: list[Rows]
) -> None:
    clients = Clients(deployed.address, photos, NODES * PLACES)
    clients.go_on(50)
    (victim, *_) = [node for node in cluster.nodes if deployed.replicas(node)]
    cluster.kill(victim)
    clients.go_on(100)
    node = cluster.start_node()
    deployed.wait_for(NODES)
    clients.go_on(50)
    clients.stop()
    assert deployed.replicas(node)
    assert clients.refused == []
    assert len(clients.answers) == clients.sent
    for photo, scores in clients.answers:
        assert scores == pytest.approx(expected[photo], abs=ROUNDING)


def test_a_replica_that_is_wanted_no_longer_first_answers_what_it_took(deployed: Deployed, photos: list[bytes]) -> None:
    clients = Clients(deployed.address, photos, PLACES // 2)
    clients.go_on(20)
    deployed.deploy(1)
    deployed.wait_for(1)
    clients.go_on(20)
    clients.stop()
    assert clients.refused == clients.again == []
    assert len(clients.answers) == clients.sent


def test_a_load_that_one_replica_cannot_answer_in_time_gets_another(deployed: Deployed, photos: list[bytes]) -> None:
    deployed.deploy(1, most=NODES, target_ongoing_requests=2, upscale_delay_s=1)
    deployed.wait_for(1)
    clients = Clients(deployed.address, photos, PLACES)
    deployed.wait_for(NODES)
    clients.go_on(50)
    clients.stop()
    assert clients.refused == []
    assert len(clients.answers) == clients.sent
