"""The command line of training: `python -m training --help`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from model.errors import ArtifactError

DESCRIPTION = """\
From folders of photos to an evaluated artifact that the service loads.

  python -m training train --photos photos     photos/cat/*.jpg, photos/dog/*.jpg, …: one folder a class
  python -m training export                    runs/cat's network becomes the next version in model/saved/cat
  python -m training evaluate                  judges the newest version on photos that took no part

A run that was stopped, however hard, goes on from its last whole epoch when the same command is given again.
"""


def parser() -> argparse.ArgumentParser:
    shown = argparse.ArgumentDefaultsHelpFormatter
    whole = argparse.ArgumentParser("python -m training", description=DESCRIPTION)
    whole.formatter_class = argparse.RawDescriptionHelpFormatter
    commands = whole.add_subparsers(dest="command", required=True, metavar="{train,export,evaluate}")
    train = commands.add_parser("train", help="train a network, or go on with a stopped run", formatter_class=shown)
    train.add_argument("--photos", default="photos", help="a folder of class folders, or tfds:NAME[:LABEL]")
    train.add_argument("--network", default="convolutional", help="a table of model/network.py")
    train.add_argument("--seed", type=int, default=1, help="of everything random")
    train.add_argument("--start", default="", help="a finished run to start from, instead of random weights")
    train.add_argument("--quick", action="store_true", help="two short epochs: a smoke test")
    train.add_argument("--config", type=Path, help="a config.json instead of the defaults and of the options above")
    export = commands.add_parser("export", help="write a run's network as the next version", formatter_class=shown)
    evaluate = commands.add_parser("evaluate", help="judge a version on the test photos", formatter_class=shown)
    evaluate.add_argument("--card", type=Path, help="where to write the model card as well")
    for command in (train, export, evaluate):
        command.add_argument("--run", type=Path, default=Path("runs/cat"), help="the run's folder")
    for command in (export, evaluate):
        command.add_argument("--artifacts", type=Path, default=Path("model/saved"), help="where artifacts are")
        command.add_argument("--name", default="cat", help="of the artifact")
    return whole


def main(arguments: Sequence[str]) -> int:
    options = parser().parse_args(arguments)
    try:
        {"train": run_train, "export": run_export, "evaluate": run_evaluate}[options.command](options)
    except (OSError, ValueError, ArtifactError) as error:
        print(f"training: {error}", file=sys.stderr)
        return 2
    return 0


# Each command imports what it needs: Keras and TensorFlow take seconds, and --help should not.


def run_train(options: argparse.Namespace) -> None:
    from training.config import Config, quick
    from training.train import train

    if options.config:
        config = Config.model_validate_json(options.config.read_text())
    else:
        known = vars(options)
        config = Config(**{name: known[name] for name in ("photos", "start", "network", "seed")})
    train(quick(config) if options.quick else config, options.run)
    print(f"Trained. Next: python -m training export --run {options.run}")


def run_export(options: argparse.Namespace) -> None:
    from training.export import export

    print(f"Exported {export(options.run, options.artifacts, options.name)}")


def run_evaluate(options: argparse.Namespace) -> None:
    from model.versions import newest_version
    from training.evaluate import evaluate
    from training.model_card import model_card

    evaluation = evaluate(options.run, newest_version(options.artifacts / options.name))
    for name, number in evaluation.measures.numbers().items():
        print(f"{name:24}{number:.4f}")
    print(f"Pictures and numbers by source are in {options.run / 'evaluation'}")
    if options.card:
        options.card.write_text(model_card(evaluation))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
