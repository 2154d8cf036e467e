"""What the manifests say of catscan's containers, against catscan itself."""

import re
from pathlib import Path

import httpx
import numpy as np
import pytest

from app import __version__
from app.observing.shared_metrics import ANEW, KEPT
from app.photos.photo_file import Row, open_file
from app.registry.registry import first_to_serve
from app.settings import PREFIX, Settings, SettingsInvalid, load_settings
from model.manifest import Manifest
from tests.deploy.manifests import ROOT, Container, compose, containers, one, quantity

CONTAINERS = {each.where: each for each in containers()}
DOCKERFILE = (ROOT / "Dockerfile").read_text()
PROBES = "startupProbe", "readinessProbe", "livenessProbe"
IN_PODS = [where for where, each in CONTAINERS.items() if each.pod]
PROBED = [where for where, each in CONTAINERS.items() if "livenessProbe" in each.said]
LARGEST_BYTES = 24  # a pixel at most, while it is decoded: 3.5 GiB beside 0.7 GiB for five photos of 25 million pixels
STEPS_BYTES = 2000  # of a photo's steps, as JSON


@pytest.fixture
def settings(where: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Those that a container starts with."""
    for name, value in CONTAINERS[where].environment.items():
        if name.startswith(PREFIX):
            monkeypatch.setenv(name, value)
    return load_settings()


def test_the_containers_of_all_kinds_are_looked_at() -> None:
    assert len(CONTAINERS) == 3  # Deployment, InferenceService, compose
    assert len(PROBED) == 2


@pytest.mark.parametrize("where", CONTAINERS)
def test_every_variable_is_a_setting_and_its_value_is_taken(where: str, settings: Settings) -> None:
    names = {name.removeprefix(PREFIX).lower() for name in CONTAINERS[where].environment if name.startswith(PREFIX)}
    assert names <= set(Settings.model_fields)
    assert names <= settings.model_fields_set


@pytest.mark.parametrize("where", CONTAINERS)
def test_the_image_has_the_version_of_the_code(where: str) -> None:
    assert CONTAINERS[where].image.partition(":")[2] == __version__


@pytest.mark.parametrize("where", IN_PODS)
def test_the_user_is_the_images(where: str) -> None:
    user = re.search(r"^USER (\d+):(\d+)$", DOCKERFILE, re.MULTILINE)
    context = CONTAINERS[where].pod["securityContext"]
    assert user
    assert [context["runAsUser"], context["runAsGroup"]] == [int(number) for number in user.groups()]


def test_a_service_beside_it_would_set_the_port(monkeypatch: pytest.MonkeyPatch) -> None:
    """Why no pod wants to know of services: Kubernetes says this of a service catscan."""
    monkeypatch.setenv("CATSCAN_PORT", "tcp://10.96.0.7:8000")
    with pytest.raises(SettingsInvalid, match="CATSCAN_PORT"):
        load_settings()


@pytest.mark.parametrize("where", IN_PODS)
def test_so_no_pod_is_told_of_services(where: str) -> None:
    assert CONTAINERS[where].pod["enableServiceLinks"] is False


@pytest.mark.parametrize("where", PROBED)
def test_every_probe_is_answered(where: str, client: httpx.Client, settings: Settings) -> None:
    said = CONTAINERS[where].said
    (port,) = said["ports"]
    paths = client.get("/openapi.json").json()["paths"]
    for probe in PROBES:
        asked = said[probe]["httpGet"]
        assert "get" in paths[asked["path"]]
        assert client.get(asked["path"]).status_code == 200
        assert asked["port"] in (port["name"], port["containerPort"])
    assert port["containerPort"] == settings.port
    assert f"CATSCAN_PORT={settings.port}" in DOCKERFILE
    assert f"EXPOSE {settings.port}\n" in DOCKERFILE


@pytest.mark.parametrize("where", PROBED)
def test_a_slow_start_is_waited_for_and_a_busy_service_left_alone(where: str) -> None:
    start, ready, live = (CONTAINERS[where].said[probe] for probe in PROBES)
    assert (
        start["periodSeconds"] * start["failureThreshold"] >= 60
    )  # 3 to 10 s on idle cores; 22 s were seen on busy ones
    assert live["periodSeconds"] * live["failureThreshold"] > ready["periodSeconds"] * ready["failureThreshold"]
    assert ready["httpGet"]["path"] == start["httpGet"]["path"] != live["httpGet"]["path"]


@pytest.mark.parametrize("where", CONTAINERS)
def test_what_is_being_answered_is_answered_before_the_end(where: str, settings: Settings) -> None:
    before = CONTAINERS[where].said.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
    assert CONTAINERS[where].grace_s >= before + settings.deadline_s


@pytest.mark.parametrize("where", CONTAINERS)
def test_the_shared_memory_has_room_for_a_store_and_many_workers(where: str, tmp_path: Path) -> None:
    """Nobody needs it as the manifests are: but somebody who asks for more workers will."""
    manifest, settings = Manifest.load(first_to_serve(Settings()).folder), Settings()
    pixels = np.random.default_rng(0).bytes(manifest.height * manifest.width * 3)
    store = open_file(tmp_path / "photos.sqlite", busy_s=1)
    for number in range(settings.store_photos + 100):
        photo = Row(f"{number:032x}", f"address:{number:032x}", b"x" * STEPS_BYTES + pixels)
        store.put([photo], now=1.0, too_old=0.0, most=settings.store_photos)
    taken = sum(file.stat().st_size for file in tmp_path.iterdir())
    store.close()
    counted = 64 * sum((KEPT | ANEW).values())  # as many workers as there may be
    assert CONTAINERS[where].shared_memory >= taken + counted


def resources(container: Container, kind: str, name: str) -> float:
    return quantity(container.said["resources"][kind][name])


@pytest.mark.parametrize("where", IN_PODS)
def test_the_largest_photos_fit_into_the_memory(where: str, settings: Settings) -> None:
    container = CONTAINERS[where]
    threads = resources(container, "limits", "cpu") + 1  # the lanes that it starts with
    needed = 0.75 * 2**30 + threads * settings.max_pixels * LARGEST_BYTES
    assert needed <= resources(container, "limits", "memory")
    assert resources(container, "requests", "memory") <= resources(container, "limits", "memory")


@pytest.mark.parametrize("where", IN_PODS)
def test_all_pods_answer_alike(where: str, settings: Settings) -> None:
    # What one start measures, another may measure differently.
    assert CONTAINERS[where].environment["CATSCAN_PRECISION"] == settings.precision != "auto"


@pytest.mark.parametrize("where", IN_PODS)
def test_one_process_has_the_cores_that_it_can_keep_busy(where: str, settings: Settings) -> None:
    assert settings.workers == 1
    assert resources(CONTAINERS[where], "limits", "cpu") == 4


def test_pods_and_redis_agree_on_the_address() -> None:
    container = CONTAINERS["kubernetes/deployment.yaml: Deployment catscan"]
    service = one("Service", "catscan-redis")
    address = f"redis://{service['metadata']['name']}:{service['spec']['ports'][0]['port']}/0"
    assert container.environment["CATSCAN_STORE"] == address
    store = CONTAINERS["compose.yaml"].environment["CATSCAN_STORE"]
    assert store == "redis://redis:6379/0"
    assert set(compose()["services"]["catscan"]["networks"]) & set(compose()["services"]["redis"]["networks"])
