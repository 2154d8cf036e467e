"""`catscan predict`, at a real service: every photo has its line, and bad ones spoil no others."""

import io
import json
import shutil
import socket
from pathlib import Path

import pytest
from starlette.responses import Response

from catscan import Answer, AsyncClient
from catscan.commands.counter import CLEAR
from tests.catscan.conftest import Command, Script, problem, said
from tests.conftest import encoded, photo_of


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory, cat: Path) -> Path:
    """Two cats, coffee, a file that is no photo though its name says so, and one that does not say so."""
    folder = tmp_path_factory.mktemp("folder")
    (folder / "below").mkdir()
    for name in ("1.jpg", "below/3.jpg"):
        shutil.copy(cat, folder / name)
    (folder / "2.png").write_bytes(encoded(photo_of("coffee"), "PNG"))
    (folder / "broken.jpg").write_bytes(b"a cat")
    (folder / "notes.txt").write_text("a cat")
    return folder


def test_one_photo_is_a_line_of_a_table(command: Command, cat: Path, answer: Answer) -> None:
    done = command("predict", cat)
    assert (done.code, done.err) == (0, "")
    head, line = done.out.splitlines()
    assert head.split() == ["label", "probability", "present", "photo"]
    assert line.split() == ["cat", f"{answer.probability:.3f}", "cat", str(cat)]
    assert line.index(str(cat)) == head.index("photo")


def test_a_folder_is_answered_in_its_order_and_what_is_no_photo_named(command: Command, folder: Path) -> None:
    done = command("predict", folder)
    assert done.code == 1
    assert [line.split()[-1] for line in done.out.splitlines()[1:]] == [
        str(folder / name) for name in ("1.jpg", "2.png", "below/3.jpg")
    ]
    (line,) = done.err.splitlines()
    assert line.startswith(f"catscan: {folder / 'broken.jpg'}: Expected an image")


def test_json_has_a_line_for_every_photo_with_all_that_the_service_says(
    command: Command, folder: Path, answer: Answer
) -> None:
    done = command("predict", "--json", folder, folder / "nowhere.jpg")
    assert (done.code, done.err) == (1, "")
    first, second, third, broken, nowhere = map(json.loads, done.out.splitlines())
    assert first["photo"] == str(folder / "1.jpg")
    assert first.keys() == {"photo", *answer.facts}
    assert [said["preprocessing"] for said in (first, third)] == [list(answer.preprocessing)] * 2
    assert second["label"] == "other"
    assert broken["photo"] == str(folder / "broken.jpg")
    assert (broken["error"]["code"], broken["error"]["status"]) == ("not_an_image", 422)
    assert nowhere["error"] == {
        "code": "file_unreadable", "status": None, "detail": f"{folder / 'nowhere.jpg'}: No such file or directory",
    }  # fmt: skip


def test_another_network_may_be_asked(command: Command, cat: Path, answer: Answer) -> None:
    done = command("predict", "--json", cat, "--model", answer.model.name, "--model-version", answer.model.version)
    assert (done.code, json.loads(done.out)["model"]) == (0, answer.facts["model"])
    done = command("predict", cat, "--model", "lion")
    assert done.code == 1
    assert "received: 'lion'" in done.err


def test_a_folder_without_photos_is_said_to_have_none(command: Command, tmp_path: Path, cat: Path) -> None:
    done = command("predict", tmp_path, cat)
    assert done.code == 1
    assert "found none in it" in done.err
    assert str(cat) in done.out


@pytest.mark.parametrize("at_once", [1, 2, 7])
def test_many_photos_come_in_their_order_however_many_are_under_way(
    command: Command, folder: Path, at_once: int
) -> None:
    cats = [folder / "1.jpg", folder / "below" / "3.jpg"] * 20
    done = command("predict", "--at-once", at_once, *cats)
    assert (done.code, done.err) == (0, "")
    assert [line.split()[-1] for line in done.out.splitlines()[1:]] == list(map(str, cats))


@pytest.mark.parametrize("at_once", ["0", "-1", "many"])
def test_a_wrong_bound_is_a_wrong_command(command: Command, cat: Path, at_once: str) -> None:
    done = command("predict", "--at-once", at_once, cat)
    assert (done.code, done.out) == (2, "")
    assert "--at-once" in done.err


def test_a_service_that_is_not_there_is_said_once_for_all_photos(command: Command, folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        url = f"http://127.0.0.1:{gone.getsockname()[1]}"
    done = command("predict", folder, at=url)
    assert (done.code, done.out) == (1, "")
    assert len(done.err.splitlines()) == 1
    assert done.err.startswith(f"catscan: Expected a catscan service at {url}; received: ")


def test_so_is_one_that_does_not_become_ready(command: Command, cat: Path, script: Script) -> None:
    with script(problem(503, "not_ready", retry_after="1")) as service:
        done = command("predict", *[cat] * 40, "--patience", 0.5, at=service.url)
    assert (done.code, done.out, done.err) == (1, "", "catscan: Said not_ready\n")


def test_an_overloaded_service_costs_only_the_photos_that_it_refuses(
    command: Command, cat: Path, script: Script, answer: Answer
) -> None:
    with script(said(answer.facts), problem(429, "overloaded"), said(answer.facts)) as service:
        done = command("predict", "--at-once", 1, cat, cat, cat, "--patience", 0, at=service.url)
    assert done.code == 1
    assert len(done.out.splitlines()) == 1 + 2
    assert done.err == f"catscan: {cat}: Said overloaded\n"


def test_what_is_present_may_be_nothing_or_several(command: Command, cat: Path, script: Script, answer: Answer) -> None:
    def answered(present: bool) -> Response:
        rows = [{**row, "present": present} for row in answer.facts["predictions"]]
        return said({**answer.facts, "predictions": rows})

    with script(answered(False), answered(True)) as service:
        done = command("predict", "--at-once", 1, cat, cat, at=service.url)
    nothing, several = (line.split()[2] for line in done.out.splitlines()[1:])
    assert nothing == "-"
    assert several == ",".join(prediction.label for prediction in answer.predictions)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_how_far_it_is_and_nothing_of_that_stays(
    command: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = Terminal()
    with monkeypatch.context() as patch:
        patch.setattr("sys.stderr", terminal)
        command("predict", folder)
    shown = terminal.getvalue()
    assert [f"{CLEAR}{number} of 4 photos" in shown for number in range(5)] == [True, True, True, True, False]
    lines = [line.rpartition(CLEAR)[2] for line in shown.split("\n")]
    assert len(lines) == 2
    assert lines[0].startswith(f"catscan: {folder / 'broken.jpg'}: ")
    assert lines[1] == ""


def test_one_photo_is_not_counted(command: Command, cat: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    with monkeypatch.context() as patch:
        patch.setattr("sys.stderr", terminal)
        command("predict", cat)
    assert terminal.getvalue() == ""


def test_a_photo_is_read_only_when_its_turn_has_come(
    command: Command, cat: Path, script: Script, answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    under_way, most = 0, 0
    predict = AsyncClient.predict

    async def counted(client: AsyncClient, photo: Path, **network: str | None) -> Answer:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        try:
            return await predict(client, photo, model=network["model"])
        finally:
            under_way -= 1

    monkeypatch.setattr(AsyncClient, "predict", counted)
    with script(said(answer.facts)) as service:
        done = command("predict", "--at-once", 3, *[cat] * 30, at=service.url)
    assert done.code == 0
    assert most == 3
