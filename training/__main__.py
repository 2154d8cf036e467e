"""The command line of training: `python -m training --help`."""

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from model.errors import ArtifactError

DESCRIPTION = """\
From folders of photos to an evaluated artifact that the service loads.

  python -m training train --photos photos     photos/cat/*.jpg, photos/dog/*.jpg, …: one folder a class
  python -m training export                    runs/cat's network becomes the next version in model/saved/cat
  python -m training evaluate                  judges the newest version on photos that took no part
  python -m training compare                   tries the article's claims on networks of other kinds

A run that was stopped, however hard, goes on from its last whole epoch with `train --resume`.
"""


def parser() -> argparse.ArgumentParser:
    shown = argparse.ArgumentDefaultsHelpFormatter
    whole = argparse.ArgumentParser("python -m training", description=DESCRIPTION)
    whole.formatter_class = argparse.RawDescriptionHelpFormatter
    commands = whole.add_subparsers(dest="command", required=True, metavar="{train,export,evaluate,compare}")
    train = commands.add_parser("train", help="train a network, or go on with a stopped run", formatter_class=shown)
    train.add_argument("--photos", default="photos", help="a folder of class folders, or tfds:NAME[:LABEL]")
    train.add_argument("--network", default="convolutional", help="a table of model/network.py")
    train.add_argument("--seed", type=int, default=1, help="of everything random")
    train.add_argument("--start", default="", help="a finished run to start from, instead of random weights")
    train.add_argument("--leave-out", nargs="*", default=[], metavar="SOURCE", help="sources that only judge")
    train.add_argument("--watched", default="", help="a photo whose maps are kept as the network learns")
    train.add_argument("--resume", action="store_true", help="go on with the run in --run, by its own config.json")
    train.add_argument("--quick", action="store_true", help="two short epochs at a small size: a first look")
    train.add_argument("--config", type=Path, help="a config.json instead of the defaults and of the options above")
    export = commands.add_parser("export", help="write a run's network as the next version", formatter_class=shown)
    export.add_argument("--elsewhere", type=Path, help="an evaluated run of the same recipe that left sources out")
    evaluate = commands.add_parser("evaluate", help="judge a version on the test photos", formatter_class=shown)
    evaluate.add_argument("--card", type=Path, help="where to write the model card as well")
    evaluate.add_argument("--comparison", type=Path, help="the folder of `compare`, for the model card")
    compare = commands.add_parser("compare", help="train networks alike, and damage photos", formatter_class=shown)
    compare.add_argument("--folder", type=Path, default=Path("runs/experiments"), help="where everything comes to")
    compare.add_argument(
        "--limit", type=int, default=1500, help="photos to judge by at most: of 1500, a share is within 0.025 (95%%)"
    )
    compare.add_argument("--beside", nargs="*", default=[], metavar="NAME", help="artifacts to stand beside them")
    for command in (train, export, evaluate, compare):
        command.add_argument("--run", type=Path, default=Path("runs/cat"), help="the run's folder")
    for command in (export, evaluate, compare):
        command.add_argument("--artifacts", type=Path, default=Path("model/saved"), help="where artifacts are")
    for command in (export, evaluate):
        command.add_argument("--name", default="cat", help="of the artifact")
    return whole


def main(arguments: Sequence[str]) -> int:
    options = parser().parse_args(arguments)
    try:
        COMMANDS[options.command](options)
    except (OSError, ValueError, ArtifactError) as error:
        print(f"training: {error}", file=sys.stderr)
        return 2
    return 0


# Each command imports what it needs: Keras and TensorFlow take seconds, and --help should not.


def run_train(options: argparse.Namespace) -> None:
    from training.config import Config, quick
    from training.train import train

    begun = (options.run / "checkpoints").exists()
    if begun and not options.resume:
        raise ValueError(f"Expected --resume to go on with the run in {options.run}, or another --run to start one")
    if begun:
        config = Config.load(options.run)
    elif options.config:
        config = Config.model_validate_json(options.config.read_text())
    else:
        names = ("photos", "start", "network", "seed", "watched")
        config = Config(left_out=tuple(options.leave_out), **{name: getattr(options, name) for name in names})
    train(quick(config) if options.quick and not begun else config, options.run)
    print(f"Trained. Next: python -m training export --run {options.run}")


def run_export(options: argparse.Namespace) -> None:
    from training.export import export

    print(f"Exported {export(options.run, options.artifacts, options.name, options.elsewhere)}")


def run_evaluate(options: argparse.Namespace) -> None:
    from model.versions import newest_version
    from training.comparison.section import PICTURES, comparison_section, load
    from training.evaluation.evaluate import evaluate
    from training.evaluation.model_card import model_card

    evaluation = evaluate(options.run, newest_version(options.artifacts / options.name))
    for name, number in evaluation.measures.numbers().items():
        print(f"{name:24}{number:.4f}")
    print(f"Pictures and numbers by source are in {options.run / 'evaluation'}")
    if options.card:
        sections = []
        if options.comparison:
            beside = options.card.parent / "card"
            beside.mkdir(exist_ok=True)
            for picture in PICTURES:
                shutil.copyfile(options.comparison / picture, beside / picture)
            sections = [comparison_section(load(options.comparison), beside.name)]
        options.card.write_text(model_card(evaluation, sections))


def run_compare(options: argparse.Namespace) -> None:
    from model.artifact import Artifact
    from model.versions import newest_version
    from training.comparison.experiments import experiments

    shipped = {name: Artifact.load(newest_version(options.artifacts / name)) for name in options.beside}
    beside = {f"{name}, shipped": artifact for name, artifact in shipped.items()}
    comparison = experiments(options.run, beside, options.folder, options.limit)
    for name, endurance in comparison.networks.items():
        print(f"{name:24}training {endurance.training.against_rest:.4f}  test {endurance.test.against_rest:.4f}")
    print(f"Numbers and pictures are in {options.folder}")


COMMANDS = {"train": run_train, "export": run_export, "evaluate": run_evaluate, "compare": run_compare}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
