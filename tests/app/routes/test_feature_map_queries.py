import numpy as np
import pytest

from app.errors import NotAcceptable, ParameterInvalid
from model.manifest import LayerRecord
from tests.app.conftest import Looker, problem_of

CHROME = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8"


def test_the_channels_asked_for_are_given_in_their_order(looker: Looker, after_relu: LayerRecord) -> None:
    whole = looker.tensor(after_relu.name)
    last = after_relu.shape[-1] - 1
    for chosen, numbers in (("0,5-9", [0, 5, 6, 7, 8, 9]), (f"{last},1,0-2", [last, 1, 0, 2]), ("4", [4])):
        assert np.array_equal(looker.tensor(after_relu.name, channels=chosen), whole[..., numbers])
        listed = looker.look(layer=after_relu.name, channels=chosen, format="json").json()
        assert listed["channels"] == numbers


def test_channels_of_a_vector_are_its_units(looker: Looker) -> None:
    assert np.array_equal(looker.tensor("logits", channels="2,0"), looker.tensor("logits")[[2, 0]])


@pytest.mark.parametrize("chosen", ["", "x", "-1", "5-", "3-2", "1,,2", "99999", "9999999999"])
@pytest.mark.parametrize("name", ["png", "npy"])
def test_wrong_channels_are_refused(looker: Looker, after_relu: LayerRecord, chosen: str, name: str) -> None:
    problem = problem_of(looker.ask(layer=after_relu.name, channels=chosen, format=name), ParameterInvalid)
    assert problem["parameter"] == "channels"


def test_the_last_channel_is_given_and_the_one_after_it_refused(looker: Looker, after_relu: LayerRecord) -> None:
    channels = after_relu.shape[-1]
    assert looker.tensor(after_relu.name, channels=str(channels - 1)).shape[-1] == 1
    problem = problem_of(looker.ask(layer=after_relu.name, channels=str(channels)), ParameterInvalid)
    assert f"from 0 to {channels - 1}" in problem["detail"]


@pytest.mark.parametrize("scale", ["", "auto", "1", "1,1", "2,1", "nan,1", "0,inf", "0,1,2", "a,b", "1e39,2e39", "0;1"])
def test_a_wrong_scale_is_refused(looker: Looker, scale: str) -> None:
    problem = problem_of(looker.ask(layer="logits", scale=scale), ParameterInvalid)
    assert problem["parameter"] == "scale"
    assert repr(scale) in problem["detail"]


@pytest.mark.parametrize("colormap", ["", "jet", "Viridis", "viridis "])
def test_a_wrong_colormap_is_refused_with_all_that_there_are(looker: Looker, colormap: str) -> None:
    problem = problem_of(looker.ask(layer="logits", colormap=colormap), ParameterInvalid)
    assert problem["parameter"] == "colormap"
    assert "viridis, RdBu_r, cividis, gray" in problem["detail"]


@pytest.mark.parametrize("colormap", ["viridis", "RdBu_r", "cividis", "gray"])
def test_every_colormap_draws_another_picture_of_the_same_numbers(looker: Looker, colormap: str) -> None:
    response = looker.look(layer="logits", format="png", colormap=colormap, scale="-1,1")
    assert response.headers["map-colormap"] == colormap
    others = {"viridis", "RdBu_r", "cividis", "gray"} - {colormap}
    for other in others:
        assert looker.look(layer="logits", format="png", colormap=other, scale="-1,1").content != response.content


@pytest.mark.parametrize("value", ["x" * 65, "layer,"])
def test_a_parameter_that_is_too_long_or_odd_is_refused_by_name(looker: Looker, value: str) -> None:
    assert problem_of(looker.ask(layer="logits", scale=value), ParameterInvalid)["parameter"] == "scale"


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("*/*", "image/png"),
        (CHROME, "image/png"),
        ("application/json", "application/json"),
        ("application/json;q=0.5, application/x-npy;q=0.9", "application/x-npy"),
        ("application/octet-stream, */*;q=0.1", "application/octet-stream"),
        ("image/png;q=0, */*", "application/json"),
    ],
)
def test_the_accept_header_chooses_the_format(looker: Looker, accept: str, media_type: str) -> None:
    response = looker.look(accept, layer="logits")
    assert response.headers["content-type"] == media_type
    assert response.headers["vary"] == "Accept"


def test_a_format_in_the_query_wins_over_the_accept_header(looker: Looker) -> None:
    assert looker.look("image/png", layer="logits", format="json").headers["content-type"] == "application/json"


@pytest.mark.parametrize("accept", ["text/plain", "image/jpeg", "image/png;q=0", "*/*;q=0.0"])
def test_a_client_that_takes_none_of_our_formats_is_told_which_there_are(looker: Looker, accept: str) -> None:
    problem = problem_of(looker.ask(accept, layer="logits"), NotAcceptable)
    assert "image/png, application/json, application/x-npy, application/octet-stream" in problem["detail"]
    assert accept in problem["detail"]
