"""What stands beside a SavedModel: which network this is, what each layer does, how it was trained and checked."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from model.errors import ArtifactMalformed, ArtifactMissing

MANIFEST_FILE = "manifest.json"
PREDICT = "serving_default"  # the endpoint from images to probabilities and logits; TensorFlow's tools call it so
LAYERS = "layers"  # the endpoint from images to every layer's output, by the layer's name
IMAGES = "images"  # layer 0: the pixels that come in, uint8 [height, width, 3]
Pair = tuple[int, int]  # rows, columns
Share = Annotated[float, Field(ge=0, le=1)]


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="null")


class Padding(Part):
    """Rows and columns of zeros around the input of a window; no zeros, but nothing, for pooling."""

    top: int
    bottom: int
    left: int
    right: int


class ReceptiveField(Part):
    """Which pixels of the network's input a unit can see: those of unit (y, x) begin at start + jump * (y, x).

    Not clipped to the image: `start` is negative where padding comes in. The recurrence is that of
    distill.pub/2019/computing-receptive-fields.
    """

    size: Pair
    jump: Pair
    start: Pair


LayerKind = Literal[
    "rescaling", "convolution", "relu", "max_pooling", "average_pooling", "global_average_pooling",
    "flatten", "dense", "softmax",
]  # fmt: skip


class LayerRecord(Part):
    """One layer, as data: all that is needed to compute its output from its input and the weights."""

    name: str
    kind: LayerKind
    input: str = Field(description='the layer whose output comes in; "images" for the photo itself')
    shape: tuple[int, ...] = Field(description="of the output: height, width, channels; or units")
    kernel: Pair | None = Field(None, description="the window, rows and columns")
    stride: Pair | None = None
    padding: Padding | None = None
    weights: dict[str, tuple[int, ...]] = Field({}, description="shapes by name: kernel, bias")
    parameters: int = 0
    multiply_adds: int = Field(0, description="for one photo; a multiplication and its addition count once")
    receptive_field: ReceptiveField | None = Field(
        None, description="none from flatten on: units differ in theirs, or see everything"
    )
    scale: float | None = Field(None, description="of rescaling: output = input * scale + offset")
    offset: float | None = None
    temperature: float | None = Field(None, description="of softmax: it sees logit / temperature")
    signed: bool = Field(description="whether its values can be below zero")


class GoldenExample(Part):
    """What the network answered to one drawn image when it was exported."""

    image: str
    logits: tuple[float, ...]
    probabilities: tuple[float, ...]


class Golden(Part):
    """The answers that a loaded artifact must repeat."""

    tolerance: Annotated[float, Field(gt=0)] = Field(description="largest allowed difference of a logit")
    examples: Annotated[tuple[GoldenExample, ...], Field(min_length=1)]


class Training(Part):
    """Where the weights come from."""

    date: str
    config: dict[str, object]
    photos: dict[str, int] = Field(description="how many of each class trained")
    sources: dict[str, int] = Field(description="how many of each source trained")
    epochs: int


class Manifest(Part):
    """Everything about an artifact but its weights and its graph."""

    format: Literal[1] = 1
    name: str
    version: Annotated[int, Field(ge=1)]
    digest: str = Field(description="SHA-256 of the SavedModel's files and of this manifest without the digest")
    labels: tuple[str, ...]
    height: int
    width: int
    layers: tuple[LayerRecord, ...]
    golden: Golden
    training: Training | None = None
    metrics: dict[str, float] = Field({}, description="of the photos held out for choosing: see the model card")
    elsewhere: dict[str, dict[str, float]] = Field(
        {}, description="by source, the measures of a like network that was trained without these sources"
    )
    explanations: dict[str, dict[str, float]] = Field(
        {},
        description="by method, how far it is to be trusted on this network: see `explanations.certificates`",
    )
    thresholds: dict[str, Share] = Field(
        {}, description="by label, the probability from which on a photo is said to show it"
    )

    @model_validator(mode="after")
    def _thresholds_of_labels(self) -> Self:
        if unknown := sorted(set(self.thresholds) - set(self.labels)):
            raise ValueError(f"thresholds: expected labels among {', '.join(self.labels)}; received: {unknown}")
        return self

    def threshold(self, label: str) -> float:
        """The probability from which on a photo is said to show this class."""
        return self.thresholds.get(label, 0.5)

    @model_validator(mode="after")
    def _a_logit_for_each_label(self) -> Self:
        for example in self.golden.examples:
            if len(example.logits) != len(self.labels):
                raise ValueError(
                    f"golden example {example.image!r}: expected {len(self.labels)} logits, one for each label; "
                    f"received: {len(example.logits)}"
                )
        return self

    def layer(self, name: str) -> LayerRecord | None:
        return next((layer for layer in self.layers if layer.name == name), None)

    @property
    def parameters(self) -> int:
        return sum(layer.parameters for layer in self.layers)

    @property
    def multiply_adds(self) -> int:
        return sum(layer.multiply_adds for layer in self.layers)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Reads the manifest of an artifact.

        Raises:
            ArtifactMissing: if the folder holds no manifest or no SavedModel.
            ArtifactMalformed: if the manifest is not one.
        """
        for file in (MANIFEST_FILE, "saved_model.pb"):
            if not (folder / file).is_file():
                raise ArtifactMissing(f"Expected an exported network with a {file} in {folder}; there is none")
        try:
            return cls.model_validate_json((folder / MANIFEST_FILE).read_bytes())
        except ValidationError as error:
            raise ArtifactMalformed(f"{folder / MANIFEST_FILE}: {error}") from error

    def save(self, folder: Path) -> None:
        (folder / MANIFEST_FILE).write_text(self.model_dump_json(indent=1, exclude_defaults=True) + "\n", "utf-8")
