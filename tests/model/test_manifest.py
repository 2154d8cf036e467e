import json
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from model.digest import digest_of
from model.errors import ArtifactMalformed, ArtifactMissing
from model.manifest import (
    MANIFEST_FILE,
    Golden,
    GoldenExample,
    LayerKind,
    LayerRecord,
    Manifest,
    Padding,
    ReceptiveField,
    Training,
)

NAMES = st.text(max_size=8)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
WHOLE = st.integers(-(2**40), 2**40)
PAIRS = st.tuples(WHOLE, WHOLE)
COUNTS = st.dictionaries(NAMES, WHOLE, max_size=3)
MEASURES = st.dictionaries(NAMES, NUMBERS, max_size=3)
LAYERS = st.builds(
    LayerRecord,
    name=NAMES, kind=st.sampled_from(get_args(LayerKind)), input=NAMES,
    shape=st.lists(WHOLE, max_size=3).map(tuple), kernel=st.none() | PAIRS, stride=st.none() | PAIRS,
    padding=st.none() | st.builds(Padding, top=WHOLE, bottom=WHOLE, left=WHOLE, right=WHOLE),
    weights=st.dictionaries(NAMES, st.lists(WHOLE, max_size=4).map(tuple), max_size=2),
    parameters=WHOLE, multiply_adds=WHOLE,
    receptive_field=st.none() | st.builds(ReceptiveField, size=PAIRS, jump=PAIRS, start=PAIRS),
    scale=st.none() | NUMBERS, offset=st.none() | NUMBERS, temperature=st.none() | NUMBERS, signed=st.booleans(),
)  # fmt: skip
EXAMPLES = st.builds(
    GoldenExample, image=NAMES, logits=st.tuples(NUMBERS, NUMBERS), probabilities=st.tuples(NUMBERS, NUMBERS)
)
TRAININGS = st.builds(
    Training, date=NAMES, photos=COUNTS, sources=COUNTS, epochs=WHOLE,
    config=st.dictionaries(NAMES, NUMBERS | NAMES | st.booleans() | st.lists(WHOLE, max_size=2), max_size=3),
)  # fmt: skip
MANIFESTS = st.builds(
    Manifest,
    name=NAMES, version=st.integers(1, 10**9), digest=NAMES, labels=st.tuples(NAMES, NAMES), height=WHOLE, width=WHOLE,
    layers=st.lists(LAYERS, max_size=3).map(tuple),
    golden=st.builds(
        Golden,
        tolerance=st.floats(0, exclude_min=True, allow_infinity=False),
        examples=st.lists(EXAMPLES, min_size=1, max_size=2).map(tuple),
    ),
    training=st.none() | TRAININGS, metrics=MEASURES, elsewhere=st.dictionaries(NAMES, MEASURES, max_size=2),
)  # fmt: skip
THRESHOLDS = st.lists(st.none() | st.floats(0, 1), min_size=2, max_size=2)  # of the two labels

ONE: dict[str, Any] = {
    "name": "small", "version": 1, "digest": "", "labels": ["a", "b"], "height": 8, "width": 6,
    "layers": [
        {
            "name": "conv", "kind": "convolution", "input": "images", "shape": [8, 6, 2], "signed": True,
            "parameters": 20, "multiply_adds": 300, "padding": {"top": 1, "bottom": 1, "left": 1, "right": 1},
            "receptive_field": {"size": [3, 3], "jump": [1, 1], "start": [-1, -1]},
        },
        {
            "name": "dense", "kind": "dense", "input": "conv", "shape": [2], "signed": True,
            "parameters": 3, "multiply_adds": 4,
        },
    ],
    "golden": {"tolerance": 0.01, "examples": [{"image": "black", "logits": [0, 1], "probabilities": [0.3, 0.7]}]},
    "training": {"date": "2026-11-22", "config": {}, "photos": {}, "sources": {}, "epochs": 2},
}  # fmt: skip


@settings(deadline=None)
@given(manifest=MANIFESTS, thresholds=THRESHOLDS)
def test_any_manifest_comes_back_as_it_was_written(
    manifest: Manifest, thresholds: list[float | None], tmp_path_factory: pytest.TempPathFactory
) -> None:
    chosen = {label: share for label, share in zip(manifest.labels, thresholds, strict=True) if share is not None}
    manifest = Manifest.model_validate({**dict(manifest), "thresholds": chosen})
    folder = tmp_path_factory.mktemp("manifest")
    (folder / "saved_model.pb").touch()
    manifest.save(folder)
    loaded = Manifest.load(folder)
    assert loaded == manifest
    assert digest_of(folder, loaded) == digest_of(folder, manifest)


def test_totals_and_layers_by_name() -> None:
    manifest = Manifest.model_validate(ONE)
    assert (manifest.parameters, manifest.multiply_adds) == (23, 304)
    assert manifest.layer("dense") == manifest.layers[1]
    assert manifest.layer("images") is None


def test_a_label_without_a_threshold_is_said_from_one_half_on() -> None:
    manifest = Manifest.model_validate({**ONE, "thresholds": {"b": 0.25}})
    assert (manifest.threshold("a"), manifest.threshold("b"), manifest.threshold("unknown")) == (0.5, 0.25, 0.5)


@pytest.mark.parametrize("share", [0, 1])
def test_a_threshold_may_be_any_probability(share: float) -> None:
    assert Manifest.model_validate({**ONE, "thresholds": {"a": share}}).threshold("a") == share


@pytest.mark.parametrize("field", Manifest.model_fields)
def test_a_manifest_cannot_be_changed(field: str) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        setattr(Manifest.model_validate(ONE), field, 2)


PLACES: list[tuple[str | int, ...]] = [
    (), ("layers", 0), ("layers", 0, "padding"), ("layers", 0, "receptive_field"), ("golden",),
    ("golden", "examples", 0), ("training",),
]  # fmt: skip


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_a_member_that_is_not_known_is_refused_wherever_it_stands(place: tuple[str | int, ...]) -> None:
    foreign = json.loads(json.dumps(ONE))
    Manifest.model_validate(foreign)
    part = foreign
    for step in place:
        part = part[step]
    part["more"] = 1
    with pytest.raises(ValidationError, match=r"more\n.*Extra inputs are not permitted"):
        Manifest.model_validate(foreign)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 2}, "format\n.*Input should be 1"),
        ({"version": 0}, "version\n.*greater than or equal to 1"),
        ({"golden": {**ONE["golden"], "tolerance": 0}}, r"golden\.tolerance\n.*greater than 0"),
        ({"golden": {**ONE["golden"], "examples": []}}, r"golden\.examples\n.*at least 1 item"),
        ({"labels": ["a"]}, "golden example 'black': expected 1 logits, one for each label; received: 2"),
        ({"thresholds": {"a": -0.01}}, r"thresholds\.a\n.*greater than or equal to 0"),
        ({"thresholds": {"a": 1.01}}, r"thresholds\.a\n.*less than or equal to 1"),
        ({"thresholds": {"a": float("nan")}}, r"thresholds\.a\n"),
        (
            {"thresholds": {"d": 0.5, "a": 0.5, "c": 0.5}},
            r"thresholds: expected labels among a, b; received: \['c', 'd'\]",
        ),
        ({"layers": [{**ONE["layers"][0], "kind": "attention"}]}, r"layers\.0\.kind\n.*'attention'"),
    ],
)
def test_what_no_network_can_be_is_refused_by_its_place(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Manifest.model_validate({**ONE, **change})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "EOF while parsing"),
        ('{"name": "small"', "EOF while parsing"),
        ("\x00\x01", "expected value"),
        ("[]", "Input should be an object"),
        ("{}", "name\n.*Field required"),
        ('{"model": "another project\'s"}', "model\n.*Extra inputs are not permitted"),
    ],
)
def test_a_file_that_is_no_manifest_is_refused_by_its_name(content: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "saved_model.pb").touch()
    (tmp_path / MANIFEST_FILE).write_text(content)
    with pytest.raises(ArtifactMalformed, match=message) as refused:
        Manifest.load(tmp_path)
    assert str(refused.value).startswith(str(tmp_path / MANIFEST_FILE))


@pytest.mark.parametrize("missing", [MANIFEST_FILE, "saved_model.pb"])
def test_a_folder_without_one_of_its_files_is_refused_by_the_files_name(missing: str, tmp_path: Path) -> None:
    Manifest.model_validate(ONE).save(tmp_path)
    (tmp_path / "saved_model.pb").touch()
    Manifest.load(tmp_path)
    (tmp_path / missing).unlink()
    with pytest.raises(ArtifactMissing, match=f"Expected an exported network with a {missing} in {tmp_path}"):
        Manifest.load(tmp_path)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArtifactMissing, match=f"{tmp_path / 'nowhere'}; there is none"):
        Manifest.load(tmp_path / "nowhere")
