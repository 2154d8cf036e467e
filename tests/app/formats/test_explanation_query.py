import contextlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.errors import LayerUnknown, NotAcceptable, ParameterInvalid
from app.formats.explanation_query import MOST_WINDOWS, ExplanationQuery
from app.pictures.scaling import Limits
from model.explanations.occlusion import windows
from model.explanations.question import METHODS, Method, Question
from model.manifest import Manifest
from tests.app.formats.manifests import MANIFEST

WIDE = MANIFEST.model_copy(update={"height": 64, "width": 128})


def test_what_is_not_said_is_left_to_the_method() -> None:
    assert ExplanationQuery().question(MANIFEST) == Question("grad-cam")
    for method in METHODS:
        assert ExplanationQuery(method).question(WIDE) == Question(method)


def test_everything_that_is_said_is_asked() -> None:
    query = ExplanationQuery(
        "occlusion", "no", "relu", "grey", window=3, stride=2, steps=7, samples=5, noise=0.5, seed=11
    )
    expected = Question("occlusion", 1, "relu", "grey", (3, 3), (2, 2), steps=7, samples=5, noise=0.5, seed=11)
    assert query.question(MANIFEST) == expected


def test_the_scale_is_two_numbers_or_the_maps_own() -> None:
    assert ExplanationQuery().scale is None
    assert ExplanationQuery(scale="-1,2").scale == Limits(-1, 2)


@pytest.mark.parametrize("scale", ["layer", "channel", "", "1", "2,1", "0,nan"])
def test_any_other_scale_is_refused(scale: str) -> None:
    with pytest.raises(ParameterInvalid, match=r"^scale: expected .*two numbers lo,hi") as it:
        ExplanationQuery(scale=scale)
    assert it.value.facts == {"parameter": "scale"}


@given(st.text(), st.text(), st.none() | st.text())
@example("1,2", "gray", "image/png")
def test_any_text_is_understood_or_refused_by_name(scale: str, colormap: str, accept: str | None) -> None:
    with contextlib.suppress(NotAcceptable):
        try:
            query = ExplanationQuery(scale=scale, colormap=colormap, accept=accept)
        except ParameterInvalid as error:
            assert error.facts in ({"parameter": "scale"}, {"parameter": "colormap"})
        else:
            assert query.scale is not None
            assert query.scale.low < query.scale.high


@pytest.mark.parametrize("name", ["conv", "relu"])
def test_a_layer_with_maps_can_be_asked_for(name: str) -> None:
    assert ExplanationQuery(layer=name).question(MANIFEST).layer == name


@pytest.mark.parametrize("name", ["flatten", "logits", "probabilities"])
@pytest.mark.parametrize("method", METHODS)
def test_a_layer_without_maps_is_refused(name: str, method: Method) -> None:
    with pytest.raises(ParameterInvalid, match="layer: expected one with maps; received: ") as it:
        ExplanationQuery(method, layer=name).question(MANIFEST)
    assert it.value.facts == {"parameter": "layer"}


def test_a_layer_or_label_that_is_not_there_is_refused() -> None:
    with pytest.raises(LayerUnknown):
        ExplanationQuery(layer="pool").question(MANIFEST)
    with pytest.raises(ParameterInvalid, match=r"^label: expected one of yes, no; received: 'maybe'$"):
        ExplanationQuery(label="maybe").question(MANIFEST)


def refused_window(window: int | None, stride: int | None, manifest: Manifest = WIDE) -> tuple[str, str]:
    """By which name, and why."""
    with pytest.raises(ParameterInvalid) as it:
        ExplanationQuery("occlusion", window=window, stride=stride).question(manifest)
    return str(it.value.facts["parameter"]), it.value.detail


def test_a_window_may_be_as_large_as_the_shorter_side_and_no_larger() -> None:
    assert ExplanationQuery("occlusion", window=64).question(WIDE).window == (64, 64)
    for stride in (None, 1, 65):
        name, detail = refused_window(65, stride)
        assert name == "window"
        assert "1 to 64 pixels; received: 65" in detail


def test_a_stride_may_be_as_long_as_the_window_and_no_longer() -> None:
    assert ExplanationQuery("occlusion", window=20, stride=20).question(WIDE).stride == (20, 20)
    name, detail = refused_window(20, 21)
    assert name == "stride"
    assert "1 to 20 pixels, that of the window; received: 21" in detail
    assert ExplanationQuery("occlusion", stride=16).question(WIDE).stride == (16, 16)
    assert refused_window(None, 17)[0] == "stride"  # a quarter of the shorter side is 16


def test_there_may_be_so_many_windows_and_no_more() -> None:
    square = WIDE.model_copy(update={"height": 128})
    most = ExplanationQuery("occlusion", window=8, stride=8).question(square)
    places = windows((128, 128), most.window, most.stride)
    assert len(places.tops) * len(places.lefts) == MOST_WINDOWS
    assert refused_window(9, 7, square) == (
        "stride",
        f"stride: expected one with at most {MOST_WINDOWS} windows; received: one with {18 * 18}",
    )


def test_only_occlusion_looks_at_the_windows() -> None:
    for method in METHODS:
        if method != "occlusion":
            assert ExplanationQuery(method, window=999, stride=1).question(WIDE).window == (999, 999)


@given(st.none() | st.integers(1, 200), st.none() | st.integers(1, 200), st.integers(1, 150), st.integers(1, 150))
def test_windows_cover_every_photo_or_are_refused_by_name(
    window: int | None, stride: int | None, height: int, width: int
) -> None:
    manifest = WIDE.model_copy(update={"height": height, "width": width})
    try:
        question = ExplanationQuery("occlusion", window=window, stride=stride).question(manifest)
    except ParameterInvalid as error:
        name = error.facts["parameter"]
        assert {"window": window, "stride": stride}[str(name)] is not None  # only what was said can be wrong
        return
    places = windows((height, width), question.window, question.stride)
    assert len(places.tops) * len(places.lefts) <= MOST_WINDOWS


def test_all_that_decides_the_answer_is_told_apart() -> None:
    queries = [
        ExplanationQuery(),
        *map(ExplanationQuery, METHODS[1:]),
        ExplanationQuery(label="no"),
        ExplanationQuery(layer="conv"),
        ExplanationQuery(baseline="grey"),
        ExplanationQuery(window=3),
        ExplanationQuery(stride=3),
        ExplanationQuery(steps=3),
        ExplanationQuery(samples=3),
        ExplanationQuery(noise=0.3),
        ExplanationQuery(seed=3),
        *(ExplanationQuery(wanted=name) for name in ("json", "npy", "f32")),
        ExplanationQuery(scale="0,1"),
        ExplanationQuery(scale="0,1.5"),
        ExplanationQuery(colormap="gray"),
    ]
    assert len({query.decides() for query in queries}) == len(queries)
    assert ExplanationQuery(accept="application/json").decides() == ExplanationQuery(wanted="json").decides()
