"""`catscan receipt`: the table by hand, and at a real service."""

import re
from pathlib import Path

import pytest

from catscan import Answer, Client, Receipt, Term
from catscan.commands.receipt import listed
from model.manifest import LayerRecord
from tests.catscan.conftest import Command


def receipt_of(*products: float) -> Receipt:
    """Of a convolution, whose first term lies in the padding."""
    terms = tuple(
        Term("images", place, place - 1, 0, place > 0, product * 2, 0.5, product)
        for place, product in enumerate(products)
    )
    total = sum(products) + 0.125
    return Receipt("conv1", "It adds up.", terms, max(total, 0.0), {}, bias=0.125, sum=total)


def test_the_largest_terms_come_first_and_the_others_are_summed() -> None:
    table = listed(receipt_of(0, 0.25, -4, 1.5, 0.0625), 2)
    assert table.splitlines() == [
        "from              channel  y  x  value  weight  product",
        "images                  2  1  0     -8     0.5       -4",
        "images                  3  2  0      3     0.5      1.5",
        "3 more, together                                 0.3125",
        "bias                                              0.125",
        "sum                                              -2.062",
        "output                                                0",
    ]


def test_all_terms_may_be_listed_those_of_the_padding_too() -> None:
    lines = listed(receipt_of(0, 2), 10).splitlines()
    assert [line.split()[0] for line in lines] == ["from", "images", "images", "bias", "sum", "output"]
    assert lines[2].split() == ["images", "(padding)", "0", "-1", "0", "0", "0.5", "0"]


def test_no_term_need_be_listed() -> None:
    assert listed(receipt_of(1, 2), 0).splitlines()[1].split() == ["2", "terms,", "together", "3"]


def test_a_number_of_a_map_is_told_and_added_up(
    command: Command, client: Client, cat: Path, answer: Answer, convolution: LayerRecord
) -> None:
    place = {"channel": 1, "y": 2, "x": 3}
    options = [word for name, value in place.items() for word in (f"--{name}", value)]
    done = command("receipt", cat, "--layer", convolution.name, *options, "--terms", "5")
    assert (done.code, done.err) == (0, "")
    receipt = client.receipt(answer.image_id, convolution.name, **place)
    lines = done.out.splitlines()
    assert lines[:2] == [receipt.sentence, ""]
    assert len(lines) == 2 + 1 + 5 + 1 + 3
    assert re.match(rf"{len(receipt.terms) - 5} more, together +\S+$", lines[8])
    assert lines[-1].split() == ["output", f"{receipt.output:.4g}"]


def test_a_number_of_a_vector_is_told_by_its_unit(command: Command, cat: Path, dense: LayerRecord) -> None:
    done = command("receipt", cat, "--layer", dense.name, "--unit", 0)
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines()[0].startswith(dense.name)


def test_a_pixel_is_told_without_a_table(command: Command, cat: Path) -> None:
    done = command("receipt", cat, "--layer", "images", "--channel", 0, "--y", 5, "--x", 6)
    assert (done.code, done.err, done.out.count("\n")) == (0, "", 1)


def test_a_place_that_is_not_there_is_one_sentence(command: Command, cat: Path, convolution: LayerRecord) -> None:
    done = command("receipt", cat, "--layer", convolution.name, "--channel", 0, "--y", 9999, "--x", 0)
    assert (done.code, done.out) == (1, "")
    assert re.fullmatch(r"catscan: y: expected .*; received: 9999\n", done.err)


@pytest.mark.parametrize("wrong", [["--terms", "-1"], ["--y", "top"]])
def test_a_wrong_number_is_a_wrong_command(command: Command, cat: Path, wrong: list[str]) -> None:
    done = command("receipt", cat, "--layer", "conv1", *wrong)
    assert (done.code, done.out) == (2, "")
    assert wrong[0] in done.err
