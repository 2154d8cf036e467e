"""`catscan maps` and `catscan explain`, at a real service."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from catscan import Answer, Client
from model.manifest import LayerRecord
from tests.catscan.conftest import Command


def test_maps_are_written_as_the_picture_that_the_service_draws(
    command: Command, client: Client, cat: Path, answer: Answer, convolution: LayerRecord, tmp_path: Path
) -> None:
    file = tmp_path / "maps.png"
    look = {"scale": "channel", "colormap": "gray"}
    options = [word for name, value in look.items() for word in (f"--{name}", value)]
    done = command("maps", cat, "--layer", convolution.name, "--channels", "0-3", *options, "-o", file)
    assert (done.code, done.err) == (0, "")
    assert done.out == f"cat {answer.probability:.3f}; {convolution.name}: {file}\n"
    assert file.read_bytes() == client.picture(answer.image_id, convolution.name, channels="0-3", **look)


def test_maps_are_written_as_exact_numbers_if_the_file_is_named_so(
    command: Command, client: Client, cat: Path, answer: Answer, convolution: LayerRecord, tmp_path: Path
) -> None:
    file = tmp_path / "maps.npy"
    assert command("maps", cat, "--layer", convolution.name, "--channels", "2,0", "-o", file).code == 0
    assert np.array_equal(np.load(file), client.feature_maps(answer.image_id, convolution.name, [2, 0]))


def test_a_layer_that_is_not_there_is_one_sentence(command: Command, cat: Path, tmp_path: Path) -> None:
    done = command("maps", cat, "--layer", "conv99", "-o", tmp_path / "maps.png")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("catscan: Expected one of ")
    assert done.err.count("\n") == 1
    assert not (tmp_path / "maps.png").exists()


def test_a_place_that_cannot_be_written_to_is_one_sentence(
    command: Command, cat: Path, convolution: LayerRecord, tmp_path: Path
) -> None:
    file = tmp_path / "nowhere" / "maps.png"
    done = command("maps", cat, "--layer", convolution.name, "-o", file)
    assert (done.code, done.err) == (1, f"catscan: {file}: No such file or directory\n")


def test_an_explanation_is_written_as_a_picture(
    command: Command, client: Client, cat: Path, answer: Answer, tmp_path: Path
) -> None:
    file = tmp_path / "cat.png"
    done = command("explain", cat, "--method", "grad-cam", "-o", file)
    assert (done.code, done.err) == (0, "")
    assert done.out == f"cat {answer.probability:.3f}; cat by grad-cam: {file}\n"
    assert file.read_bytes() == client.picture(answer.image_id, method="grad-cam")
    with Image.open(io.BytesIO(file.read_bytes())) as image:
        image.load()


def test_an_explanation_is_written_as_numbers_with_the_options_of_its_method(
    command: Command, client: Client, cat: Path, answer: Answer, tmp_path: Path
) -> None:
    file = tmp_path / "dog.npy"
    asked = ["--method", "integrated-gradients", "--label", "dog", "--set", "steps=4", "--set", "baseline=grey"]
    done = command("explain", cat, *asked, "-o", file)
    assert (done.code, done.err) == (0, "")
    assert "dog by integrated-gradients" in done.out
    expected = client.explain(answer.image_id, "integrated-gradients", "dog", steps=4, baseline="grey")
    assert np.array_equal(np.load(file), expected.values)


@pytest.mark.parametrize("wrong", ["steps", "=4", "format=png", "label=dog"])
def test_a_setting_that_is_none_is_a_wrong_command(command: Command, cat: Path, wrong: str, tmp_path: Path) -> None:
    done = command("explain", cat, "--method", "grad-cam", "--set", wrong, "-o", tmp_path / "cat.png")
    assert (done.code, done.out) == (2, "")
    assert "--set" in done.err
