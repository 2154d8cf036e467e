"""What a query for an explanation asks for, checked before the network is asked."""

from typing import Annotated

from fastapi import Header, Query

from app.errors import ParameterInvalid
from app.formats.picture_query import NAMES, checked_scale
from app.formats.selection import select_label, select_layer
from app.formats.tensor_formats import FORMATS, wanted_format
from app.pictures.scaling import Limits
from model.explanations.baselines import Baseline
from model.explanations.occlusion import windows
from model.explanations.question import Method, Question
from model.explanations.record import objections
from model.manifest import Manifest

MOST_WINDOWS = 256  # of occlusion, each a forward pass: about a second in all for the shipped network
MOST_STEPS = 256  # forward and backward passes of integrated gradients or SmoothGrad: about three
Text = str | None


class ExplanationQuery:
    """The query of /explanations; each method goes by the parameters that it knows.

    Raises:
        ParameterInvalid, NotAcceptable: saying what was expected and what came.
    """

    def __init__(
        self,
        method: Annotated[Method, Query(description="how to find what decided")] = "grad-cam",
        label: Annotated[Text, Query(description="whose logit is explained; the most probable's without it")] = None,
        layer: Annotated[Text, Query(description="of Grad-CAM: any with maps; the last one without it")] = None,
        baseline: Annotated[
            Baseline | None,
            Query(
                description="what stands for nothing: of occlusion (mean, the photo's own colour, without it) and of "
                "integrated gradients (grey without it)"
            ),
        ] = None,
        window: Annotated[
            int | None, Query(ge=1, description="of occlusion: pixels of each side; a quarter of the photo without it")
        ] = None,
        stride: Annotated[
            int | None, Query(ge=1, description="of occlusion: pixels; without it, 8 windows along each side")
        ] = None,
        steps: Annotated[int, Query(ge=1, le=MOST_STEPS, description="of integrated gradients")] = 64,
        samples: Annotated[int, Query(ge=1, le=MOST_STEPS, description="of SmoothGrad: noisy copies")] = 32,
        noise: Annotated[
            float, Query(gt=0, le=1, description="of SmoothGrad: its standard deviation, as a share of 255")
        ] = 0.15,
        seed: Annotated[int, Query(ge=0, lt=2**32, description="of SmoothGrad's noise")] = 0,
        wanted: Annotated[Text, Query(alias="format", description=FORMATS)] = None,
        scale: Annotated[
            Text, Query(description="of the PNG's colours: two numbers lo,hi; without it, up to the strongest value")
        ] = None,
        colormap: Annotated[str, Query(description=NAMES)] = "RdBu_r",
        accept: Annotated[Text, Header(include_in_schema=False)] = None,
    ) -> None:
        self.method, self.label, self.layer, self.baseline = method, label, layer, baseline
        self.window, self.stride = window, stride
        self.steps, self.samples, self.noise, self.seed = steps, samples, noise, seed
        self.format = wanted_format(wanted, accept)
        self.scale_text, self.colormap = scale, colormap
        limits = checked_scale("layer" if scale is None else scale, colormap)
        if scale is not None and isinstance(limits, str):
            raise ParameterInvalid(f"scale: expected two numbers lo,hi; received: {limits}", parameter="scale")
        self.scale = limits if isinstance(limits, Limits) else None

    def question(self, manifest: Manifest) -> Question:
        """What to ask the network.

        Raises:
            LayerUnknown, ParameterInvalid: if it has no such layer or label, the windows do not suit its photos, or the
                method is not to be trusted on this network.
        """
        check_record(self.method, manifest)
        if self.layer is not None and len(select_layer(self.layer, manifest).shape) != 3:
            raise ParameterInvalid(f"layer: expected one with maps; received: {self.layer!r}", parameter="layer")
        window, stride = ((side, side) if side else None for side in (self.window, self.stride))
        question = Question(
            self.method, select_label(self.label, manifest), self.layer, self.baseline, window, stride,
            self.steps, self.samples, self.noise, self.seed,
        )  # fmt: skip
        if self.method == "occlusion":
            check_windows(question, manifest)
        return question

    def decides(self) -> tuple[object, ...]:
        """All of the query that decides the answer's bytes."""
        return tuple(vars(self).values())


def check_record(method: Method, manifest: Manifest) -> None:
    """Refuses a method that did no better than chance on this network; one without a record is not judged."""
    record = manifest.explanations.get(method)
    if record is not None and (reasons := objections(record)):
        trusted = [name for name, other in manifest.explanations.items() if not objections(other)]
        expected = (
            f"method: expected one that can be trusted on this network, {', '.join(trusted) or 'of which none is'}"
        )
        raise ParameterInvalid(f"{expected}; received: {method!r}, but {'; '.join(reasons)}", parameter="method")


def check_windows(question: Question, manifest: Manifest) -> None:
    """Refuses windows that leave pixels uncovered, or are too many."""
    sides = manifest.height, manifest.width
    too_large = question.window is not None and max(question.window) > min(sides)
    parameter = "window" if too_large or question.stride is None else "stride"
    try:
        places = windows(sides, question.window, question.stride)
    except ValueError as error:
        raise ParameterInvalid(str(error), parameter=parameter) from error
    count = len(places.tops) * len(places.lefts)
    if count > MOST_WINDOWS:
        expected = f"{parameter}: expected one with at most {MOST_WINDOWS} windows; received: one with {count}"
        raise ParameterInvalid(expected, parameter=parameter)
