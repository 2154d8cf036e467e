"""Grafana's dashboard against what /metrics really says."""

import itertools
import json
import re
from typing import Any

import httpx
import pytest

from app.observing.metrics import Metrics
from tests.app.observing.test_metrics import Samples, parsed
from tests.deploy.manifests import DEPLOY, WITH_PROMETHEUS, one
from tests.deploy.queries import Query

DASHBOARD: dict[str, Any] = json.loads((DEPLOY / "grafana" / "catscan.json").read_text())
PANELS: dict[str, dict[str, Any]] = {panel["title"]: panel for panel in DASHBOARD["panels"]}
VARIABLES = {variable["name"]: variable for variable in DASHBOARD["templating"]["list"]}
TARGETS = [(title, target) for title, panel in PANELS.items() for target in panel["targets"]]
OF_PROMETHEUS = {"job", "instance"}  # labels that it adds to what it scrapes
WIDTH = 24  # columns of Grafana's grid


@pytest.fixture(scope="module")
def samples(client: httpx.Client, chelsea: bytes) -> Samples:
    """After an answer and a refusal."""
    answer = client.post("/predict", content=chelsea).json()
    assert client.get("/feature-maps", params={"image_id": answer["image_id"]}).status_code == 200
    assert client.post("/predict", content=b"no photo").status_code == 422
    return parsed(client.get("/metrics").text)


@pytest.fixture(scope="module")
def labels(samples: Samples) -> dict[str, set[str]]:
    """Those of each metric, beside Prometheus' own."""
    found: dict[str, set[str]] = {}
    for name, values in samples:
        found.setdefault(name, set(OF_PROMETHEUS)).update(dict(values))
    return found


@pytest.mark.parametrize(("title", "target"), TARGETS)
def test_every_metric_and_label_of_a_query_exists(
    title: str, target: dict[str, Any], labels: dict[str, set[str]]
) -> None:
    query = Query.of(target["expr"])
    assert query.metrics, title
    for metric in query.metrics:
        assert query.labels <= labels[metric], title


@pytest.mark.parametrize(("title", "target"), TARGETS)
def test_a_legend_names_labels_that_are_left(title: str, target: dict[str, Any]) -> None:
    query, named = Query.of(target["expr"]), set(re.findall(r"{{(\w+)}}", target["legendFormat"]))
    if query.grouped is not None:
        assert named <= query.grouped
    if len(PANELS[title]["targets"]) > 1:
        assert target["legendFormat"]


@pytest.mark.parametrize(("title", "target"), TARGETS)
def test_every_query_keeps_to_the_chosen_machines(title: str, target: dict[str, Any]) -> None:
    selectors = len(re.findall(r'\{job=~"\$job", instance=~"\$instance"', target["expr"]))
    assert selectors == len(re.findall(r"\w\{", target["expr"])) >= 1
    assert set(re.findall(r"\$([a-z]\w*)", target["expr"])) <= set(VARIABLES), title


def test_a_wrong_query_would_be_found(labels: dict[str, set[str]]) -> None:
    with pytest.raises(ValueError, match="parenthesis"):
        Query.of("sum by (route (catscan_http_requests_total)")
    query = Query.of('sum by (code) (rate(catscan_http_requests_total{colour="red"}[$__rate_interval]))')
    assert query.labels - labels["catscan_http_requests_total"] == {"code", "colour"}
    assert Query.of("catscan_cats").metrics == {"catscan_cats"}
    assert "catscan_cats" not in labels


def test_every_metric_of_ours_is_drawn(samples: Samples) -> None:
    drawn = set().union(*(Query.of(target["expr"]).metrics for _, target in TARGETS))
    ours = {re.sub(r"_(bucket|sum|count)$", "", name) for name, _ in samples if name.startswith("catscan_")}
    assert ours == {re.sub(r"_(bucket|sum|count)$", "", name) for name in drawn if name.startswith("catscan_")}


@pytest.mark.parametrize("name", [name for name in VARIABLES if name != "datasource"])
def test_a_choice_is_between_values_that_there_are(name: str, labels: dict[str, set[str]]) -> None:
    match = re.fullmatch(r"label_values\((.+), (\w+)\)", VARIABLES[name]["query"]["query"])
    assert match
    (metric,) = Query.of(match[1]).metrics
    assert match[2] in labels[metric]


def test_the_route_that_is_shown_first_exists(samples: Samples) -> None:
    routes = {dict(values)["route"] for name, values in samples if name == "catscan_http_requests_total"}
    assert set(VARIABLES["route"]["current"]["value"]) <= routes


def test_all_data_come_from_the_chosen_prometheus() -> None:
    assert VARIABLES["datasource"]["query"] == "prometheus"
    asked = [*DASHBOARD["panels"], *(target for _, target in TARGETS), *VARIABLES.values()]
    sources = [each["datasource"] for each in asked if each.get("name") != "datasource"]
    assert sources == [{"type": "prometheus", "uid": "${datasource}"}] * len(sources)


def test_the_panels_lie_beside_each_other() -> None:
    places = [panel["gridPos"] for panel in DASHBOARD["panels"]]
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(places) == len(PANELS)
    cells = [
        (x, y)
        for place in places
        for x, y in itertools.product(
            range(place["x"], place["x"] + place["w"]), range(place["y"], place["y"] + place["h"])
        )
    ]
    assert len(set(cells)) == len(cells), "two panels overlap"
    assert len(cells) == WIDTH * (1 + max(y for _, y in cells)), "there is a hole"


def test_the_autoscaler_goes_by_a_gauge_that_exists() -> None:
    (metric,) = one("HorizontalPodAutoscaler", folder=WITH_PROMETHEUS)["spec"]["metrics"]
    assert f"# TYPE {metric['pods']['metric']['name']} gauge" in Metrics().text().decode()
