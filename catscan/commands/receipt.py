"""`catscan receipt`: how one number of a layer came about, its largest terms first."""

import argparse
import math
import sys
from pathlib import Path

from catscan.commands import Commands
from catscan.commands.service_options import client_for, network_of
from catscan.commands.text import short, table
from catscan.inside import Receipt

HEAD = ["from", "channel", "y", "x", "value", "weight", "product"]


def add_to(commands: Commands, parent: argparse.ArgumentParser) -> None:
    command = commands.add_parser("receipt", help="how one number of a layer came about", parents=[parent])
    command.add_argument("photo", type=Path)
    command.add_argument("--layer", required=True, help="its name, as `catscan layers` gives it")
    for name, of in (("channel", "maps"), ("y", "maps"), ("x", "maps"), ("unit", "a vector")):
        command.add_argument(f"--{name}", type=int, help=f"of {of}")
    command.add_argument("--terms", type=int, default=10, metavar="N", help="how many are listed [%(default)s]")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    if options.terms < 0:
        raise ValueError(f"--terms: expected at least 0; received: {options.terms}")
    place = {"channel": options.channel, "y": options.y, "x": options.x, "unit": options.unit}
    with client_for(options) as client:
        answer = client.predict(options.photo, **network_of(options))
        receipt = client.receipt(answer.image_id, options.layer, **place)
    sys.stdout.write(receipt.sentence + "\n")
    if receipt.terms:
        sys.stdout.write("\n" + listed(receipt, options.terms))
    return 0


def listed(receipt: Receipt, most: int) -> str:
    """The terms with the largest products, the others summed, and what becomes of them all."""
    terms = sorted(receipt.terms, key=lambda term: -abs(term.product))
    rows = [HEAD]
    for term in terms[:most]:
        place = ["" if number is None else str(number) for number in (term.channel, term.y, term.x)]
        origin = term.layer if term.inside else f"{term.layer} (padding)"
        rows.append([origin, *place, short(term.value), short(term.weight), short(term.product)])
    empty = [""] * (len(HEAD) - 2)
    if rest := terms[most:]:
        count = f"{len(rest)} more, together" if most else f"{len(rest)} terms, together"
        rows.append([count, *empty, short(math.fsum(term.product for term in rest))])
    sums = {"bias": receipt.bias, "sum": receipt.sum, "output": receipt.output}
    rows += [[name, *empty, short(number)] for name, number in sums.items() if number is not None]
    return table(rows, range(1, len(HEAD)))
