"""KubeRay's object, against what its operator's sources say of it, against `serve.yaml` and against its image.

Its fields are those of the Go types RayServiceSpec, RayClusterSpec, HeadGroupSpec and WorkerGroupSpec
(ray-operator/apis/ray/v1) that are used here. What is in them for Ray Serve is checked by Ray Serve itself in
tests/app/cluster/test_deployment.py.
"""

import copy
import re
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml

from app import __version__
from app.settings import PREFIX, load_settings
from tests.deploy.manifests import DEPLOY, RAY, ROOT, Object, objects, one, quantity
from tests.deploy.test_containers import LARGEST_BYTES
from tests.deploy.test_kubernetes import VERSIONS

(SERVICE,) = objects(DEPLOY / "ray" / "ray-service.yaml")
(CONFIG,) = objects(DEPLOY / "ray" / "serve.yaml")
CLUSTER: Object = SERVICE["spec"]["rayClusterConfig"]
(WORKERS,) = CLUSTER["workerGroupSpecs"]
GROUPS = {"head": CLUSTER["headGroupSpec"], "workers": WORKERS}
DOCKERFILE = (DEPLOY / "ray" / "Dockerfile").read_text()


def fields(required: tuple[str, ...] = (), **properties: Any) -> Object:
    """Of an object that has these fields and no others."""
    return {"type": "object", "additionalProperties": False, "required": list(required), "properties": properties}


TEXT, NUMBER, TRUTH, ANY = {"type": "string"}, {"type": "integer"}, {"type": "boolean"}, {"type": "object"}
PARAMETERS = {"type": "object", "additionalProperties": TEXT}  # of `ray start`: numbers, too, are text
HEAD = fields(("rayStartParams", "template"), rayStartParams=PARAMETERS, template=ANY, serviceType=TEXT)
GROUP = fields(
    ("groupName", "minReplicas", "maxReplicas", "rayStartParams", "template"), groupName=TEXT, replicas=NUMBER,
    minReplicas=NUMBER, maxReplicas=NUMBER, numOfHosts=NUMBER, rayStartParams=PARAMETERS, template=ANY,
)  # fmt: skip
RAY_CLUSTER = fields(
    ("headGroupSpec",), rayVersion=TEXT, headGroupSpec=HEAD, workerGroupSpecs={"type": "array", "items": GROUP},
    enableInTreeAutoscaling=TRUTH, suspend=TRUTH,
)  # fmt: skip
RAY_SERVICE = fields(("serveConfigV2", "rayClusterConfig"), serveConfigV2=TEXT, rayClusterConfig=RAY_CLUSTER)


def container(group: str) -> Object:
    (found,) = GROUPS[group]["template"]["spec"]["containers"]
    assert isinstance(found, dict)
    return found


def test_it_has_the_fields_that_its_operator_knows() -> None:
    jsonschema.Draft202012Validator(RAY_SERVICE).validate(SERVICE["spec"])
    assert SERVICE["apiVersion"] == RAY


def test_a_field_that_it_does_not_know_is_found() -> None:
    broken = copy.deepcopy(SERVICE["spec"])
    broken["rayClusterConfig"]["workerGroupSpecs"][0]["rayStartParams"] = {"num-cpus": 4}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(RAY_SERVICE).validate(broken)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("group", GROUPS)
def test_every_pod_follows_the_strict_schema(group: str, version: str) -> None:
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "pod"}, "spec": GROUPS[group]["template"]["spec"]}
    assert kubernetes_validate.validate(pod, version, strict=True) == version


def test_ray_serve_is_told_the_same_everywhere() -> None:
    assert yaml.safe_load(SERVICE["spec"]["serveConfigV2"]) == CONFIG


@pytest.mark.parametrize("group", GROUPS)
def test_a_pod_listens_where_ray_serve_does_and_is_the_images_user(group: str) -> None:
    ports = {port["name"]: port["containerPort"] for port in container(group)["ports"]}
    assert ports["serve"] == CONFIG["http_options"]["port"]
    assert container(group)["image"] == f"catscan-ray:{__version__}"
    context = GROUPS[group]["template"]["spec"]["securityContext"]
    assert f"USER {context['runAsUser']}:{context['runAsGroup']}\n" in DOCKERFILE


def test_a_pod_has_a_replica_and_the_memory_that_its_largest_photos_take(monkeypatch: pytest.MonkeyPatch) -> None:
    resources = container("workers")["resources"]
    (deployment,) = CONFIG["applications"][0]["deployments"]
    assert {quantity(each["cpu"]) for each in resources.values()} == {deployment["ray_actor_options"]["num_cpus"]}
    assert WORKERS["maxReplicas"] == deployment["autoscaling_config"]["max_replicas"]
    for each in container("workers")["env"]:
        assert each["name"].startswith(PREFIX)
        monkeypatch.setenv(each["name"], each["value"])
    settings, threads = load_settings(), quantity(resources["limits"]["cpu"]) + 1
    # Beside the replica a proxy, a raylet and its two agents: 0.6 GiB where they were seen.
    needed = 1.5 * 2**30 + threads * settings.max_pixels * LARGEST_BYTES
    assert needed <= quantity(resources["limits"]["memory"])


def test_a_pod_that_ends_is_waited_for_as_long_as_its_replica() -> None:
    (deployment,) = CONFIG["applications"][0]["deployments"]
    grace_s = WORKERS["template"]["spec"]["terminationGracePeriodSeconds"]
    assert grace_s > deployment["graceful_shutdown_timeout_s"]


def test_the_store_is_the_redis_that_stands_beside_it() -> None:
    redis = one("Service", "catscan-redis")
    address = f"redis://{redis['metadata']['name']}:{redis['spec']['ports'][0]['port']}/0"
    assert CONFIG["applications"][0]["runtime_env"]["env_vars"]["CATSCAN_STORE"] == address


def test_the_image_has_the_version_of_ray_that_is_pinned_and_what_nodes_are_started_with() -> None:
    pins = (ROOT / "requirements" / "ray.txt").read_text()
    pinned = re.search(r"^ray==(\S+)", pins, re.MULTILINE)
    assert pinned
    assert CLUSTER["rayVersion"] == pinned[1]
    for words in ("RAY_USAGE_STATS_ENABLED=0", "RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH=app.cluster.front:around"):
        assert words in DOCKERFILE
        assert words in (DEPLOY / "ray" / "serve.yaml").read_text()
