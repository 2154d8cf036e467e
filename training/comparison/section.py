"""What a comparison leaves behind: numbers, pictures and a section of the model card."""

from pathlib import Path

from pydantic import TypeAdapter

from training.comparison.comparison import Comparison
from training.comparison.damage import DAMAGES
from training.comparison.growth import ARTICLE_SIDE, article_costs, growth
from training.comparison.pictures import draw_endurance, draw_gap, draw_growth
from training.evaluation.markdown import table

NUMBERS = TypeAdapter(Comparison)
PICTURES = ("endurance.png", "gap.png", "growth.png")  # without photos, so that they may be published
SHOWN = (1, 3, 5)  # severities

TEMPLATE = """\
## Beside ordinary networks

Every figure of this section is from `make experiments`: {photos:,} photos that trained none of the networks, and
{training_photos:,} that trained them all. A share of {photos:,} photos is known to within {doubt:.3f} (95 %).

### What is learnt by heart

Shares of photos in which `{focus}` is rightly told from the rest. Always giving the commoner answer is right for
{majority:.3f} of the test photos. Each network sees them at the size of its input.

{gap}

![Bars of both shares for each network]({pictures}/gap.png)

### What damage does

The same shares on damaged test photos, at the severities {severities} of five; the damage comes before the resizing:

{damages}

The mean probability of `{focus}` in the photos of it, likewise:

{scores}

![A panel for each damage, by severity, with a line for each network]({pictures}/endurance.png)

### What size costs

By the side of the photo in pixels. The weights of convolutions stay the same; their work grows with the photo, as all
of an ordinary network does:

{growth}

![Parameters and multiply-adds by side, on logarithmic scales]({pictures}/growth.png)

The first layer alone, for a photo of {side} x {side} x 3 = {numbers:,} numbers. The convolution gives as many again,
and so do {numbers:,} neurons, each of which has a weight for every number of the photo:

{article}
"""


def save(comparison: Comparison, folder: Path) -> None:
    """Writes `comparison.json`, `endurance.png`, `gap.png` and `growth.png` into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "comparison.json").write_bytes(NUMBERS.dump_json(comparison, indent=1) + b"\n")
    draw_endurance(comparison, folder / "endurance.png")
    draw_gap(comparison, folder / "gap.png")
    draw_growth(growth(len(comparison.classes)), folder / "growth.png")


def load(folder: Path) -> Comparison:
    """The comparison that was saved in a folder.

    Raises:
        FileNotFoundError: if there is none.
        ValueError: if another version of this program saved it.
    """
    return NUMBERS.validate_json((folder / "comparison.json").read_bytes())


def comparison_section(comparison: Comparison, pictures: str) -> str:
    """The section's text, in Markdown, with the pictures that `save` writes in the folder `pictures`."""
    return TEMPLATE.format(
        pictures=pictures,
        focus=comparison.focus,
        photos=comparison.photos,
        training_photos=comparison.training_photos,
        doubt=1.96 * (0.25 / comparison.photos) ** 0.5,  # standard errors of a share of a half, the least certain
        majority=comparison.majority,
        gap=gap_table(comparison),
        severities=", ".join(map(str, SHOWN)),
        damages=damage_table(comparison, "against_rest"),
        scores=damage_table(comparison, "score"),
        growth=growth_table(len(comparison.classes)),
        side=ARTICLE_SIDE,
        numbers=ARTICLE_SIDE**2 * 3,
        article=article_table(),
    )


def gap_table(comparison: Comparison) -> str:
    head = ["network", "input", "parameters", "multiply-adds", "training photos", "test photos", "difference"]
    rows = [
        [
            name,
            f"{network.height} x {network.width}",
            f"{network.parameters:,}",
            f"{network.multiply_adds:,}",
            f"{network.training.against_rest:.3f}",
            f"{network.test.against_rest:.3f}",
            f"{network.gap:+.3f}",
        ]
        for name, network in comparison.networks.items()
    ]
    return table(head, rows)


def damage_table(comparison: Comparison, quantity: str) -> str:
    """One row a damage, one column a network: a quantity of `Rates` at the severities shown."""
    networks = comparison.networks.values()
    rows = [["none", "", *(f"{getattr(network.test, quantity):.3f}" for network in networks)]]
    for name, damage in DAMAGES.items():
        levels = ", ".join(f"{damage.levels[severity - 1]:g}" for severity in SHOWN)
        cells = [
            ", ".join(f"{getattr(network.damaged[name][severity - 1], quantity):.3f}" for severity in SHOWN)
            for network in networks
        ]
        rows.append([name, f"{levels} {damage.unit}", *cells])
    return table(["damage", "severities", *comparison.networks], rows, words=2)


def growth_table(labels: int) -> str:
    networks = growth(labels)
    head = [f"{name}: {what}" for name in networks for what in ("parameters", "multiply-adds")]
    rows = [
        [f"{costs[0].side}", *(f"{number:,}" for cost in costs for number in (cost.parameters, cost.multiply_adds))]
        for costs in zip(*networks.values(), strict=True)
    ]
    return table(["side", *head], rows)


def article_table() -> str:
    rows = [[name, f"{cost.parameters:,}", f"{cost.multiply_adds:,}"] for name, cost in article_costs().items()]
    return table(["layer", "parameters", "multiply-adds"], rows)
