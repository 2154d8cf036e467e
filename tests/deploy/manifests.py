"""What `deploy/` and `compose.yaml` say: objects, pods, and the containers that run catscan."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
KUBERNETES = DEPLOY / "kubernetes"
WITH_PROMETHEUS = DEPLOY / "kubernetes-with-prometheus"
KUSTOMIZATION = "kustomization.yaml"
NO_OBJECTS = {KUSTOMIZATION, "serve.yaml"}  # but what kubectl and Ray Serve are told
KSERVE, RAY = "serving.kserve.io/v1beta1", "ray.io/v1"
SHARED_MEMORY = "/dev/shm"
# Beside those of a pod in KServe's predictor: its ComponentExtensionSpec, as far as it is used here.
BESIDE_THE_POD = {"minReplicas", "maxReplicas", "scaleMetric", "scaleTarget", "timeout"}
UNITS = {"": 1.0, "m": 1e-3, "Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "mb": 2.0**20}

Object = dict[str, Any]


def objects(file: Path) -> list[Object]:
    """Of a YAML file, those between its dashes."""
    return list(yaml.safe_load_all(file.read_text()))


def all_objects() -> dict[str, Object]:
    """Those that are applied to Kubernetes, by the file and the kind and name."""
    found = {}
    for file in sorted(DEPLOY.rglob("*.yaml")):
        for each in objects(file):
            if file.name not in NO_OBJECTS:
                found[f"{file.relative_to(DEPLOY)}: {each['kind']} {each['metadata']['name']}"] = each
    return found


def one(kind: str, name: str = "catscan", folder: Path = KUBERNETES) -> Object:
    """The one object of a folder that has this kind and name."""
    named = [each for file in sorted(folder.glob("*.yaml")) for each in objects(file) if each["kind"] == kind]
    (found,) = [each for each in named if each["metadata"]["name"] == name]
    return found


def pods() -> dict[str, Object]:
    """What each object says of its pods (PodSpec), by the object."""
    found: dict[str, Object] = {}
    for name, each in all_objects().items():
        spec = each.get("spec", {})
        if each["kind"] == "InferenceService":
            found[name] = {key: value for key, value in spec["predictor"].items() if key not in BESIDE_THE_POD}
        elif "template" in spec:
            found[name] = spec["template"]["spec"]
    return found


def compose() -> Object:
    (found,) = objects(ROOT / "compose.yaml")
    return found


@dataclass(frozen=True)
class Container:
    """One that runs catscan, wherever that is written."""

    where: str
    image: str
    environment: dict[str, str]
    said: Object  # of Kubernetes' container, or of compose's service
    pod: Object  # of Kubernetes; else empty
    shared_memory: float  # bytes of /dev/shm
    grace_s: float  # from being told to stop until being killed


def containers() -> Iterator[Container]:
    """Of Kubernetes, KServe and compose."""
    for where, pod in pods().items():
        for said in pod["containers"]:
            if said["image"].startswith("catscan"):
                environment = {each["name"]: each["value"] for each in said.get("env", [])}
                grace_s = float(pod.get("terminationGracePeriodSeconds", 30))
                yield Container(where, said["image"], environment, said, pod, _shared_memory(said, pod), grace_s)
    service = compose()["services"]["catscan"]
    seconds = float(service["stop_grace_period"].removesuffix("s"))
    size = quantity(service["shm_size"])
    yield Container("compose.yaml", service["image"], service["environment"], service, {}, size, seconds)


def _shared_memory(said: Object, pod: Object) -> float:
    """Bytes; 0 where nothing is mounted there."""
    for mount in said["volumeMounts"]:
        if mount["mountPath"] == SHARED_MEMORY:
            (volume,) = [each for each in pod["volumes"] if each["name"] == mount["name"]]
            assert volume["emptyDir"]["medium"] == "Memory"
            return quantity(volume["emptyDir"]["sizeLimit"])
    return 0.0


def quantity(text: str | int) -> float:
    """Of cores or bytes: 128Mi, 100m, 4; or as Redis and compose write it, 128mb."""
    match = re.fullmatch(r"([0-9.]+)([A-Za-z]*)", str(text))
    assert match, f"expected a quantity such as 128Mi; received: {text!r}"
    return float(match[1]) * UNITS[match[2]]
