import numpy as np

from app.pictures.colours import default_colormap, find_colormap, table
from app.pictures.scaling import around_zero, finite_range, palette_indices
from tests.page.visitor import Visitor

PIXELS = """canvas => {
  const { width, height } = canvas;
  return [width, height, [...canvas.getContext("2d").getImageData(0, 0, width, height).data]];
}"""


def test_every_layer_has_a_card_with_its_size_and_a_sentence(looking: Visitor) -> None:
    network = looking.site.get("/layers").json()
    cards = looking.page.locator(".layer-card")
    names = [card.get_attribute("data-layer") for card in cards.all()]
    assert names == [network["layers"][0]["input"], *(layer["name"] for layer in network["layers"])]
    for layer, card in zip(network["layers"], cards.all()[1:], strict=True):
        assert str(layer["shape"][-1]) in card.locator(".size").inner_text()
        assert card.locator(".sentence").inner_text().endswith(".")


def test_the_maps_on_a_card_are_the_exact_numbers_in_the_colours_of_the_pictures(looking: Visitor) -> None:
    layer = next(each for each in looking.site.get("/layers").json()["layers"] if each["kind"] == "convolution")
    values = looking.looker.tensor(layer["name"])
    card = looking.page.locator(f'.layer-card[data-layer="{layer["name"]}"]')
    card.scroll_into_view_if_needed()
    looking.page.wait_for_selector(f'.layer-card.drawn[data-layer="{layer["name"]}"]')
    order = np.argsort(-values.reshape(-1, values.shape[-1]).var(axis=0, dtype=np.float64), kind="stable")
    colormap = find_colormap(default_colormap(layer["kind"], layer["signed"]))
    limits = around_zero(finite_range(values), colormap.diverging)
    low, high = (np.array([limit], np.float64) for limit in limits)
    width, height, data = card.locator("canvas").first.evaluate(PIXELS)
    shown = np.reshape(data, (height, width, 4))[..., :3]
    places = palette_indices(values[..., [order[0]]].astype(np.float64), low, high, colormap.diverging)[..., 0]
    wanted = table(colormap)[places.astype(int) - 17]
    assert shown.shape == wanted.shape
    assert np.mean(np.any(shown != wanted, axis=-1)) < 0.001  # a tie may be rounded otherwise


def test_all_maps_come_as_one_scrolls_through(looking: Visitor) -> None:
    cards = looking.page.locator(".layer-card")
    for card in cards.all():
        card.scroll_into_view_if_needed()
    looking.page.wait_for_function("() => !document.querySelector('.layer-card:not(.drawn)')")
    last = looking.site.get("/layers").json()["layers"][-1]["name"]
    values = looking.looker.tensor(last)
    assert f"{values.max() * 100:.1f} %" in looking.text(f'.layer-card[data-layer="{last}"]')


def test_the_keyboard_walks_through_the_network_and_opens_a_layer(looking: Visitor) -> None:
    looking.page.locator(".layer-card").first.focus()
    looking.press("ArrowRight", "ArrowRight")
    assert looking.focused("data-layer") == looking.site.get("/layers").json()["layers"][1]["name"]
    looking.press("End", "Home")
    name = looking.focused("data-layer")
    looking.press("Enter")
    looking.page.wait_for_selector(".wall")
    assert looking.place == f"#/layer/{name}"


def test_what_is_shown_can_be_taken_along(looking: Visitor) -> None:
    looking.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    looking.page.get_by_role("button", name="Copy as curl").click()
    looking.page.get_by_text("A curl command copied.").wait_for()
    command = looking.page.evaluate("navigator.clipboard.readText()")
    model = looking.site.get("/layers").json()["model"]
    path = f"/layers?model={model['name']}&version={model['version']}"  # of this very network, whatever answers later
    assert command == f"curl '{str(looking.site.base_url).rstrip('/')}{path}' -o 'layers.json'"
    with looking.page.expect_download() as download:
        looking.page.get_by_role("link", name="Download").click()
    assert download.value.path().read_bytes() == looking.site.get("/layers").content
