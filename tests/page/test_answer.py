import base64
import re
from pathlib import Path

from playwright.sync_api import expect

from tests.page.visitor import Visitor, percent

DROP = """([target, files]) => {
  const dataTransfer = new DataTransfer();
  for (const [name, type, text] of files) {
    const bytes = Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
    dataTransfer.items.add(new File([bytes], name, { type }));
  }
  for (const kind of ["dragenter", "dragover", "drop"]) {
    const event = new DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true });
    document.querySelector(target).dispatchEvent(event);
    const said = document.body.classList.contains("dragging");
    if (said !== (kind !== "drop")) throw new Error(`${kind}: ${said ? "still said" : "not said"}`);
  }
}"""
PASTE = """([name, type, text]) => {
  const bytes = Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
  const data = new DataTransfer();
  data.items.add(new File([bytes], name, { type }));
  document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true }));
}"""


def test_the_first_screen_invites_and_says_what_happens_to_the_photo(visitor: Visitor) -> None:
    text = visitor.text("#view")
    assert "Drop a photo here" in text
    assert "never the photo itself" in text
    size = visitor.site.get("/layers").json()["input"]
    assert f"{size['height']} × {size['width']} pixels" in text


def test_the_answer_is_the_one_that_the_api_gives(looking: Visitor) -> None:
    answer = looking.site.post("/predict", content=looking.file.read_bytes()).json()
    assert looking.ask("/preprocessing")["steps"] == answer["preprocessing"]
    assert looking.text(".verdict h1") == f"{answer['label']} {percent(answer['probability'])}"
    rows = looking.page.locator(".verdict .bars li")
    shown = [(row.locator(".name").inner_text(), row.locator(".value").inner_text()) for row in rows.all()]
    assert shown == [(each["label"], percent(each["score"])) for each in answer["predictions"]]
    expect(looking.page.locator("#status")).to_contain_text(f"Answer: {answer['label']}")


def test_what_was_done_to_the_photo_is_drawn_on_it_and_said(looking: Visitor) -> None:
    picture, crop = (looking.page.locator(place).bounding_box() for place in (".framed img", ".framed .crop"))
    assert picture is not None and crop is not None
    steps = {step["step"]: step for step in looking.ask("/preprocessing")["steps"]}
    scale = picture["width"] / steps["turn"]["width"]
    assert abs((crop["x"] - picture["x"]) - steps["crop"]["left"] * scale) < 1
    assert abs(crop["width"] - (steps["crop"]["right"] - steps["crop"]["left"]) * scale) < 1
    looking.page.get_by_text("What was done to the photo").click()
    said = looking.text(".was ol")
    assert f"{steps['decode']['width']} × {steps['decode']['height']}" in said
    assert steps["resize"]["filter"] in said


def test_the_time_is_told_by_stage(looking: Visitor) -> None:
    looking.page.get_by_text("Answered in").click()
    assert re.search(r"the network: [\d.]+ ms", looking.text(".times"))


def test_a_photo_can_be_dropped_anywhere(visitor: Visitor) -> None:
    data = base64.b64encode(visitor.file.read_bytes()).decode()
    visitor.page.evaluate(DROP, ["footer", [["cat.jpg", "image/jpeg", data]]])
    visitor.page.wait_for_selector(".verdict")
    visitor.settle()
    assert visitor.page.locator("#trouble").inner_text() == ""


def test_of_several_files_at_once_the_first_is_taken_and_that_is_said(visitor: Visitor, rocket_file: Path) -> None:
    cat, rocket = (base64.b64encode(file.read_bytes()).decode() for file in (visitor.file, rocket_file))
    files = [["cat.jpg", "image/jpeg", cat], ["rocket.png", "image/png", rocket]]
    visitor.page.evaluate(DROP, ["footer", files])
    visitor.page.get_by_text("2 files came at once: the first one, cat.jpg, was taken.").wait_for()
    answer = visitor.site.post("/predict", content=visitor.file.read_bytes()).json()
    assert visitor.ask("/preprocessing")["steps"] == answer["preprocessing"]
    assert len([url for url in visitor.asked if "/predict" in url]) == 1
    visitor.page.get_by_role("button", name="Close").click()
    assert visitor.page.locator("#trouble").inner_text() == ""


def test_of_several_files_at_once_the_first_may_be_no_photo(visitor: Visitor, rocket_file: Path) -> None:
    rocket = base64.b64encode(rocket_file.read_bytes()).decode()
    files = [["notes.txt", "text/plain", base64.b64encode(b"no cat").decode()], ["rocket.png", "image/png", rocket]]
    visitor.page.evaluate(DROP, ["footer", files])
    visitor.page.wait_for_selector('[data-code="not_an_image"]')
    assert "2 files came at once: the first one, notes.txt, was taken." in visitor.text("#trouble")


def test_a_photo_can_be_pasted(visitor: Visitor, rocket_file: Path) -> None:
    data = base64.b64encode(rocket_file.read_bytes()).decode()
    visitor.page.evaluate(PASTE, ["rocket.png", "image/png", data])
    visitor.page.wait_for_selector(".verdict")


def test_without_a_photo_at_hand_there_is_a_drawn_one(visitor: Visitor) -> None:
    visitor.page.get_by_role("button", name="Try a drawn cat").click()
    visitor.page.wait_for_selector(".verdict")


def test_another_photo_takes_the_place_of_the_first(looking: Visitor, rocket_file: Path) -> None:
    first = looking.photo
    looking.page.set_input_files("#another", rocket_file)
    looking.page.wait_for_function("id => !location.hash.includes(id)", arg=first)
    looking.settle()
    assert looking.text(".verdict h1").startswith(
        looking.site.post("/predict", content=rocket_file.read_bytes()).json()["label"]
    )


def test_a_link_shows_the_same_answer_to_somebody_else(looking: Visitor) -> None:
    said = looking.text(".verdict h1")
    other = looking.page.context.new_page()
    other.goto(looking.page.url)
    other.wait_for_selector(".verdict")
    assert other.locator(".verdict h1").inner_text() == said
    assert "never kept" in other.locator(".was").inner_text()
