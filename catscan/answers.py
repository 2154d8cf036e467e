"""What the service says, with types. What it says besides is in `facts`, whole and as it came."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, TypeVar

from catscan.errors import PhotoRefused, said

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Document = Mapping[str, Any]  # a JSON object
T = TypeVar("T", bound="DataclassInstance")


def typed(kind: type[T], document: Document, **read: object) -> T:
    """A dataclass made of the members that it knows; the others are left out.

    Args:
        kind: a dataclass; its field `facts` becomes the whole document.
        document: what came.
        read: members that became something better than JSON.

    Raises:
        TypeError: if a member is missing that has no default.
    """
    names = {field.name for field in fields(kind)}
    members = {name: document[name] for name in names & document.keys()}
    return kind(**(members | {"facts": document} | read if "facts" in names else members | read))


@dataclass(frozen=True)
class Model:
    """Which network answered."""

    name: str
    version: int
    digest: str


@dataclass(frozen=True)
class Prediction:
    """One class: all scores sum to 1; `present` says whether the score reaches the threshold."""

    label: str
    score: float
    logit: float
    threshold: float
    present: bool


@dataclass(frozen=True)
class Answer:
    """What the network says of a photo; `predictions` has every class, the most probable first."""

    image_id: str  # names the photo in later questions, for a while
    label: str
    probability: float
    predictions: tuple[Prediction, ...]
    model: Model
    preprocessing: tuple[Document, ...]  # what was done to the photo before the network saw it
    device: str
    precision: str
    timings_ms: Mapping[str, float]
    facts: Document

    @classmethod
    def of(cls, document: Document) -> "Answer":
        return typed(
            cls,
            document,
            predictions=tuple(typed(Prediction, row) for row in document["predictions"]),
            model=typed(Model, document["model"]),
            preprocessing=tuple(document["preprocessing"]),
        )

    @property
    def present(self) -> tuple[str, ...]:
        """The labels of all that the photo shows, by their thresholds."""
        return tuple(prediction.label for prediction in self.predictions if prediction.present)


Outcome = Answer | PhotoRefused  # of one photo among several


def outcomes_of(document: Document) -> list[Outcome]:
    """Each photo's answer, or why the service does not take it, in the photos' order."""
    return [
        said(row["problem"], row["problem"]["status"], PhotoRefused) if "problem" in row else Answer.of(row)
        for row in document["results"]
    ]


@dataclass(frozen=True)
class ServedModel:
    """A network that can be asked by its name; versions that answer are None where there is none."""

    name: str
    usual: bool  # answers where a question names none
    stable: int | None
    canary: int | None
    share: float  # of callers whom the canary answers, 0 to 1
    versions: tuple[Document, ...]  # the newest first, whether they can answer or not
    facts: Document

    @classmethod
    def all_of(cls, document: Document) -> tuple["ServedModel", ...]:
        return tuple(typed(cls, row, versions=tuple(row["versions"])) for row in document["models"])


@dataclass(frozen=True)
class Layer:
    """One layer of the network; `shape` is height, width, channels, or units."""

    name: str
    kind: str
    input: str
    shape: tuple[int, ...]
    parameters: int
    multiply_adds: int
    signed: bool
    facts: Document
    kernel: tuple[int, ...] | None = None
    stride: tuple[int, ...] | None = None
    receptive_field: Document | None = None

    @classmethod
    def of(cls, document: Document) -> "Layer":
        pairs = {name: tuple(document[name]) for name in ("kernel", "stride") if document.get(name) is not None}
        return typed(cls, document, shape=tuple(document["shape"]), **pairs)


@dataclass(frozen=True)
class Network:
    """The network as data: `height` and `width` in pixels of its input, labels in the order of its last units."""

    model: Model
    height: int
    width: int
    labels: tuple[str, ...]
    parameters: int
    multiply_adds: int
    layers: tuple[Layer, ...]
    facts: Document

    @classmethod
    def of(cls, document: Document) -> "Network":
        return typed(
            cls,
            document,
            model=typed(Model, document["model"]),
            height=document["input"]["height"],
            width=document["input"]["width"],
            labels=tuple(document["labels"]),
            layers=tuple(Layer.of(layer) for layer in document["layers"]),
        )


@dataclass(frozen=True)
class LayerStatistics:
    """One layer's output for one photo; `deviation` is the standard deviation, `zero_share` that of exact zeros."""

    layer: str
    kind: str
    shape: tuple[int, ...]
    minimum: float
    maximum: float
    mean: float
    deviation: float
    zero_share: float
    facts: Document

    @classmethod
    def all_of(cls, document: Document) -> tuple["LayerStatistics", ...]:
        return tuple(typed(cls, row, shape=tuple(row["shape"])) for row in document["layers"])
