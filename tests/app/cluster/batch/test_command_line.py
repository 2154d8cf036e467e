"""The command itself, as far as it needs no cluster."""

from pathlib import Path

import pytest

from app.cluster.batch.command_line import main


def said(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [[], ["photos"], ["photos", "--out"], ["photos", "--out", "o", "--threads", "0"]], ids=str
)
def test_a_wrong_command_ends_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: catscan-batch" in said(capsys)


def test_help_says_what_comes_out(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert all(word in text for word in ("path, label, score, cat_score", "RAY_ADDRESS", "Parquet"))


@pytest.mark.parametrize(
    ("images", "out", "variables", "expected"),
    [
        ("nowhere", "out", {}, "IMAGES: expected a folder"),
        ("photos", "file", {}, "--out: expected a folder"),
        ("photos", "out", {"CATSCAN_MAX_PIXELS": "0"}, "CATSCAN_MAX_PIXELS: "),
        ("photos", "out", {"CATSCAN_MODELS": "/nowhere"}, "CATSCAN_MODELS: "),
        ("photos", "out", {"RAY_ADDRESS": "ray://cats:10001"}, "RAY_ADDRESS: "),
    ],
)
def test_what_cannot_begin_ends_with_1_and_says_why(
    images: str, out: str, variables: dict[str, str], expected: str,
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").touch()
    (tmp_path / "file").touch()
    monkeypatch.chdir(tmp_path)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert main([images, "--out", out]) == 1
    text = said(capsys)
    assert text.startswith(f"catscan-batch: {expected}")
    assert "received" in text or "there is none" in text
    assert not list(tmp_path.glob("out/*"))


def test_an_empty_folder_is_done_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "photos").mkdir()
    assert main([str(tmp_path / "photos"), "--out", str(tmp_path / "out")]) == 0
    assert "0 predicted, 0 of them cats; 0 errors, 0 skipped" in said(capsys)
