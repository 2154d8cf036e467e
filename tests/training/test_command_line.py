import json
import subprocess
import sys
from pathlib import Path

import pytest

from model.artifact import Artifact
from model.network import NETWORKS
from tests.conftest import photo_of
from training.__main__ import main
from training.config import Config, quick

ROOT = Path(__file__).resolve().parents[2]
TINY = {
    "network": "dense", "height": 32, "width": 32, "cache_side": 40, "validation_share": 0.2, "test_share": 0.2,
    "epoch_photos": 64, "batch": 16,
}  # fmt: skip


def python(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """A command as a user types it, in the repository's folder."""
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def place(shapes: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a `config.json` for the photos."""
    folder = tmp_path_factory.mktemp("commands")
    (folder / "config.json").write_text(json.dumps({**TINY, "photos": str(shapes)}))
    return folder


def test_from_photos_to_an_evaluated_artifact(place: Path) -> None:
    run, saved = place / "run", place / "saved"
    trained = python("-m", "training", "train", "--config", place / "config.json", "--run", run, "--quick")
    assert trained.returncode == 0, trained.stderr
    assert trained.stdout.endswith(f"Trained. Next: python -m training export --run {run}\n")
    log = (run / "log.csv").read_text()
    assert len(log.splitlines()) == 3  # a head and two epochs
    assert main(["train", "--run", str(run), "--resume"]) == 0  # nothing is left to do
    assert (run / "log.csv").read_text() == log

    exported = python("-m", "training", "export", "--run", run, "--artifacts", saved, "--name", "shapes")
    assert exported.returncode == 0, exported.stderr
    assert exported.stdout == f"Exported {saved / 'shapes' / '1'}\n"
    manifest = Artifact.load(saved / "shapes" / "1").manifest
    assert [layer.kind for layer in manifest.layers][:4] == ["rescaling", "average_pooling", "flatten", "dense"]

    artifact = ("--artifacts", saved, "--name", "shapes")
    evaluated = python("-m", "training", "evaluate", "--run", run, *artifact, "--card", place / "card.md")
    assert evaluated.returncode == 0, evaluated.stderr
    *figures, last = evaluated.stdout.splitlines()
    shown = {name: float(number) for name, number in map(str.split, figures)}
    numbers = json.loads((run / "evaluation" / "measures.json").read_text())["all"]
    assert shown == pytest.approx({name: number for name, number in numbers.items() if name in shown}, abs=5e-5)
    assert {"photos", "accuracy", "disc_auc"} < set(shown)
    assert last == f"Pictures and numbers by source are in {run / 'evaluation'}"
    assert (place / "card.md").read_text().startswith("# Model card: shapes, version 1\n")


def test_help_comes_before_the_seconds_that_keras_takes() -> None:
    script = (
        "import sys; from training.__main__ import parser; parser().print_help();"
        "sys.exit(len({'keras', 'tensorflow', 'numpy'} & set(sys.modules)))"
    )
    shown = python("-c", script)
    assert shown.returncode == 0
    assert "train,export,evaluate,compare" in shown.stdout


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ([], ["From folders of photos to an evaluated artifact", "goes on from its last whole epoch", "{train,export"]),
        (["train"], ["--photos", "tfds:NAME", "--network", "--seed", "--quick", "--config", "--run", "runs/cat"]),
        (["train"], ["--start", "--leave-out", "sources that only judge", "--watched", "--resume", "config.json"]),
        (["export"], ["--run", "runs/cat", "--artifacts", "model/saved", "--name", "--elsewhere"]),
        (["evaluate"], ["--run", "--artifacts", "--name", "--card", "model card", "--comparison"]),
        (["compare"], ["--run", "runs/cat", "--folder", "runs/experiments", "--beside", "--artifacts"]),
        (["compare"], ["--limit", "0.025", "95%", "1500)"]),
    ],
    ids=["all", "train", "more of train", "export", "evaluate", "compare", "more of compare"],
)  # fmt: skip
def test_help_explains_every_option(command: list[str], words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main([*command, "--help"])
    assert left.value.code == 0
    shown = capsys.readouterr().out
    assert [word for word in words if word not in shown] == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "the following arguments are required: {train,export,evaluate,compare}"),
        (["learn"], "invalid choice: 'learn'"),
        (["train", "--seed", "x"], "argument --seed: invalid int value: 'x'"),
        (["train", "--fast"], "unrecognized arguments: --fast"),
        (["export", "--photos", "photos"], "unrecognized arguments: --photos photos"),
    ],
)
def test_what_is_no_command_is_refused_with_the_usage(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == 2
    shown = capsys.readouterr().err
    assert shown.startswith("usage: python -m training")
    assert message in shown


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    """The message of a command that cannot be done."""
    assert main([str(argument) for argument in arguments]) == 2
    shown = capsys.readouterr()
    assert "Trained" not in shown.out
    assert shown.err.startswith("training: ")
    assert "Traceback" not in shown.err
    return shown.err.removeprefix("training: ").rstrip()


def test_a_folder_without_class_folders_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "photos" / "cat").mkdir(parents=True)
    for folder, classes in ((tmp_path / "photos", 1), (tmp_path / "nowhere", 0)):
        message = refusal(capsys, "train", "--photos", folder, "--run", tmp_path / "run")
        assert message == (
            "Expected a folder with one sub-folder of photos for each class, at least two; "
            f"received: {folder} with {classes}"
        )


def test_a_run_is_configured_by_the_options(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run, watched = tmp_path / "run", tmp_path / "cat.jpg"
    photo_of("chelsea").save(watched)
    refusal(
        capsys, "train", "--photos", tmp_path, "--network", "dense", "--seed", "7", "--start", "runs/first",
        "--leave-out", "web", "phone", "--watched", watched, "--run", run,
    )  # fmt: skip
    assert Config.load(run) == Config(
        photos=str(tmp_path), network="dense", seed=7, start="runs/first", left_out=("web", "phone"),
        watched=str(watched),
    )  # fmt: skip
    refusal(capsys, "train", "--photos", tmp_path, "--run", run, "--quick")
    assert Config.load(run) == quick(Config(photos=str(tmp_path)))


def begun(run: Path, photos: Path) -> Config:
    """A run that was stopped while its photos are gone."""
    config = Config(photos=str(photos), seed=7)
    config.save(run)
    (run / "checkpoints").mkdir()
    return config


def test_a_folder_with_a_run_is_refused_unless_it_is_to_go_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    config = begun(run, tmp_path / "gone")
    for options in ((), ("--quick",), ("--config", tmp_path / "config.json")):
        message = refusal(capsys, "train", "--run", run, *options)
        assert message == f"Expected --resume to go on with the run in {run}, or another --run to start one"
    assert Config.load(run) == config


def test_a_run_goes_on_by_its_own_configuration_whatever_the_options(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    config = begun(run, tmp_path / "gone")
    for options in ((), ("--quick",), ("--photos", tmp_path, "--seed", "8"), ("--config", tmp_path / "nowhere.json")):
        assert str(tmp_path / "gone") in refusal(capsys, "train", "--run", run, "--resume", *options)
    assert Config.load(run) == config


def test_a_run_that_is_to_go_on_and_has_not_begun_begins(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    message = refusal(capsys, "train", "--run", tmp_path / "run", "--resume", "--photos", tmp_path / "gone")
    assert str(tmp_path / "gone") in message
    assert Config.load(tmp_path / "run").photos == str(tmp_path / "gone")


def test_an_unknown_network_is_refused_with_those_there_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    message = refusal(capsys, "train", "--network", "resnet", "--run", tmp_path / "run")
    assert f"network: expected one of {', '.join(NETWORKS)}; received: 'resnet'" in message
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "EOF while parsing"),
        ("{}", "photos\n  Field required"),
        ('{"photos": "photos", "epochs": 3}', "epochs\n  Extra inputs are not permitted"),
        ('{"photos": "photos", "height": 4}', "height\n  Input should be greater than or equal to 8"),
    ],
)
def test_a_configuration_that_is_none_is_refused_by_the_setting(
    content: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config.json").write_text(content)
    assert message in refusal(capsys, "train", "--config", tmp_path / "config.json", "--run", tmp_path / "run")


@pytest.mark.parametrize(
    ("arguments", "missing"),
    [
        (("train", "--config", "{}/config.json", "--run", "{}/run"), "No such file or directory: '{}/config.json'"),
        (("export", "--run", "{}/run", "--artifacts", "{}"), "No such file or directory: '{}/run/config.json'"),
        (("export", "--run", "{}/run", "--elsewhere", "{}/out"), "Expected an evaluated run in {}/out: python -m tr"),
        (("evaluate", "--run", "{}/run", "--artifacts", "{}"), "numbered versions of one, in {}/cat; there is none"),
        (("compare", "--run", "{}/run", "--artifacts", "{}"), "No such file or directory: '{}/run/config.json'"),
        (("compare", "--artifacts", "{}", "--beside", "dog"), "numbered versions of one, in {}/dog; there is none"),
    ],
    ids=["a configuration", "a run", "a run elsewhere", "an artifact", "a run to compare", "an artifact to compare"],
)
def test_what_is_missing_is_named(
    arguments: tuple[str, ...], missing: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    message = refusal(capsys, *(argument.format(tmp_path) for argument in arguments))
    assert missing.format(tmp_path) in message


def test_a_comparison_by_no_photo_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    message = refusal(capsys, "compare", "--run", tmp_path / "run", "--limit", "0")
    assert message == "limit: expected at least 1 photo; received: 0"


def test_a_watched_photo_that_is_missing_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    message = refusal(capsys, "train", "--watched", tmp_path / "cat.jpg", "--run", tmp_path / "run")
    assert message.endswith(f"No such file or directory: '{tmp_path / 'cat.jpg'}'")


def test_a_file_that_is_no_network_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "cat" / "1").mkdir(parents=True)
    (tmp_path / "config.json").write_text(json.dumps({**TINY, "photos": "photos"}))
    message = refusal(capsys, "export", "--run", tmp_path, "--artifacts", tmp_path)
    assert message.endswith(f"No such file or directory: '{tmp_path / 'cache' / 'index.json'}'")
