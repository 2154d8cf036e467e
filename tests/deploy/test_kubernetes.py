import copy
from typing import Any

import kubernetes_validate
import pytest

from app import __version__
from tests.deploy.manifests import (
    KSERVE,
    KUBERNETES,
    KUSTOMIZATION,
    RAY,
    WITH_PROMETHEUS,
    Object,
    all_objects,
    objects,
    one,
    pods,
)

VERSIONS = "1.30", "1.37"  # the first that knows preStop's sleep without a gate, and the newest known to the validator
OTHERS = KSERVE, RAY, "monitoring.coreos.com/v1"  # not Kubernetes' own: see test_custom_resources.py, test_ray.py
OWN = {name: each for name, each in all_objects().items() if each["apiVersion"] not in OTHERS}
PODS = pods()


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", OWN)
def test_every_object_follows_the_strict_schema(name: str, version: str) -> None:
    assert kubernetes_validate.validate(OWN[name], version, strict=True) == version


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", PODS)
def test_every_pod_follows_the_strict_schema(name: str, version: str) -> None:
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "pod"}, "spec": PODS[name]}
    assert kubernetes_validate.validate(pod, version, strict=True) == version


@pytest.mark.parametrize(
    ("key", "value"),
    [("terminationGracePeriodSecond", 45), ("terminationGracePeriodSeconds", "45"), ("containers", {})],
)
def test_the_schema_finds_what_breaks_it(key: str, value: Any) -> None:
    broken = copy.deepcopy(one("Deployment"))
    broken["spec"]["template"]["spec"][key] = value
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(broken, VERSIONS[-1], strict=True)


@pytest.mark.parametrize("folder", [KUBERNETES, WITH_PROMETHEUS])
def test_a_kustomization_takes_every_file_of_its_folder(folder: Any) -> None:
    (kustomization,) = objects(folder / KUSTOMIZATION)
    patches = [patch["path"] for patch in kustomization.get("patches", [])]
    taken = [(folder / path).resolve() for path in kustomization["resources"] + patches]
    assert {path for path in taken if path.is_file()} == set(folder.glob("*.yaml")) - {folder / KUSTOMIZATION}
    assert all(path == KUBERNETES for path in taken if not path.is_file())
    assert kustomization["namespace"] == one("Namespace")["metadata"]["name"]


def test_the_image_is_the_one_that_the_kustomization_renames() -> None:
    ((image,),) = [each["images"] for each in objects(KUBERNETES / KUSTOMIZATION)]
    assert image["newTag"] == __version__
    (container,) = one("Deployment")["spec"]["template"]["spec"]["containers"]
    assert container["image"] == f"{image['name']}:{image['newTag']}"


@pytest.mark.parametrize("name", PODS)
def test_no_image_is_the_latest(name: str) -> None:
    for container in PODS[name]["containers"]:
        _, colon, tag = container["image"].partition(":")
        assert colon
        assert tag not in ("", "latest")


@pytest.mark.parametrize("name", PODS)
def test_every_pod_is_let_into_a_restricted_namespace(name: str) -> None:
    """Kubernetes' Pod Security Standards, the profile restricted."""
    pod = PODS[name]
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod)
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] > 0
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in pod["containers"]:
        context = container["securityContext"]
        assert context["allowPrivilegeEscalation"] is False
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert not {"privileged", "runAsUser", "runAsNonRoot", "seccompProfile"} & set(context)
        assert not [port for port in container["ports"] if "hostPort" in port]
    assert all(set(volume) == {"name", "emptyDir"} for volume in pod.get("volumes", []))


@pytest.mark.parametrize("name", PODS)
def test_no_pod_gets_a_token(name: str) -> None:
    assert PODS[name]["automountServiceAccountToken"] is False


@pytest.mark.parametrize("name", PODS)
def test_nothing_is_written_to_the_image(name: str) -> None:
    for container in PODS[name]["containers"]:
        assert container["securityContext"]["readOnlyRootFilesystem"] is True


@pytest.mark.parametrize("name", ["catscan", "catscan-redis"])
def test_all_that_selects_a_pod_finds_it(name: str) -> None:
    deployment = one("Deployment", name)["spec"]
    labels = deployment["template"]["metadata"]["labels"]
    assert deployment["selector"]["matchLabels"].items() <= labels.items()
    assert one("Service", name)["spec"]["selector"].items() <= labels.items()
    assert one("NetworkPolicy", name)["spec"]["podSelector"]["matchLabels"].items() <= labels.items()


def test_what_keeps_catscan_up_finds_it() -> None:
    deployment = one("Deployment")
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    assert one("PodDisruptionBudget")["spec"]["selector"]["matchLabels"].items() <= labels.items()
    (spread,) = deployment["spec"]["template"]["spec"]["topologySpreadConstraints"]
    assert spread["labelSelector"]["matchLabels"].items() <= labels.items()
    assert deployment["spec"]["template"]["spec"]["serviceAccountName"] == one("ServiceAccount")["metadata"]["name"]


@pytest.mark.parametrize("folder", [KUBERNETES, WITH_PROMETHEUS])
def test_the_number_of_pods_is_the_autoscalers_alone(folder: Any) -> None:
    scaler, deployment = one("HorizontalPodAutoscaler", folder=folder)["spec"], one("Deployment")
    assert scaler["scaleTargetRef"] == {
        "apiVersion": deployment["apiVersion"], "kind": "Deployment", "name": deployment["metadata"]["name"],
    }  # fmt: skip
    assert "replicas" not in deployment["spec"]
    assert 2 <= scaler["minReplicas"] <= scaler["maxReplicas"]


def test_catscan_is_let_out_to_redis_and_redis_lets_it_in() -> None:
    catscan, redis = one("NetworkPolicy")["spec"], one("NetworkPolicy", "catscan-redis")["spec"]
    out, names = catscan["egress"]
    assert out["to"] == [{"podSelector": redis["podSelector"]}]
    assert redis["ingress"] == [{"from": [{"podSelector": catscan["podSelector"]}], "ports": out["ports"]}]
    assert {port["port"] for port in names["ports"]} == {53}
    assert "egress" not in redis
    assert catscan["policyTypes"] == redis["policyTypes"] == ["Ingress", "Egress"]
    assert [{"port": port["containerPort"]} for port in ports("catscan-redis")] == out["ports"]
    assert [{"port": port["containerPort"]} for port in ports("catscan")] == catscan["ingress"][0]["ports"]


@pytest.mark.parametrize("name", ["catscan", "catscan-redis"])
def test_a_service_leads_to_a_port_of_the_container(name: str) -> None:
    (port,) = one("Service", name)["spec"]["ports"]
    assert [port["targetPort"]] == [each["name"] for each in ports(name)]
    assert port["port"] == ports(name)[0]["containerPort"]


def ports(name: str) -> list[Object]:
    (container,) = one("Deployment", name)["spec"]["template"]["spec"]["containers"]
    found: list[Object] = container["ports"]
    return found
