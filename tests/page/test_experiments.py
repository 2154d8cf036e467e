"""The article's experiments on one photo: what is posted, what comes back, and what is counted."""

import io
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Page, Request, Route, expect

from app.settings import Settings
from tests.app.conftest import answer_of, serving, wait_until_ready

Pixels = NDArray[np.uint8]
CONVOLUTIONAL, DENSE = (Path(__file__).parents[2] / "model" / "saved" / name for name in ("cat", "dense"))
SERIOUS = {"serious", "critical"}
EVERYTHING = re.compile(r"Try all \d+ positions")


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Asks a server of one model: with several, as in `test_side_by_side.py`, two of them answer."""
    store = tmp_path_factory.mktemp("alone") / "photos.sqlite"
    with serving(Settings(models=CONVOLUTIONAL, store=store, precision="float32")) as client:
        wait_until_ready(client)
        yield client


@pytest.fixture(scope="module")
def image_id(client: httpx.Client, chelsea: bytes) -> str:
    return str(answer_of(client, chelsea)["image_id"])


@pytest.fixture(scope="module")
def original(client: httpx.Client, image_id: str) -> Pixels:
    """The network's input, [height, width, 3]."""
    query = {"image_id": image_id, "layer": "images", "format": "npy"}
    floats: NDArray[np.float32] = np.load(io.BytesIO(client.get("/feature-maps", params=query).content))
    return floats.astype(np.uint8)


@pytest.fixture
def bench(page: Page, image_id: str) -> Iterator[Page]:
    """The experiments on the cat; at the end the page may not have made a mistake of its own."""
    mistakes: list[str] = []
    page.on("pageerror", lambda error: mistakes.append(str(error)))
    page.goto(f"/#/experiments?photo={image_id}")
    expect(page.get_by_role("button", name=EVERYTHING)).to_be_visible()
    yield page
    assert not mistakes


def choose(bench: Page, name: str, value: float | None = None) -> None:
    bench.get_by_role("radio", name=name).check(force=True)
    if value is not None:
        bench.get_by_role("slider", name=name).fill(str(value))
        expect(bench.locator(".experiment-bars")).to_have_attribute("aria-busy", "false")


def downloaded(bench: Page) -> tuple[bytes, Pixels]:
    """The altered photo as a file, and its pixels."""
    with bench.expect_download() as download:
        bench.get_by_role("button", name="Download the altered photo").click()
    content = Path(download.value.path()).read_bytes()
    return content, np.asarray(Image.open(io.BytesIO(content)))


def test_the_unaltered_photo_is_the_networks_very_input(
    bench: Page, client: httpx.Client, original: Pixels, chelsea: bytes
) -> None:
    content, pixels = downloaded(bench)
    np.testing.assert_array_equal(pixels, original)
    before, again = answer_of(client, chelsea), answer_of(client, content)
    assert {one["label"]: one["logit"] for one in again["predictions"]} == pytest.approx(
        {one["label"]: one["logit"] for one in before["predictions"]}, abs=1e-4
    )


def blurred(pixels: Pixels, sigma: float) -> NDArray[np.float64]:
    """With a bell of three sigmas on each side, edges repeated; written here without the page's loops."""
    reach = int(np.ceil(3 * sigma))
    bell = np.exp(-(np.arange(-reach, reach + 1) ** 2) / (2 * sigma**2))
    wide = np.pad(pixels.astype(np.float64), [(reach, reach), (reach, reach), (0, 0)], mode="edge")
    for axis in (0, 1):
        wide = np.apply_along_axis(lambda line: np.convolve(line, bell / bell.sum(), "valid"), axis, wide)
    return wide


ALTERATIONS: dict[str, tuple[str, float, Callable[[Pixels], NDArray[Any]], float]] = {
    "right": ("Slide sideways", 24, lambda p: np.pad(p, [(0, 0), (24, 0), (0, 0)], mode="edge")[:, :128], 0),
    "left": ("Slide sideways", -5, lambda p: np.pad(p, [(0, 0), (0, 5), (0, 0)], mode="edge")[:, 5:], 0),
    "grey": ("Turn grey", 100, lambda p: np.repeat(np.asarray(Image.fromarray(p).convert("L"))[..., None], 3, 2), 1),
    "quarter": ("Rotate", 90, lambda p: np.rot90(p, -1), 0),
    "half": ("Rotate", 180, lambda p: np.rot90(p, 2), 0),
    "blur": ("Blur", 2, lambda p: blurred(p, 2), 1),
    "dark": ("Brightness", 50, lambda p: p / 2, 1),
    "glaring": ("Brightness", 200, lambda p: np.minimum(p * 2.0, 255), 0),
}


def test_every_alteration_does_what_it_says(bench: Page, client: httpx.Client, original: Pixels) -> None:
    bench.get_by_text("The numbers of this curve").click()
    for name, (label, value, expected, tolerance) in ALTERATIONS.items():
        choose(bench, label, value)
        content, pixels = downloaded(bench)
        np.testing.assert_allclose(pixels.astype(float), expected(original), atol=tolerance, err_msg=name)
        shown = shown_scores(bench)
        for one in answer_of(client, content)["predictions"]:
            assert shown[one["label"]] == pytest.approx(one["score"], abs=1e-5), name


def shown_scores(bench: Page) -> dict[str, float]:
    """The probabilities at the slider's position, of the table under the curve."""
    position = bench.locator(".experiment-position").first.text_content()
    table = bench.get_by_role("table", name="Probabilities")
    labels = table.get_by_role("columnheader").all_text_contents()[1:]
    cells = table.get_by_role("row").filter(has=bench.get_by_role("rowheader", name=str(position), exact=True))
    return dict(zip(labels, map(float, cells.get_by_role("cell").all_text_contents()), strict=True))


def test_a_part_is_hidden_where_the_pointer_or_the_arrows_say(bench: Page, original: Pixels) -> None:
    choose(bench, "Hide a part", 50)
    expected = original.copy()
    expected[32:96, 32:96] = 128
    np.testing.assert_array_equal(downloaded(bench)[1], expected)
    bench.get_by_role("button", name="Where the square lies").focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowUp"):
        bench.keyboard.press(key)
    expected = original.copy()
    expected[24:88, 48:112] = 128
    np.testing.assert_array_equal(downloaded(bench)[1], expected)
    place = bench.locator(".experiment-place")
    box = place.bounding_box()
    assert box is not None
    place.click(position={"x": box["width"] / 4, "y": box["height"] / 4})
    assert (downloaded(bench)[1][:62, :62] == 128).all()


def test_every_position_is_asked_one_after_the_other(bench: Page) -> None:
    in_flight, most, posted = 0, 0, 0

    def started(request: Request) -> None:
        nonlocal in_flight, most, posted
        if "/predict" in request.url:
            posted, in_flight = posted + 1, in_flight + 1
            most = max(most, in_flight)

    def ended(request: Request) -> None:
        nonlocal in_flight
        in_flight -= "/predict" in request.url

    bench.on("request", started)
    bench.on("requestfinished", ended)
    bench.get_by_role("button", name=EVERYTHING).click()
    expect(bench.get_by_role("button", name="All 13 positions are there")).to_be_visible()
    assert (posted, most) == (12, 1)  # the unaltered one is known
    bench.get_by_text("The numbers of this curve").click()
    expect(bench.get_by_role("table", name="Probabilities").get_by_role("rowheader")).to_have_count(13)
    expect(bench.locator(".experiment-curve .hollow")).to_have_count(4)  # the unaltered answer, of each label
    sentence = bench.locator(".experiment-curve p").text_content()
    assert "13 positions asked" in str(sentence)
    expect(bench.locator("#status")).to_have_text(str(sentence))


def test_a_slider_that_is_moved_fast_posts_little(bench: Page) -> None:
    posted: list[str] = []
    bench.on("request", lambda request: posted.append(request.url) if "/predict" in request.url else None)
    bench.get_by_role("slider", name="Slide sideways").evaluate(
        """slider => { for (let at = 1; at <= 40; at++) {
        slider.value = at; slider.dispatchEvent(new Event("input", { bubbles: true })); } }"""
    )
    expect(bench.locator(".experiment-bars")).to_have_attribute("aria-busy", "false")
    assert bench.locator(".experiment-position").first.text_content() == "40 px to the right"
    assert len(posted) <= 3, posted


def test_the_positions_can_be_stopped(bench: Page) -> None:
    waiting: list[Route] = []
    bench.route("**/predict*", lambda route: waiting.append(route))
    bench.get_by_role("button", name=EVERYTHING).click()
    bench.get_by_role("button", name="Stop").click()
    expect(bench.locator("#status")).to_have_text("Stopped.")
    assert len(waiting) == 1
    waiting[0].continue_()
    expect(bench.get_by_text("2 of 13")).to_be_visible()  # the one that was on its way counts
    assert len(waiting) == 1
    expect(bench.get_by_role("button", name=EVERYTHING)).to_be_visible()


def test_a_lost_answer_is_said_and_asked_for_again(bench: Page) -> None:
    bench.route("**/predict*", lambda route: route.abort())
    bench.get_by_role("slider", name="Slide sideways").fill("16")
    note = bench.get_by_role("alert").filter(has_text="No answer for this position")
    expect(note).to_contain_text("The server cannot be reached")
    bench.unroute("**/predict*")
    note.get_by_role("button", name="Try again").click()
    expect(note).to_be_hidden()
    expect(bench.locator(".experiment-bars")).to_have_attribute("aria-busy", "false")


def test_a_refusal_is_said_in_the_servers_words(bench: Page) -> None:
    problem = {"code": "deadline_passed", "title": "Too late", "detail": "Expected within 2 s", "status": 504}
    bench.route("**/predict*", lambda route: route.fulfill(status=504, body=json.dumps(problem)))
    bench.get_by_role("button", name=EVERYTHING).click()
    expect(bench.get_by_role("alert").filter(has_text="Too late. Expected within 2 s")).to_be_visible()
    expect(bench.get_by_role("button", name=EVERYTHING)).to_be_visible()  # not all, one after the other, in vain


def test_the_link_remembers_the_experiment(bench: Page) -> None:
    choose(bench, "Turn grey", 60)
    expect(bench).to_have_url(re.compile("alter=grey&by=60"))
    bench.reload()
    expect(bench.get_by_role("radio", name="Turn grey")).to_be_checked()
    expect(bench.locator(".experiment-position").first).to_have_text("60 % of the colour gone")


def test_a_drawn_cat_will_do(page: Page) -> None:
    page.goto("/#/experiments")
    page.get_by_role("button", name="Try a drawn cat").click()
    expect(page.get_by_role("button", name=EVERYTHING)).to_be_visible()
    expect(page).to_have_url(re.compile("#/experiments.*photo="))


def test_without_a_photo_the_rest_is_there(page: Page) -> None:
    page.goto("/#/experiments")
    expect(page.get_by_role("link", name="Choose a photo")).to_be_visible()
    expect(page.get_by_role("heading", name="Count the weights")).to_be_visible()
    expect(page.get_by_role("option", name="Filter 0")).to_be_visible()


def test_weights_are_counted_as_the_service_says(bench: Page, client: httpx.Client) -> None:
    network = client.get("/layers").json()
    counts = bench.locator(".experiment-counts strong").all_text_contents()
    shape = [network["input"][key] for key in ("height", "width", "channels")]
    assert counts == [f"{value:,}" for value in (np.prod(shape), network["parameters"], network["multiply_adds"])]
    first = next(layer for layer in network["layers"] if layer["kind"] == "convolution")
    outputs, inputs = int(np.prod(first["shape"])), int(np.prod(shape))
    shared, dense = bench.locator(".experiment-sides > div").all()
    for value in (first["parameters"], first["multiply_adds"]):
        expect(shared).to_contain_text(f"{value:,}")
    for value in (outputs * (inputs + 1), outputs * inputs):
        expect(dense).to_contain_text(f"{value:,}")
    times = round(outputs * (inputs + 1) / first["parameters"])
    expect(bench.locator(".experiment-verdict")).to_contain_text(f"{times:,} times as many weights")
    bench.get_by_text("All layers that have weights").click()
    table = bench.get_by_role("table", name="Weights and work")
    weighing = [layer["name"] for layer in network["layers"] if layer["parameters"]]
    assert table.get_by_role("rowheader").all_text_contents() == weighing


def test_a_larger_photo_needs_no_more_weights(bench: Page) -> None:
    shared, dense = bench.locator(".experiment-sides > div").all()
    before = shared.locator("strong").nth(1).text_content()
    bench.get_by_role("slider", name="Side of the photo").press("End")
    expect(dense).to_contain_text("1024 × 1024 × 3 inputs + 1 bias = 3,145,729")
    assert shared.locator("strong").nth(1).text_content() == before


def kernels(client: httpx.Client, layer: str, epoch: int | None = None) -> NDArray[np.float32]:
    query = {"format": "npy"} | ({} if epoch is None else {"epoch": str(epoch)})
    values: NDArray[np.float32] = np.load(io.BytesIO(client.get(f"/layers/{layer}/kernels", params=query).content))
    return values


def test_filters_are_shown_from_their_random_start_on(bench: Page, client: httpx.Client) -> None:
    kept = [one["epochs"] for one in client.get("/snapshots").json()["snapshots"] if "conv1" in one["kernels"]]
    expect(bench.locator(".learning-film figcaption")).to_have_text([*map(str, kept), "trained"])
    trained = kernels(client, "conv1")
    expect(bench.get_by_role("listbox", name="Filters").get_by_role("option")).to_have_count(trained.shape[-1])
    for at in (0, len(kept) // 2):
        bench.get_by_role("slider", name="How far training is").fill(str(at))
        then = kernels(client, "conv1", kept[at])
        likeness = (then * trained).sum() / np.sqrt((then**2).sum() * (trained**2).sum())
        said = bench.locator(".learning-time + p")
        expect(said).to_contain_text(f"Likeness to the trained filters: {float(f'{likeness:.3g}'):g} ")
    bench.get_by_role("option", name="Filter 0").focus()
    bench.keyboard.press("End")
    last = trained.shape[-1] - 1
    expect(bench.get_by_role("option", name=f"Filter {last}")).to_be_focused()
    bench.get_by_text("The weights of the chosen filter").click()
    rows = bench.get_by_role("table", name=f"Filter {last}").locator("tbody tr")
    written = [float(text.replace("−", "-")) for text in rows.locator("td:last-child").all_text_contents()]
    np.testing.assert_allclose(written, trained[..., last].ravel(), rtol=1e-3)


def test_another_layers_filters_are_drawn_map_by_map(bench: Page) -> None:
    bench.get_by_label("Layer", exact=True).select_option("conv2")
    expect(bench.locator(".learning-time + p")).to_contain_text("the 9 of 32 maps")
    drawn = bench.locator(".learning-filter canvas").first
    assert drawn.evaluate("canvas => [canvas.width, canvas.height]") == [11, 11]  # 3 x 3 squares of 3 x 3, apart


def test_it_fits(bench: Page) -> None:
    for width in (320, 390, 1440):
        bench.set_viewport_size({"width": width, "height": 800})
        assert bench.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(bench: Page, scheme: str) -> None:
    bench.emulate_media(color_scheme="light" if scheme == "light" else "dark")
    choose(bench, "Hide a part", 30)
    found = Axe().run(bench).response["violations"]
    assert [(each["id"], each["nodes"][0]["html"]) for each in found if each["impact"] in SERIOUS] == []


def test_the_keyboard_does_all_of_it(bench: Page) -> None:
    bench.get_by_role("radio", name="Slide sideways").focus()
    bench.keyboard.press("ArrowRight")
    expect(bench.get_by_role("radio", name="Turn grey")).to_be_checked()
    expect(bench.get_by_role("radio", name="Turn grey")).to_be_focused()
    bench.keyboard.press("Tab")
    expect(bench.get_by_role("button", name="Back to unaltered")).to_be_focused()
    bench.keyboard.press("Tab")
    bench.keyboard.press("End")
    expect(bench.locator(".experiment-position").first).to_have_text("black and white")
    bench.get_by_role("button", name="Back to unaltered").press("Enter")
    expect(bench.locator(".experiment-position").first).to_have_text("all colours")
    expect(bench.get_by_role("button", name="Back to unaltered")).to_be_focused()
    bench.get_by_role("button", name=EVERYTHING).press("Enter")
    everything = bench.get_by_role("button", name="All 11 positions are there")
    expect(everything).to_be_focused()


def test_training_can_be_watched_and_stopped(bench: Page) -> None:
    expect(bench.locator(".learning-time output")).to_have_text("random start")
    bench.clock.install()
    bench.get_by_role("button", name="Play").click()
    expect(bench.locator(".learning-time output")).to_have_text("after 1 epoch")
    bench.clock.run_for(750)
    expect(bench.locator(".learning-time output")).to_have_text("after 2 epochs")
    bench.get_by_role("button", name="Pause").click()
    bench.clock.run_for(5000)
    expect(bench.locator(".learning-time output")).to_have_text("after 2 epochs")


def test_a_network_without_convolutions_has_its_experiments_too(page: Page, chelsea: bytes) -> None:
    with serving(Settings(models=DENSE)) as dense:
        wait_until_ready(dense)
        image_id = answer_of(dense, chelsea)["image_id"]
        page.goto(f"{dense.base_url}#/experiments?photo={image_id}")
        page.get_by_role("button", name=EVERYTHING).click()
        expect(page.get_by_role("button", name="All 13 positions are there")).to_be_visible()
        expect(page.get_by_text("This network has no convolution")).to_be_visible()
        expect(page.get_by_text("The snapshots of this network hold no kernels")).to_be_visible()
