import pytest

from tests.page.visitor import Visitor, spoken

METHODS = "grad-cam", "occlusion", "integrated-gradients", "gradient", "smooth-gradient"


@pytest.mark.parametrize("method", METHODS)
def test_each_explanation_says_what_it_means_and_shows_its_numbers_or_why_it_is_refused(
    looking: Visitor, method: str
) -> None:
    query = {"image_id": looking.photo, "method": method, "format": "json"}
    response = looking.site.get("/explanations", params=query)
    looking.go(f"#/look?method={method}")
    found = response.json()
    if response.status_code != 200:
        assert found["detail"].startswith("method:")
        assert found["detail"] in looking.text("#view")
        assert looking.text(".readout") == ""
        return
    assert found["meaning"] in looking.text(".note")
    rows, columns = found["shape"]
    strongest = max(range(rows * columns), key=lambda at: found["data"][at])
    y, x = divmod(strongest, columns)
    assert looking.text(".readout") == f"y {y}, x {x}: {spoken(found['data'][strongest])}"
    looking.page.locator(".look-stage .stage").focus()
    looking.press("ArrowLeft" if x else "ArrowRight")
    x += -1 if x else 1
    assert looking.text(".readout") == f"y {y}, x {x}: {spoken(found['data'][y * columns + x])}"
    if found["certificate"]:
        assert f"{found['certificate']['focus']:.2g}" in looking.text(".record")


def test_another_class_can_be_asked_for(looking: Visitor) -> None:
    labels = looking.site.get("/layers").json()["labels"]
    looking.go("#/look")
    looking.page.get_by_label("What speaks for").select_option(labels[1])
    looking.page.get_by_role("heading", name=f": {labels[1]}").wait_for()
    looking.page.get_by_label("Occlusion").check()
    looking.page.get_by_role("heading", name=f"Occlusion: {labels[1]}").wait_for()
    assert "method=occlusion" in looking.page.url


def test_a_channel_that_is_switched_off_changes_the_answer_as_the_api_says(looking: Visitor) -> None:
    looking.go("#/switch-off")
    layer = looking.page.get_by_label("Layer").input_value()
    looking.page.locator(".tile").first.focus()
    looking.press("Enter", "ArrowRight", "ArrowRight", "Space")
    looking.page.wait_for_function("() => location.hash.includes('off=0%2C2')")
    looking.page.locator(".outcome").get_by_text("2 channels of").wait_for()
    found = looking.ask("/ablations", layer=layer, channels="0,2")
    (after,) = found["without"]
    label = max(found["before"]["probabilities"], key=lambda name: found["before"]["probabilities"][name])
    assert f"{after['probabilities'][label] * 100:.1f} % now" in looking.text(".outcome")
    assert looking.page.locator('.tile[aria-selected="true"]').count() == 2
    looking.press("Space", "Home", "Enter")
    looking.page.locator(".outcome").get_by_text("Nothing is switched off yet").wait_for()


def test_all_channels_can_be_ranked_by_what_each_does_alone(looking: Visitor) -> None:
    looking.go("#/switch-off")
    layer = looking.page.get_by_label("Layer").input_value()
    looking.page.get_by_role("button", name="What does each channel do alone?").click()
    looking.page.wait_for_selector(".outcome table")
    without = looking.ask("/ablations", layer=layer, each=True)["without"]
    label = (
        looking.text(".verdict h1")
        if looking.page.locator(".verdict").count()
        else looking.ask("/feature-maps/statistics", layer=layer)["label"]
    )
    order = sorted(without, key=lambda each: -abs(each["differences"][label]))
    shown = looking.page.locator(".outcome tbody th").all_inner_texts()
    assert shown[:5] == [str(each["channels"][0]) for each in order[:5]]


def test_a_link_remembers_what_is_switched_off(looking: Visitor) -> None:
    layer = looking.site.get("/layers").json()["layers"][1]["name"]
    looking.go(f"#/switch-off/{layer}?off=1,3-4")
    assert looking.page.locator('.tile[aria-selected="true"]').count() == 3
    assert "3 channels" in looking.text(".outcome")
