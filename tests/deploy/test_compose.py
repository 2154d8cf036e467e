import copy
import importlib.resources
import json
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest

from tests.deploy.manifests import DEPLOY, ROOT, compose, objects

SCHEMA = importlib.resources.files("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json"
COMPOSE = compose()
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
(PROMETHEUS,) = objects(DEPLOY / "prometheus.yml")
(DATASOURCES,) = objects(DEPLOY / "grafana" / "datasources.yml")
(DASHBOARDS,) = objects(DEPLOY / "grafana" / "dashboards.yml")


@pytest.fixture(scope="module")
def schema() -> Any:
    """The Compose Specification's own."""
    return jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text()))


def mounts(service: str) -> dict[str, str]:
    """What a service sees of this repository: its place there, and here."""
    volumes = [volume.split(":") for volume in SERVICES[service]["volumes"]]
    return {place: source for source, place, *_ in volumes if source.startswith("./")}


def test_it_follows_the_specification(schema: Any) -> None:
    schema.validate(COMPOSE)


@pytest.mark.parametrize(("key", "value"), [("read_onyl", True), ("read_only", []), ("ports", "8000:8000")])
def test_the_specification_finds_what_breaks_it(schema: Any, key: str, value: Any) -> None:
    broken = copy.deepcopy(COMPOSE)
    broken["services"]["catscan"][key] = value
    with pytest.raises(jsonschema.ValidationError):
        schema.validate(broken)


def test_catscan_is_built_from_this_folder() -> None:
    assert SERVICES["catscan"]["build"] == "."
    assert (ROOT / "Dockerfile").is_file()


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"catscan"}))
def test_other_images_are_pinned_to_a_version(name: str) -> None:
    _, colon, tag = SERVICES[name]["image"].partition(":")
    assert colon
    assert tag.removeprefix("v").replace(".", "").isdigit()


@pytest.mark.parametrize("name", SERVICES)
def test_no_service_may_more_than_it_needs(name: str) -> None:
    assert SERVICES[name]["cap_drop"] == ["ALL"]
    assert SERVICES[name]["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "cap_add", "network_mode", "pid"} & set(SERVICES[name])
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[name].get("ports", []))


def test_redis_is_reached_by_catscan_alone() -> None:
    assert "ports" not in SERVICES["redis"]
    (network,) = SERVICES["redis"]["networks"]
    assert COMPOSE["networks"][network] == {"internal": True}
    assert [name for name, service in SERVICES.items() if network in service.get("networks", [])] == [
        "catscan",
        "redis",
    ]


@pytest.mark.parametrize("name", ["prometheus", "grafana"])
def test_every_file_that_is_mounted_exists(name: str) -> None:
    assert all((ROOT / source).is_file() for source in mounts(name).values())
    assert mounts(name)


def test_prometheus_asks_catscan_where_it_answers(client: httpx.Client) -> None:
    ((scrape,),) = [PROMETHEUS["scrape_configs"]]
    (group,) = scrape["static_configs"]
    name, _, port = group["targets"][0].partition(":")
    (published,) = SERVICES[name]["ports"]
    assert published.endswith(f":{port}")
    assert client.get(scrape["metrics_path"]).text.startswith("# HELP")
    assert mounts("prometheus")["/etc/prometheus/prometheus.yml"] == "./deploy/prometheus.yml"


def test_grafana_asks_prometheus_as_often_as_that_asks() -> None:
    (source,) = DATASOURCES["datasources"]
    (published,) = SERVICES["prometheus"]["ports"]
    assert source["type"] == "prometheus"
    assert source["url"] == f"http://prometheus:{published.rpartition(':')[2]}"
    assert source["jsonData"]["timeInterval"] == PROMETHEUS["global"]["scrape_interval"]
    assert mounts("grafana")["/etc/grafana/provisioning/datasources/catscan.yml"].endswith("datasources.yml")


def test_grafana_begins_with_the_dashboard() -> None:
    (provider,) = DASHBOARDS["providers"]
    home = SERVICES["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert mounts("grafana")[home] == "./deploy/grafana/catscan.json"
    assert str(Path(home).parent) == provider["options"]["path"]
    assert mounts("grafana")["/etc/grafana/provisioning/dashboards/catscan.yml"].endswith("dashboards.yml")
