import pytest

from app.errors import ImageUnknown, LayerUnknown, NotAcceptable, ParameterInvalid
from app.formats.explanation_query import MOST_STEPS
from app.formats.tensor_formats import MEDIA_TYPES
from model.explanations.question import METHODS
from model.manifest import Manifest
from tests.app.conftest import Looker, problem_of
from tests.app.routes.asked_explanations import answered, ask, explained

Query = dict[str, str]
SMOOTH, INTEGRATED, OCCLUSION = "smooth-gradient", "integrated-gradients", "occlusion"


@pytest.mark.parametrize(
    "query",
    [
        {"method": INTEGRATED, "steps": "1"},
        {"method": INTEGRATED, "steps": str(MOST_STEPS)},
        {"method": SMOOTH, "samples": "1"},
        {"method": SMOOTH, "samples": str(MOST_STEPS)},
        {"method": SMOOTH, "samples": "1", "noise": "1"},
        {"method": SMOOTH, "samples": "1", "noise": "1e-300"},
        {"method": SMOOTH, "samples": "1", "seed": "0"},
        {"method": SMOOTH, "samples": "1", "seed": str(2**32 - 1)},
    ],
    ids=str,
)
def test_the_limits_themselves_are_allowed(looker: Looker, query: Query) -> None:
    answer = explained(looker, **query)
    for name in query.keys() - {"method"}:
        assert answer[name] == float(query[name])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("steps", "0"),
        ("steps", str(MOST_STEPS + 1)),
        ("steps", "1.5"),
        ("steps", "many"),
        ("samples", "0"),
        ("samples", str(MOST_STEPS + 1)),
        ("noise", "0"),
        ("noise", "1.001"),
        ("noise", "nan"),
        ("noise", "inf"),
        ("seed", "-1"),
        ("seed", str(2**32)),
        ("window", "0"),
        ("stride", "0"),
        ("window", "-3"),
    ],
)
@pytest.mark.parametrize("method", METHODS)
def test_what_lies_beyond_a_limit_is_refused_by_name_whatever_the_method(
    looker: Looker, method: str, name: str, value: str
) -> None:
    problem = problem_of(ask(looker, method=method, **{name: value}), ParameterInvalid)
    assert problem["parameter"] == name
    assert value in problem["detail"]


def test_a_window_may_be_the_whole_photo_and_no_more(looker: Looker, manifest: Manifest) -> None:
    side = min(manifest.height, manifest.width)
    assert explained(looker, method=OCCLUSION, window=str(side))["tops"][0] == 0
    problem = problem_of(ask(looker, method=OCCLUSION, window=str(side + 1)), ParameterInvalid)
    assert problem["parameter"] == "window"


def test_a_stride_may_be_as_long_as_the_window_and_no_longer(looker: Looker) -> None:
    answer = explained(looker, method=OCCLUSION, window="32", stride="32")
    assert (answer["window"], answer["stride"]) == ([32, 32], [32, 32])
    problem = problem_of(ask(looker, method=OCCLUSION, window="32", stride="33"), ParameterInvalid)
    assert problem["parameter"] == "stride"


def test_windows_that_would_take_too_long_are_refused(looker: Looker) -> None:
    problem = problem_of(ask(looker, method=OCCLUSION, window="1", stride="1"), ParameterInvalid)
    assert problem["parameter"] == "stride"
    assert "at most 256 windows" in problem["detail"]


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({"method": "lime"}, "method"),
        ({"method": ""}, "method"),
        ({"label": "unicorn"}, "label"),
        ({"baseline": "white"}, "baseline"),
        ({"format": "gif"}, "format"),
        ({"scale": "layer"}, "scale"),
        ({"scale": "channel"}, "scale"),
        ({"scale": "1,0"}, "scale"),
        ({"colormap": "jet"}, "colormap"),
        ({"colormap": "colour"}, "colormap"),
        ({"image_id": "0" * 65}, "image_id"),
    ],
)
def test_what_cannot_be_is_refused_by_name(looker: Looker, query: Query, parameter: str) -> None:
    assert problem_of(ask(looker, **query), ParameterInvalid)["parameter"] == parameter


def test_an_unknown_label_method_or_colour_map_is_refused_with_all_that_there_are(
    looker: Looker, manifest: Manifest
) -> None:
    assert ", ".join(manifest.labels) in problem_of(ask(looker, label="unicorn"), ParameterInvalid)["detail"]
    assert "viridis, RdBu_r" in problem_of(ask(looker, colormap="jet"), ParameterInvalid)["detail"]
    detail = problem_of(ask(looker, method="lime"), ParameterInvalid)["detail"]
    assert all(method in detail for method in METHODS)


def test_only_a_layer_with_maps_can_be_explained(looker: Looker, manifest: Manifest) -> None:
    for layer in manifest.layers:
        if len(layer.shape) != 3:
            problem = problem_of(ask(looker, layer=layer.name), ParameterInvalid)
            assert problem["parameter"] == "layer"
    problem = problem_of(ask(looker, layer="none such"), LayerUnknown)
    assert problem["layers"] == [layer.name for layer in manifest.layers]


def test_an_unknown_photo_is_refused_and_a_missing_one_too(looker: Looker) -> None:
    problem_of(ask(Looker(looker.client, "0" * 32)), ImageUnknown)
    problem = problem_of(looker.client.get("/explanations"), ParameterInvalid)
    assert problem["parameter"] == "image_id"


def test_the_accept_header_chooses_the_format(looker: Looker) -> None:
    for media_type in MEDIA_TYPES.values():
        assert ask(looker, media_type).headers["content-type"] == media_type
    assert answered(looker).headers["content-type"] == "image/png"
    assert ask(looker, "image/png", format="json").headers["content-type"] == "application/json"
    problem_of(ask(looker, "text/html"), NotAcceptable)
