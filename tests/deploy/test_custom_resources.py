"""Objects that are not Kubernetes' own, against what their operators' sources say of them.

KServe's fields are those of its own Python models, 0.21. The Prometheus operator's are those of the Go types
ServiceMonitorSpec and Endpoint; of these, the ones that are used here.
"""

from typing import Any

import httpx
import jsonschema
import pytest

from tests.app.protocols.kserve_environment import in_kserve
from tests.deploy.manifests import BESIDE_THE_POD, DEPLOY, KSERVE, WITH_PROMETHEUS, Object, objects, one

(INFERENCE_SERVICE,) = objects(DEPLOY / "kserve" / "inference-service.yaml")
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


TEXT, TRUTH = {"type": "string"}, {"type": "boolean"}
LABELS = {"type": "object", "additionalProperties": TEXT}
DURATION = {"type": "string", "pattern": r"^[0-9]+(ms|s|m|h)$"}
ENDPOINT = fields(port=TEXT, path=TEXT, interval=DURATION, scrapeTimeout=DURATION, honorLabels=TRUTH)
SELECTOR = fields(matchLabels=LABELS)
MONITOR = fields(("endpoints", "selector"), endpoints={"type": "array", "items": ENDPOINT}, selector=SELECTOR)


def follows(spec: Object, schema: Object) -> None:
    jsonschema.Draft202012Validator(schema).validate(spec)


def test_the_monitor_has_the_fields_that_its_operator_knows() -> None:
    follows(SERVICE_MONITOR["spec"], MONITOR)


def test_a_field_that_it_does_not_know_is_found() -> None:
    with pytest.raises(jsonschema.ValidationError):
        follows(SERVICE_MONITOR["spec"] | {"endpoint": []}, MONITOR)


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
