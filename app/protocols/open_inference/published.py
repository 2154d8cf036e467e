"""The models that clients of the protocol see: three for each that is served, by what they take and give."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import Depends, Path, Request
from pydantic import BaseModel, Field

from app.engine import Engine
from app.errors import ModelUnknown
from app.registry.asked import asked_version, caller_of
from app.registry.registry import Registry
from app.service import Running
from model.manifest import IMAGES, Manifest

Kind = Literal["photos", "tensor", "features"]
SUFFIXES: dict[str, Kind] = {"-tensor": "tensor", "-features": "features"}
SAME_TOO = (
    "each also as NAME-tensor, which takes pixels, and NAME-features, which gives what its layers made of a photo"
)
PROBABILITIES = "probabilities"
ANY = -1  # photos in a request, as shapes say it
PLATFORM = "tensorflow_savedmodel"
MODEL, VERSION = "/v2/models/{model}", "/v2/models/{model}/versions/{version}"  # of paths


class TensorFacts(BaseModel):
    """An input or output, as metadata describes it."""

    name: str
    datatype: Literal["BYTES", "UINT8", "FP32"]
    shape: tuple[int, ...] = Field(description="-1 is the number of photos", examples=[(-1, 4)])


@dataclass(frozen=True)
class Signature:
    """What a model takes, and what it gives."""

    input: TensorFacts
    outputs: Sequence[TensorFacts]


@dataclass(frozen=True)
class Published:
    """A model under the name that clients know it by, and the engine that answers one request to it."""

    name: str
    kind: Kind
    engine: Engine

    @property
    def signature(self) -> Signature:
        return signature(self.engine.manifest, self.kind)

    def labels(self, output: str) -> Sequence[str]:
        """What the numbers of an output stand for; nothing where they are no classes."""
        manifest = self.engine.manifest
        classes = {PROBABILITIES, *(layer.name for layer in manifest.layers[-2:])}
        return manifest.labels if output in classes else ()


def signature(manifest: Manifest, kind: Kind) -> Signature:
    """What a network takes and gives as a model of this kind.

    Photos are files of any size; pixels are as the network sees them, and nothing more is done to them. The output is
    just the probabilities, for image clients take models of one output only; or every layer's, by its name.
    """
    image = TensorFacts(name="image", datatype="BYTES", shape=(ANY,))
    if kind == "tensor":
        image = TensorFacts(name=IMAGES, datatype="UINT8", shape=(ANY, manifest.height, manifest.width, 3))
    shapes: list[tuple[str, tuple[int, ...]]] = [(PROBABILITIES, (len(manifest.labels),))]
    if kind == "features":
        shapes = [(layer.name, layer.shape) for layer in manifest.layers]
    return Signature(image, [TensorFacts(name=name, datatype="FP32", shape=(ANY, *shape)) for name, shape in shapes])


def names(model: str, registry: Registry) -> list[str]:
    """All names that a served model has for clients of the protocol."""
    own = tried(registry)
    return [model, *(name for suffix in SUFFIXES if (name := f"{model}{suffix}") not in own)]


def tried(registry: Registry) -> set[str]:
    """The models of which a version was loaded, or is just being loaded, or could not be."""
    return {rollout.name for rollout in registry.rollouts} | {
        name for name, _ in (*registry.failures, *registry.loading)
    }


def base_of(name: str, registry: Registry) -> tuple[str, Kind]:
    """The served model behind a name, and as what it is asked; a model's own name goes before a derived one."""
    own = tried(registry)
    for suffix, kind in SUFFIXES.items():
        base = name.removesuffix(suffix)
        # The folder is looked at last: that takes as long as a tenth of an answer.
        if base != name and name not in own and (base in own or base in registry.on_disk()):
            return base, kind
    return name, "photos"


async def asked(
    request: Request,
    service: Running,
    model: Annotated[str, Path(description="as POST /v2/repository/index lists it", examples=["cat"])],
    version: str | None = None,  # in the path of some routes, and may be in the query of the others
) -> Published:
    """What a request is about: one engine from its beginning to its end.

    Raises:
        NotReady, ModelUnknown, VersionUnknown, ParameterInvalid: if there is none.
    """
    base, kind = base_of(model, service.registry)
    try:
        engine = service.registry.engine(base, asked_version(version), caller_of(request))
    except ModelUnknown as error:
        raise ModelUnknown(f"{error.detail}; {SAME_TOO}", **error.facts) from error
    return Published(model, kind, engine)


Asked = Annotated[Published, Depends(asked)]
