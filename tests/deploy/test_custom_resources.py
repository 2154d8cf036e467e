"""Objects that are not Kubernetes' own, against what their operators' sources say of them.

KServe's fields are those of its own Python models, 0.21. KubeRay's are those of the Go types RayServiceSpec,
RayClusterSpec, HeadGroupSpec and WorkerGroupSpec (ray-operator/apis/ray/v1) and of Ray Serve 2.60's ServeDeploySchema,
the Prometheus operator's those of ServiceMonitorSpec and Endpoint; of these, the ones that are used here.
"""

import copy
from typing import Any

import httpx
import jsonschema
import pytest
import yaml

from tests.app.protocols.kserve_environment import in_kserve
from tests.deploy.manifests import BESIDE_THE_POD, DEPLOY, KSERVE, RAY, WITH_PROMETHEUS, Object, objects, one

(INFERENCE_SERVICE,) = objects(DEPLOY / "kserve" / "inference-service.yaml")
(RAY_SERVICE,) = objects(DEPLOY / "ray" / "ray-service.yaml")
SERVICE_MONITOR = one("ServiceMonitor", folder=WITH_PROMETHEUS)
PREDICTOR = """
import json, sys
from kserve.models import V1beta1InferenceServiceSpec, V1beta1PredictorSpec

print(json.dumps([
    {model.attribute_map[name]: kind for name, kind in model.openapi_types.items()}
    for model in (V1beta1InferenceServiceSpec, V1beta1PredictorSpec)
]))
"""
PYTHON = {"int": int, "str": str, "bool": bool}


def fields(required: tuple[str, ...] = (), **properties: Any) -> Object:
    """Of an object that has these fields and no others."""
    return {"type": "object", "additionalProperties": False, "required": list(required), "properties": properties}


TEXT, NUMBER, TRUTH, ANY = {"type": "string"}, {"type": "integer"}, {"type": "boolean"}, {"type": "object"}
PARAMETERS = {"type": "object", "additionalProperties": TEXT}  # of `ray start`: numbers, too, are text
DURATION = {"type": "string", "pattern": r"^[0-9]+(ms|s|m|h)$"}
HEAD = fields(("rayStartParams", "template"), rayStartParams=PARAMETERS, template=ANY, serviceType=TEXT)
WORKERS = fields(
    ("groupName", "minReplicas", "maxReplicas", "rayStartParams", "template"), groupName=TEXT, replicas=NUMBER,
    minReplicas=NUMBER, maxReplicas=NUMBER, numOfHosts=NUMBER, rayStartParams=PARAMETERS, template=ANY,
)  # fmt: skip
CLUSTER = fields(
    ("headGroupSpec",), rayVersion=TEXT, headGroupSpec=HEAD, workerGroupSpecs={"type": "array", "items": WORKERS},
    enableInTreeAutoscaling=TRUTH, suspend=TRUTH,
)  # fmt: skip
APPLICATION = fields(("import_path",), name=TEXT, route_prefix={"type": "string", "pattern": "^/"}, import_path=TEXT)
SERVE = fields(
    ("applications",), proxy_location={"enum": ["EveryNode", "HeadOnly", "Disabled"]},
    http_options=fields(host=TEXT, port=NUMBER, request_timeout_s={"type": "number"}),
    applications={"type": "array", "minItems": 1, "items": APPLICATION},
)  # fmt: skip
ENDPOINT = fields(port=TEXT, path=TEXT, interval=DURATION, scrapeTimeout=DURATION, honorLabels=TRUTH)
SELECTOR = fields(matchLabels=PARAMETERS)
SCHEMAS = {
    "RayService": fields(("serveConfigV2", "rayClusterConfig"), serveConfigV2=TEXT, rayClusterConfig=CLUSTER),
    "ServiceMonitor": fields(
        ("endpoints", "selector"), endpoints={"type": "array", "items": ENDPOINT}, selector=SELECTOR
    ),
}


def follows(spec: Object, schema: Object) -> None:
    jsonschema.Draft202012Validator(schema).validate(spec)


@pytest.mark.parametrize("each", [RAY_SERVICE, SERVICE_MONITOR], ids=SCHEMAS)
def test_an_object_has_the_fields_that_its_operator_knows(each: Object) -> None:
    follows(each["spec"], SCHEMAS[each["kind"]])


def test_a_field_that_it_does_not_know_is_found() -> None:
    broken = copy.deepcopy(RAY_SERVICE["spec"])
    broken["rayClusterConfig"]["workerGroupSpecs"][0]["rayStartParams"] = {"num-cpus": 4}
    with pytest.raises(jsonschema.ValidationError):
        follows(broken, SCHEMAS["RayService"])
    with pytest.raises(jsonschema.ValidationError):
        follows(SERVICE_MONITOR["spec"] | {"endpoint": []}, SCHEMAS["ServiceMonitor"])


def test_ray_serves_the_application_on_the_port_of_its_pods() -> None:
    config = yaml.safe_load(RAY_SERVICE["spec"]["serveConfigV2"])
    follows(config, SERVE)
    cluster = RAY_SERVICE["spec"]["rayClusterConfig"]
    for group in (cluster["headGroupSpec"], *cluster["workerGroupSpecs"]):
        (container,) = group["template"]["spec"]["containers"]
        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        assert ports["serve"] == config["http_options"]["port"]
    assert RAY_SERVICE["apiVersion"] == RAY


def test_kserve_knows_every_field_of_its_service() -> None:
    service, predictor = in_kserve(PREDICTOR)
    spec = INFERENCE_SERVICE["spec"]
    assert set(spec) <= set(service)
    assert set(spec["predictor"]) <= set(predictor)
    for name in BESIDE_THE_POD & set(spec["predictor"]):
        assert isinstance(spec["predictor"][name], PYTHON[predictor[name]]), name
    assert "minReplica" not in predictor
    assert INFERENCE_SERVICE["apiVersion"] == KSERVE


def test_kserve_takes_the_container_for_its_own_and_speaks_v2_to_it() -> None:
    (container,) = INFERENCE_SERVICE["spec"]["predictor"]["containers"]
    assert container["name"] == "kserve-container"
    assert {"name": "PROTOCOL", "value": "v2"} in container["env"]


def test_kserves_service_has_the_name_of_a_model_that_speaks_v2(client: httpx.Client) -> None:
    name = INFERENCE_SERVICE["metadata"]["name"]
    assert client.get(f"/v2/models/{name}/ready").status_code == 200
    assert client.get(f"/v2/models/{name}").json()["name"] == name


def test_the_monitor_finds_the_service_and_is_answered(client: httpx.Client) -> None:
    service = one("Service")
    (endpoint,) = SERVICE_MONITOR["spec"]["endpoints"]
    assert SERVICE_MONITOR["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    assert endpoint["port"] in [port["name"] for port in service["spec"]["ports"]]
    assert client.get(endpoint["path"]).text.startswith("# HELP")
