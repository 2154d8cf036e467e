"""`catscan layers`: the network as a table."""

import argparse
import sys

from catscan.commands import Commands
from catscan.commands.service_options import client_for, network_of
from catscan.commands.text import size, table

HEAD = ["layer", "kind", "shape", "kernel", "stride", "sees", "parameters", "multiply-adds"]


def add_to(commands: Commands, parent: argparse.ArgumentParser) -> None:
    command = commands.add_parser("layers", help="the network, layer by layer", parents=[parent])
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    with client_for(options) as client:
        network = client.layers(**network_of(options))
    model, rows = network.model, [HEAD]
    for layer in network.layers:
        sees = size(layer.receptive_field["size"]) if layer.receptive_field else ""
        work = [f"{layer.parameters:,}", f"{layer.multiply_adds:,}"]
        rows.append([layer.name, layer.kind, size(layer.shape), size(layer.kernel), size(layer.stride), sees, *work])
    sys.stdout.write(
        f"{model.name} version {model.version}: {', '.join(network.labels)}; sees {network.width} x {network.height} "
        f"pixels; {network.parameters:,} parameters, {network.multiply_adds:,} multiply-adds\n\n"
    )
    sys.stdout.write(table(rows, range(2, len(HEAD))))
    return 0
