import re
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from training.comparison.comparison import Comparison, Endurance, Rates
from training.comparison.damage import DAMAGES, SEVERITIES
from training.comparison.growth import Cost, growth
from training.comparison.pictures import draw_damages, draw_endurance, draw_gap, draw_growth
from training.comparison.section import PICTURES, comparison_section, load, save

FIRST, SECOND = (31, 119, 180), (255, 127, 14)  # the first colours of matplotlib's lines and bars


def endurance(training: float, test: float, loss: float) -> Endurance:
    """A network that loses some of its rate with every severity; its score is half its rate."""
    rates = [Rates(test - loss * severity, 0.25, (test - loss * severity) / 2) for severity in (0, *SEVERITIES)]
    return Endurance(
        72, 80, 1234, 56789, Rates(training, 0.5, 0.5), rates[0], {name: tuple(rates[1:]) for name in DAMAGES}
    )


@pytest.fixture
def comparison() -> Comparison:
    networks = {"convolutional": endurance(0.97, 0.96, 0.01), "dense": endurance(0.99, 0.81, 0.06)}
    return Comparison("cat", ("cat", "dog", "other", "wildcat"), 1600, 1000, 0.75, networks)


def opened(file: Path) -> NDArray[np.uint8]:
    return np.asarray(Image.open(file).convert("RGB"))


def places(picture: NDArray[np.uint8], colour: tuple[int, int, int]) -> NDArray[np.int64]:
    """Row and column of each pixel of a colour."""
    return np.argwhere((picture == colour).all(axis=2))


def test_a_saved_comparison_is_the_same_when_loaded(comparison: Comparison, tmp_path: Path) -> None:
    save(comparison, tmp_path / "new" / "folder")
    assert load(tmp_path / "new" / "folder") == comparison
    names = {file.name for file in (tmp_path / "new" / "folder").iterdir()}
    assert names == {"comparison.json", "endurance.png", "gap.png", "growth.png"}


def test_a_comparison_that_was_never_made_cannot_be_loaded(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load(tmp_path)


def test_a_comparison_of_another_kind_cannot_be_loaded(comparison: Comparison, tmp_path: Path) -> None:
    save(comparison, tmp_path)
    file = tmp_path / "comparison.json"
    file.write_text(file.read_text().replace('"height"', '"side"'))
    with pytest.raises(ValueError, match="height"):
        load(tmp_path)


def test_the_gap_table_says_what_was_learnt_by_heart(comparison: Comparison) -> None:
    section = comparison_section(comparison, "card")
    assert "| convolutional | 72 x 80 | 1,234 | 56,789 | 0.970 | 0.960 | +0.010 |" in section
    assert "| dense | 72 x 80 | 1,234 | 56,789 | 0.990 | 0.810 | +0.180 |" in section
    assert "right for\n0.750 of the test photos" in section


def test_the_damage_tables_have_the_first_the_third_and_the_fifth_severity(comparison: Comparison) -> None:
    section = comparison_section(comparison, "card")
    rates, scores = section.split("The mean probability of `cat`")
    assert "| none |  | 0.960 | 0.810 |" in rates
    row = "| grey | 20, 60, 100 % of the colour removed | {} | {} |"
    assert row.format("0.950, 0.930, 0.910", "0.750, 0.630, 0.510") in rates
    assert row.format("0.475, 0.465, 0.455", "0.375, 0.315, 0.255") in scores
    assert all(half.count(f"| {name} | ") == 1 for name in DAMAGES for half in (rates, scores))


def test_the_growth_and_the_articles_photo_are_counted(comparison: Comparison) -> None:
    section = comparison_section(comparison, "card")
    small = [costs[0] for costs in growth(4).values()]
    row = " | ".join(f"{number:,}" for cost in small for number in (cost.parameters, cost.multiply_adds))
    assert f"| 32 | {row} |" in section
    assert "100 x 100 x 3 = 30,000 numbers" in section
    assert "| convolution, 3 filters of 3 x 3 | 84 | 810,000 |" in section
    assert "| dense, 512 neurons | 15,360,512 | 15,360,000 |" in section


def test_the_section_names_its_command_and_its_photos_and_leaves_nothing_to_fill_in(comparison: Comparison) -> None:
    section = comparison_section(comparison, "card")
    assert "from `make experiments`: 1,600 photos that trained none of the networks, and\n1,000 that" in section
    assert "within 0.025 (95 %)" in section  # 1.96 * sqrt(0.5 * 0.5 / 1600)
    assert not re.search(r"[{}]|\bnan\b|\bNone\b", section)
    for table in re.findall(r"(?:^\|.*\n)+", section, re.MULTILINE):
        assert len({line.count("|") for line in table.splitlines()}) == 1


def test_the_network_that_bears_more_is_drawn_above(comparison: Comparison, tmp_path: Path) -> None:
    draw_endurance(comparison, tmp_path / "endurance.png")
    picture = opened(tmp_path / "endurance.png")
    upper = picture[picture.shape[0] // 8 : picture.shape[0] // 2]  # one row of panels, without the legend above
    better, worse = places(upper, FIRST), places(upper, SECOND)
    assert better[:, 0].max() < worse[:, 0].min()
    assert np.ptp(better[:, 1]) > picture.shape[1] * 0.8  # in all panels of the row


def test_a_photo_is_shown_as_it_was_and_under_every_damage(tmp_path: Path) -> None:
    draw_damages(np.full((16, 16, 3), (250, 0, 200), np.uint8), tmp_path / "damages.png")
    picture = opened(tmp_path / "damages.png")
    rows = picture.shape[0] / len(DAMAGES)
    unchanged, darkest, hidden = (places(picture, colour) for colour in ((250, 0, 200), (50, 0, 40), (128, 128, 128)))
    left = unchanged[unchanged[:, 1] < picture.shape[1] / 6]
    assert set((left[:, 0] // rows).astype(int)) == set(range(len(DAMAGES)))
    assert set((darkest[:, 0] // rows).astype(int)) == {list(DAMAGES).index("dark")}
    assert darkest[:, 1].min() > picture.shape[1] * 5 / 6 - 10
    assert (hidden[:, 0] // rows).max() == len(DAMAGES) - 1


def test_bars_are_as_high_as_the_rates(comparison: Comparison, tmp_path: Path) -> None:
    one = Comparison("cat", comparison.classes, 10, 10, 0.9, {"dense": endurance(1.0, 0.5, 0.01)})
    draw_gap(one, tmp_path / "gap.png")
    picture = opened(tmp_path / "gap.png")
    training, test = (
        np.unique(places(picture, colour)[:, 1], return_counts=True)[1].max() for colour in (FIRST, SECOND)
    )
    assert test / training == pytest.approx(0.5, abs=0.02)


def test_names_with_dollars_are_names_and_no_formulas(comparison: Comparison, tmp_path: Path) -> None:
    networks = {r"$\frac$": endurance(0.9, 0.8, 0.01)}
    save(Comparison(r"$\frac$", comparison.classes, 10, 10, 0.9, networks), tmp_path)
    assert {file.name for file in tmp_path.iterdir()} >= set(PICTURES)


def test_costs_are_drawn_on_logarithmic_scales(tmp_path: Path) -> None:
    sides = (32, 64, 128)
    costs = {
        "convolutional": [Cost(side, 1000, 1000) for side in sides],
        "dense": [Cost(side, 10 ** (place + 4), 10_000) for place, side in enumerate(sides)],
    }
    draw_growth(costs, tmp_path / "growth.png")
    picture = opened(tmp_path / "growth.png")
    left = picture[picture.shape[0] // 4 :, : picture.shape[1] // 2]  # the parameters, without the legend
    flat, steep = places(left, FIRST), places(left, SECOND)
    assert np.ptp(flat[:, 0]) < 10
    assert steep[:, 0].max() < flat[:, 0].min()


def test_the_section_shows_the_pictures_that_were_saved(comparison: Comparison, tmp_path: Path) -> None:
    save(comparison, tmp_path / "card")
    section = comparison_section(comparison, "card")
    for picture in PICTURES:
        assert (tmp_path / "card" / picture).exists()
        assert f"](card/{picture})" in section
