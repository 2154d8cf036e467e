"""`catscan maps` and `catscan explain`: a photo's inside as a file."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from catscan.commands import Commands
from catscan.commands.service_options import client_for, network_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ARRAY = ".npy"  # NumPy's own file of the exact numbers; any other suffix is a PNG's
OTHERWISE = {"image_id", "method", "label", "layer", "channels", "format", "scale", "colormap"}  # said without --set


def add_maps_to(commands: Commands, parent: argparse.ArgumentParser) -> None:
    command = commands.add_parser("maps", help="what a layer made of a photo", parents=[parent])
    add_what_both_take(command)
    command.add_argument("--layer", required=True, help="its name, as `catscan layers` gives it")
    command.add_argument("--channels", metavar="0,5-9", help="some of them only")
    command.set_defaults(run=maps)


def add_explain_to(commands: Commands, parent: argparse.ArgumentParser) -> None:
    command = commands.add_parser("explain", help="which part of a photo decided", parents=[parent])
    add_what_both_take(command)
    command.add_argument("--method", required=True, help="such as grad-cam, occlusion, integrated-gradients")
    command.add_argument("--label", help="what to explain; the most probable one without it")
    command.add_argument("--layer", help="of methods that look at one")
    command.add_argument(
        "--set", action="append", default=[], type=setting, metavar="NAME=VALUE", help="such as --set steps=128"
    )
    command.set_defaults(run=explain)


def add_what_both_take(command: argparse.ArgumentParser) -> None:
    command.add_argument("photo", type=Path)
    command.add_argument("-o", "--output", type=Path, required=True, help="*.png, or *.npy for the exact numbers")
    command.add_argument(
        "--scale",
        metavar="LO,HI",
        help="of a PNG's colours, such as --scale=-1,1; of maps, also "
        "layer (one range for all) or channel (each its own)",
    )
    command.add_argument("--colormap", help="of a PNG, such as viridis")


def setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise argparse.ArgumentTypeError(f"expected NAME=VALUE; received: {text!r}")
    if name in OTHERWISE:
        raise argparse.ArgumentTypeError(f"expected one of the method's own options; received: {name}")
    return name, value


def maps(options: argparse.Namespace) -> int:
    with client_for(options) as client:
        answer = client.predict(options.photo, **network_of(options))
        if options.output.suffix == ARRAY:
            write_array(options.output, client.feature_maps(answer.image_id, options.layer, options.channels))
        else:
            look = {"scale": options.scale, "colormap": options.colormap}
            picture = client.picture(answer.image_id, options.layer, channels=options.channels, **look)
            options.output.write_bytes(picture)
    sys.stdout.write(f"{answer.label} {answer.probability:.3f}; {options.layer}: {options.output}\n")
    return 0


def explain(options: argparse.Namespace) -> int:
    chosen = {"layer": options.layer, "label": options.label, **dict(options.set)}
    with client_for(options) as client:
        answer = client.predict(options.photo, **network_of(options))
        if options.output.suffix == ARRAY:
            write_array(options.output, client.explain(answer.image_id, options.method, **chosen).values)
        else:
            look = {"scale": options.scale, "colormap": options.colormap}
            options.output.write_bytes(client.picture(answer.image_id, method=options.method, **look, **chosen))
    label = options.label or answer.label
    sys.stdout.write(f"{answer.label} {answer.probability:.3f}; {label} by {options.method}: {options.output}\n")
    return 0


def write_array(file: Path, array: "NDArray[np.float32]") -> None:
    import numpy as np  # takes longer to import than all the rest

    with file.open("wb") as opened:
        np.save(opened, array, allow_pickle=False)
