"""Two networks beside each other, on the same altered photos: the shipped ones, convolutional and dense."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, Request, Route, expect

from tests.app.conftest import answer_of
from tests.page.visitor import percent

BESIDE = re.compile(r"Beside \w+ v\d+ answers")
SERIOUS = {"serious", "critical"}
EVERYTHING = re.compile(r"Try all \d+ positions")
WIDER = "document.documentElement.scrollWidth - innerWidth"


@pytest.fixture(scope="module")
def networks(client: httpx.Client) -> list[dict[str, Any]]:
    """GET /layers of both, the usual one first."""
    names = [model["name"] for model in client.get("/models").json()["models"]]
    return [client.get("/layers", params={"model": name}).json() for name in names]


@pytest.fixture(scope="module")
def names(networks: list[dict[str, Any]]) -> list[str]:
    """Of both, as the page calls them."""
    return [f"{network['model']['name']} v{network['model']['version']}" for network in networks]


@pytest.fixture(scope="module")
def image_id(client: httpx.Client, chelsea: bytes) -> str:
    return str(answer_of(client, chelsea)["image_id"])


@pytest.fixture
def bench(page: Page, image_id: str) -> Iterator[Page]:
    """The experiments on the cat, once both networks have answered; the page may not make a mistake of its own."""
    mistakes: list[str] = []
    page.on("pageerror", lambda error: mistakes.append(str(error)))
    page.goto(f"/#/experiments?photo={image_id}")
    settled(page)
    yield page
    assert not mistakes


def settled(bench: Page) -> None:
    expect(bench.locator(".experiment-bars")).to_have_count(2)
    for side in sides(bench):
        expect(side.locator(".experiment-bars")).to_have_attribute("aria-busy", "false")
        expect(side.locator(".experiment-moved")).not_to_have_text("It is being asked.")


def sides(bench: Page) -> list[Locator]:
    return [bench.locator(".experiment-side").nth(number) for number in range(2)]


def slide(bench: Page, name: str, value: float) -> None:
    bench.get_by_role("radio", name=name).check(force=True)
    bench.get_by_role("slider", name=name).fill(str(value))
    settled(bench)


def scores_of(client: httpx.Client, photo: bytes, network: dict[str, Any]) -> dict[str, float]:
    """What a network says of a photo, asked directly."""
    model = network["model"]
    query = {"model": model["name"], "version": str(model["version"])}
    response = client.post("/predict", content=photo, params=query, headers={"Cache-Control": "no-store"})
    return {one["label"]: one["score"] for one in response.json()["predictions"]}


def downloaded(bench: Page) -> bytes:
    """The altered photo, as it is posted."""
    with bench.expect_download() as download:
        bench.get_by_role("button", name="Download the altered photo").click()
    return Path(download.value.path()).read_bytes()


def way(now: dict[str, float], before: dict[str, float]) -> float:
    """Half of all that changed: what one label lost and another gained (total variation)."""
    return float(np.abs(np.subtract(list(now.values()), [before[label] for label in now])).sum() / 2)


@pytest.mark.parametrize(("name", "value"), [("Slide sideways", 24), ("Rotate", 90)])
def test_both_networks_answer_each_altered_photo_as_the_api_does(
    bench: Page, client: httpx.Client, networks: list[dict[str, Any]], names: list[str], name: str, value: float
) -> None:
    original = downloaded(bench)
    slide(bench, name, value)
    photo = downloaded(bench)
    bench.get_by_text("The numbers of this curve").click()
    table = bench.get_by_role("table", name="Probabilities")
    heads = table.get_by_role("columnheader").all_text_contents()
    position = bench.locator(".experiment-position").first.text_content()
    row = table.get_by_role("row").filter(has=bench.get_by_role("rowheader", name=str(position), exact=True))
    written = dict(zip(heads[1:], map(float, row.get_by_role("cell").all_text_contents()), strict=True))
    for side, network, called in zip(sides(bench), networks, names, strict=True):
        before, now = (scores_of(client, each, network) for each in (original, photo))
        assert side.locator(".name").all_inner_texts() == networks[0]["labels"]
        for label, bar in zip(networks[0]["labels"], side.locator(".experiment-bars li").all(), strict=True):
            assert written[f"{called}: {label}"] == pytest.approx(now[label], abs=2e-5)
            assert bar.locator(".value").inner_text() == percent(now[label])
            change = float(bar.locator(".change").inner_text().replace("−", "-").replace("±", ""))
            assert change == pytest.approx((now[label] - before[label]) * 100, abs=0.06)
            width = bar.locator(".bar").evaluate("bar => parseFloat(bar.style.width)")
            assert width == pytest.approx(now[label] * 100, abs=2e-3)
        assert written[f"{called}: moved"] == pytest.approx(way(now, before), abs=5e-5)
        first, then = (max(scores, key=lambda label: scores[label]) for scores in (now, before))
        verdict = f"still says {first}" if first == then else f"said {then}, now says {first}"
        said = side.locator(".experiment-moved").inner_text()
        moved = float(re.findall(r"Moved ([\d.]+) of its 100 points", said)[0])
        assert moved == pytest.approx(way(now, before) * 100, abs=0.06)
        assert said.endswith(f"{verdict}.")


def test_both_are_drawn_over_the_whole_slider_and_told_apart_without_colour(
    bench: Page, client: httpx.Client, networks: list[dict[str, Any]], names: list[str]
) -> None:
    bench.get_by_role("button", name=EVERYTHING).click()
    expect(bench.get_by_role("button", name="All 13 positions are there")).to_be_visible()
    expect(bench.get_by_text("26 of 26 answers")).to_be_visible()
    plot = bench.locator(".experiment-curve .plot")
    assert plot.locator(".plot-name").all_text_contents() == names
    dashes = [line.get_attribute("stroke-dasharray") for line in plot.locator("polyline").all()]
    assert dashes[0] is None
    assert dashes[1]
    assert (
        plot.locator("circle").count() == plot.locator("g path").count() == 13
    )  # dots of the one, squares of the other
    before = [scores_of(client, downloaded(bench), network) for network in networks]
    sentence = bench.locator(".experiment-curve > p").inner_text()
    bench.get_by_text("The numbers of this curve").click()
    rows = bench.get_by_role("table", name="Probabilities").locator("tbody tr")
    expect(rows).to_have_count(13)
    values = np.array([[float(cell) for cell in row.locator("td").all_inner_texts()] for row in rows.all()])
    altered = values[[at for at in range(13) if at != 6]]  # the unaltered one is in the middle
    labels = networks[0]["labels"]
    for number, (called, scores) in enumerate(zip(names, before, strict=True)):
        answers = altered[:, number * 5 : number * 5 + 4]
        ways = [way(dict(zip(labels, each, strict=True)), scores) * 100 for each in answers]
        told = re.search(rf"{called} moved ([\d.]+) of its 100 points on average and ([\d.]+) at most", sentence)
        assert told, sentence
        assert [float(told[1]), float(told[2])] == pytest.approx([np.mean(ways), max(ways)], abs=0.06)
        same = sum(labels[each.argmax()] == max(scores, key=lambda label: scores[label]) for each in answers)
        assert re.search(rf"{called} moved[^;]*as before at {same}\b", sentence), sentence
    expect(bench.locator("#status")).to_have_text(sentence)


def test_another_label_or_how_far_they_moved_can_be_drawn(bench: Page) -> None:
    slide(bench, "Turn grey", 100)
    points = bench.locator(".experiment-curve polyline").first
    before = points.get_attribute("points")
    choice = bench.get_by_label("Shown of each network")
    assert choice.input_value() == "cat"
    choice.select_option("how far its answer moved")
    expect(points).not_to_have_attribute("points", str(before))
    assert str(points.get_attribute("points")).split()[0].endswith(",230")  # unaltered: not moved at all
    expect(bench).to_have_url(re.compile(r"of=(\*|%2A)"))
    bench.reload()
    settled(bench)
    expect(choice).to_have_value("*")


def test_every_photo_is_for_one_very_network_and_kept_by_none(bench: Page, networks: list[dict[str, Any]]) -> None:
    asked: list[Request] = []
    bench.on("request", lambda request: asked.append(request) if "/predict" in request.url else None)
    slide(bench, "Brightness", 50)
    paths = {request.url.partition("/predict")[2] for request in asked}
    models = [network["model"] for network in networks]
    assert paths == {f"?model={model['name']}&version={model['version']}" for model in models}
    assert {request.headers["cache-control"] for request in asked} == {"no-store"}


def test_a_slow_network_does_not_hold_the_other_back(bench: Page) -> None:
    waiting: list[Route] = []
    bench.route("**/predict?model=dense*", lambda route: waiting.append(route))
    bench.get_by_role("slider", name="Slide sideways").fill("40")
    fast, slow = sides(bench)
    expect(fast.locator(".experiment-bars")).to_have_attribute("aria-busy", "false")
    expect(slow.locator(".experiment-bars")).to_have_attribute("aria-busy", "true")
    expect(slow.locator(".experiment-moved")).to_have_text("It is being asked.")
    bench.get_by_role("button", name=EVERYTHING).click()
    expect(bench.get_by_text("14 of 26 answers")).to_be_visible()  # all of the one, and the unaltered of the other
    for route in waiting:
        route.continue_()
    bench.unroute("**/predict?model=dense*")
    expect(bench.get_by_text("26 of 26 answers")).to_be_visible()


def test_a_network_that_is_not_ready_is_said_and_the_other_goes_on(bench: Page) -> None:
    problem = {"code": "not_ready", "title": "The service is not ready yet", "detail": "It is loaded", "status": 503}
    refused: list[Route] = []

    def refuse(route: Route) -> None:
        refused.append(route)
        route.fulfill(status=503, json=problem, headers={"Retry-After": "1"})

    bench.route("**/predict?model=dense*", refuse)
    bench.get_by_role("slider", name="Slide sideways").fill("30")
    fast, other = sides(bench)
    expect(other.locator(".experiment-moved")).to_have_text("The service is not ready yet; it is asked again.")
    expect(fast.locator(".experiment-bars")).to_have_attribute("aria-busy", "false")
    note = other.get_by_role("alert").filter(
        has_text=re.compile("No answer of dense v[0-9]+. The service is not ready yet. It is loaded")
    )
    expect(note).to_be_visible(timeout=30_000)
    assert len(refused) == 6
    bench.unroute("**/predict?model=dense*")
    note.get_by_role("button", name="Try again").click()
    settled(bench)
    expect(note).to_be_hidden()


def test_one_may_be_looked_at_alone_and_the_link_remembers_that(bench: Page) -> None:
    bench.get_by_label(BESIDE).select_option("no other network")
    expect(bench.locator(".experiment-bars")).to_have_count(1)
    expect(bench.get_by_role("table", name="counted")).to_have_count(0)
    bench.reload()
    expect(bench.get_by_label(BESIDE)).to_have_value("-")
    expect(bench.locator(".experiment-bars")).to_have_count(1)
    bench.get_by_label(BESIDE).select_option("dense")
    settled(bench)
    assert "beside" not in bench.url


def test_what_was_asked_is_known_when_the_other_network_comes_back(bench: Page) -> None:
    slide(bench, "Blur", 2)
    bench.get_by_label(BESIDE).select_option("no other network")
    asked: list[str] = []
    bench.on("request", lambda request: asked.append(request.url) if "/predict" in request.url else None)
    bench.get_by_label(BESIDE).select_option("dense")
    settled(bench)
    assert not asked


def test_inputs_and_weights_of_both_are_counted_as_the_service_says(
    bench: Page, networks: list[dict[str, Any]], names: list[str]
) -> None:
    table = bench.get_by_role("table", name=f"{names[0]} and {names[1]}, counted")
    rows = {
        row.locator("th").inner_text(): row.locator("td").all_inner_texts() for row in table.locator("tbody tr").all()
    }
    inputs = [
        int(np.prod([network["input"][side] for side in ("height", "width", "channels")])) for network in networks
    ]
    assert [text.partition(" =")[0] for text in rows["Inputs"]] == [f"{number:,}" for number in inputs]
    assert rows["Weights"] == [f"{network['parameters']:,}" for network in networks]
    assert rows["Multiply-adds for a photo"] == [f"{network['multiply_adds']:,}" for network in networks]
    for text, network in zip(rows["Times a weight is used"], networks, strict=True):
        assert float(text) == pytest.approx(network["multiply_adds"] / network["parameters"], rel=0.006)
    for text, network in zip(rows["Largest layer"], networks, strict=True):
        largest = max(network["layers"], key=lambda layer: layer["parameters"])
        products, _, total = text.removeprefix(f"{largest['name']}: ").replace(",", "").rpartition(" = ")
        sums = [np.prod(list(map(int, part.split(" × ")))) for part in products.split(" + ")]
        assert sum(sums) == int(total) == largest["parameters"]
    dense = next(layer for layer in networks[1]["layers"] if layer["parameters"])
    units = dense["shape"][0]
    expect(
        bench.get_by_text(f"{inputs[1] * units + units:,} weights instead of {dense['parameters']:,}")
    ).to_be_visible()
    for network, called in zip(networks, names, strict=True):
        bench.get_by_text(f"All layers of {called} that have weights").click()
        weighing = [layer["name"] for layer in network["layers"] if layer["parameters"]]
        shown = bench.get_by_role("region", name=f"Weights of {called}").get_by_role("rowheader")
        assert shown.all_text_contents() == weighing


def test_the_keyboard_does_all_of_it(bench: Page) -> None:
    bench.get_by_label(BESIDE).focus()
    bench.keyboard.press("Tab")
    bench.keyboard.press("ArrowRight")
    expect(bench.get_by_role("radio", name="Turn grey")).to_be_checked()
    bench.keyboard.press("Tab")
    bench.keyboard.press("Tab")
    bench.keyboard.press("End")
    settled(bench)
    for side in sides(bench):
        expect(side.locator(".experiment-moved")).to_contain_text("points")
    bench.keyboard.press("Tab")
    expect(bench.get_by_role("button", name=EVERYTHING)).to_be_focused()
    bench.keyboard.press("Enter")
    expect(bench.get_by_role("button", name="All 11 positions are there")).to_be_focused()
    bench.keyboard.press("Tab")
    expect(bench.get_by_label("Shown of each network")).to_be_focused()
    bench.keyboard.press("End")
    expect(bench.get_by_label("Shown of each network")).to_have_value("*")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_every_width_and_axe_finds_nothing_serious(bench: Page, scheme: str) -> None:
    bench.emulate_media(color_scheme="light" if scheme == "light" else "dark")
    slide(bench, "Hide a part", 30)
    bench.get_by_text("The numbers of this curve").click()
    for width in (320, 390, 1440):
        bench.set_viewport_size({"width": width, "height": 800})
        assert bench.evaluate(WIDER) <= 0, width
    found = Axe().run(bench).response["violations"]
    assert [(each["id"], each["nodes"][0]["html"]) for each in found if each["impact"] in SERIOUS] == []


def test_the_dense_network_may_be_the_one_that_is_looked_at(
    page: Page, client: httpx.Client, chelsea: bytes, networks: list[dict[str, Any]], names: list[str]
) -> None:
    answer = client.post("/predict", content=chelsea, params={"model": "dense"}).json()
    page.goto(f"/#/experiments?photo={answer['image_id']}")
    settled(page)
    assert page.locator(".experiment-head").all_inner_texts()[0].startswith(names[1])
    expect(page.get_by_label(BESIDE)).to_have_value("cat")
    convolution = next(layer["name"] for layer in networks[0]["layers"] if layer["kind"] == "convolution")
    expect(page.get_by_text(f"This is {convolution} of {names[0]}.")).to_be_visible()
    first, *_ = sides(page)
    best = first.locator(".present .name").inner_text()
    assert best == answer["label"]


def test_without_a_photo_both_are_counted(page: Page, networks: list[dict[str, Any]], names: list[str]) -> None:
    page.goto("/#/experiments")
    table = page.get_by_role("table", name=f"{names[0]} and {names[1]}, counted")
    for network in networks:
        expect(table).to_contain_text(f"{network['parameters']:,}")
