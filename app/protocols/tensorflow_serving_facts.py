"""What TensorFlow Serving's REST API says of a model: the states of its versions, and its signatures."""

from collections.abc import Mapping

from app.engine import Engine
from app.errors import ModelUnknown, VersionUnknown
from app.protocols.tensorflow_serving_requests import CLASSIFICATION, ENCODED, OUTPUTS, SERVING, TENSOR
from app.routes.models import ModelList, VersionFacts
from model.manifest import IMAGES

# Of its ModelVersionStatus: START is tracked and nothing done yet, END can serve no longer.
STATES = {"available": "AVAILABLE", "loading": "LOADING", "on_disk": "START", "failed": "END"}
METHOD = "tensorflow/serving/"
Facts = dict[str, object]


def status(known: ModelList, name: str, version: int | None) -> Facts:
    """The states of one version of a model, or of all; and `ready`, which KServe's clients look for at the same place.

    Raises:
        ModelUnknown, VersionUnknown: if there is none.
    """
    served = next((model for model in known.models if model.name == name), None)
    if served is None:
        names = [model.name for model in known.models]
        raise ModelUnknown(f"Expected one of {', '.join(names)}; received: {name!r}", models=names)
    versions = [each for each in served.versions if version in (None, each.version)]
    if not versions:
        there = [each.version for each in served.versions]
        expected = f"Expected a version of {name}: {', '.join(map(str, there))}"
        raise VersionUnknown(f"{expected}; received: {version}", versions=there)
    ready = any(each.state == "available" for each in versions)
    return {"name": name, "ready": ready, "model_version_status": [version_status(each) for each in versions]}


def version_status(facts: VersionFacts) -> Facts:
    error = {"error_code": "FAILED_PRECONDITION" if facts.reason else "OK", "error_message": facts.reason or ""}
    return {"version": str(facts.version), "state": STATES[facts.state], "status": error}


def metadata(engine: Engine) -> Facts:
    """The signatures of the network that an engine runs.

    What OpenVINO's client reads stands there twice: as TensorFlow Serving calls it, and in camel case, as OpenVINO's
    own server does.
    """
    manifest, labels = engine.manifest, len(engine.manifest.labels)
    image = {ENCODED: tensor(ENCODED, "DT_STRING", -1)}
    images = {IMAGES: tensor(IMAGES, "DT_UINT8", -1, manifest.height, manifest.width, 3)}
    found: dict[str, Facts] = {name: tensor(name, "DT_FLOAT", -1, labels) for name in OUTPUTS[TENSOR]}
    classes = {
        "classes": tensor("classes", "DT_STRING", -1, labels),
        "scores": tensor("scores", "DT_FLOAT", -1, labels),
    }
    signatures = {
        SERVING: signature("predict", image, {name: found[name] for name in OUTPUTS[SERVING]}),
        TENSOR: signature("predict", images, found),
        CLASSIFICATION: signature("classify", image, classes),
    }
    model = {"name": engine.model.name, "signature_name": "", "version": str(engine.model.version)}
    return twice("model_spec", model) | {"metadata": {"signature_def": twice("signature_def", signatures)}}


def signature(method: str, inputs: Mapping[str, Facts], outputs: Mapping[str, Facts]) -> Facts:
    return {"inputs": inputs, "outputs": outputs, "method_name": METHOD + method}


def tensor(name: str, dtype: str, *shape: int) -> Facts:
    """A tensor's description; numbers are strings there, and -1 is any size."""
    dimensions = {"dim": [{"size": str(size), "name": ""} for size in shape], "unknown_rank": False}
    return {"dtype": dtype, "name": name} | twice("tensor_shape", dimensions)


def twice(name: str, value: object) -> Facts:
    """A member under its own name, and in camel case."""
    first, *rest = name.split("_")
    return {name: value, first + "".join(word.capitalize() for word in rest): value}
