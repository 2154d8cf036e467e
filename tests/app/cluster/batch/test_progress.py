"""What a batch says while it runs."""

import pytest

from app.cluster.batch.progress import Progress


def test_it_says_how_far_it_is() -> None:
    progress = Progress(200)
    assert "0/200 photos; the network is being loaded" in progress.line()
    progress.predicted, progress.errors = 49, 1
    line = progress.line()
    assert line.startswith(" 25% ██████ ")
    assert "50/200 photos" in line
    assert line.endswith("1 errors")


def test_it_says_how_fast_it_is_and_how_long_it_takes() -> None:
    progress = Progress(1000)
    progress.predicted = 100
    progress.line()
    progress.first -= 10.0  # seconds ago
    progress.predicted = 300
    assert progress.line().endswith(", 20 a second, 0:00:35 left")


def test_elsewhere_than_on_a_terminal_a_line_ends_and_comes_seldom(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress(2)
    progress.show()
    progress.predicted = 1
    progress.show()
    assert capsys.readouterr().err == "  0%                          0/2 photos; the network is being loaded\n"


def test_nothing_to_do_is_all_done() -> None:
    assert Progress(0).line().startswith("100%")
