"""What the service says of the network's inside, with types: receipts, explanations, ablations."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from catscan.answers import Document, typed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Term:
    """One product of a receipt: `value` came from this unit of the layer before.

    One that is not `inside` lies in the padding, and one of a vector has no place.
    """

    layer: str
    channel: int | None
    y: int | None
    x: int | None
    inside: bool
    value: float
    weight: float
    product: float

    @classmethod
    def of(cls, document: Document) -> "Term":
        return typed(cls, document, **{name: finite_or_nan(document[name]) for name in ("value", "weight", "product")})


@dataclass(frozen=True)
class Receipt:
    """How one number of a layer came about: the sum of all terms' products and the bias, then what the layer does.

    `recomputed` is the number in float64; the service promises that `output` is within `bound` of it.
    """

    layer: str
    sentence: str
    terms: tuple[Term, ...]
    output: float
    facts: Document
    kind: str | None = None
    channel: int | None = None
    y: int | None = None
    x: int | None = None
    unit: int | None = None
    bias: float | None = None
    sum: float | None = None
    recomputed: float | None = None
    difference: float | None = None
    bound: float | None = None
    winner: int | None = None  # the index of the term that a maximum took

    @classmethod
    def of(cls, document: Document) -> "Receipt":
        return typed(cls, document, terms=tuple(Term.of(term) for term in document.get("terms") or ()))


@dataclass(frozen=True, eq=False)
class Explanation:
    """Which parts of the photo spoke for a label, by one method.

    `values` are float32 [height, width] on the method's own grid, which `facts` place on the photo; `logit` is the
    number explained.
    """

    method: str
    label: str
    logit: float
    values: "NDArray[np.float32]"
    facts: Document

    @classmethod
    def of(cls, document: Document) -> "Explanation":
        facts = {name: value for name, value in document.items() if name != "data"}
        return typed(cls, facts, values=array_of(document["data"], document["shape"]))


@dataclass(frozen=True)
class Scores:
    """What the network says of a photo, by label."""

    logits: Mapping[str, float]
    probabilities: Mapping[str, float]


@dataclass(frozen=True)
class ScoresWithout(Scores):
    """The same with these channels set to zero; the differences are of the logits: without them, less with all."""

    channels: tuple[int, ...]
    differences: Mapping[str, float]


@dataclass(frozen=True)
class Ablation:
    """What the network says with all channels of a layer, and with some switched off."""

    layer: str
    before: Scores
    without: tuple[ScoresWithout, ...]
    facts: Document

    @classmethod
    def of(cls, document: Document) -> "Ablation":
        rows = [typed(ScoresWithout, row, channels=tuple(row["channels"])) for row in document["without"]]
        return typed(cls, document, before=typed(Scores, document["before"]), without=tuple(rows))


def array_of(numbers: Sequence[float | None], shape: Sequence[int]) -> "NDArray[np.float32]":
    """Flat JSON numbers as a float32 array."""
    import numpy as np  # takes longer to import than all the rest: only arrays need it

    return np.array([finite_or_nan(number) for number in numbers], np.float32).reshape(shape)


def finite_or_nan(number: float | None) -> float:
    """JSON has no word but null for what is not finite."""
    return math.nan if number is None else number
