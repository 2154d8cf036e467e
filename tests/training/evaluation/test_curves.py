from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.training.evaluation.test_pictures import opened
from training.evaluation.curves import draw_curves, rows_of

HEAD = "epoch,accuracy,loss,val_accuracy,val_loss\n"


def curves(log: str, folder: Path) -> NDArray[np.uint8]:
    (folder / "log.csv").write_text(HEAD + log)
    draw_curves(folder / "log.csv", folder / "curves.png")
    return opened(folder / "curves.png")


def test_curves_follow_the_log(tmp_path: Path) -> None:
    falling = curves("0,0.5,1.0,0.5,1.1\n1,0.6,0.5,0.6,0.6\n", tmp_path)
    assert falling.shape == (420, 1080, 3)
    rising = curves("0,0.5,0.5,0.5,0.6\n1,0.6,1.0,0.6,1.1\n", tmp_path)
    half = falling.shape[1] // 2
    assert (falling[:, :half] != rising[:, :half]).any()  # the loss
    assert (falling[:, half:] == rising[:, half:]).all()  # the accuracy


def test_whatever_else_was_logged_gets_a_panel_of_its_own(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    sizes = []
    for head, row in (("", ""), (",learning_rate", ",0.001"), (",learning_rate,seconds", ",0.001,61")):
        log.write_text(f"epoch,loss,accuracy,val_loss,val_accuracy{head}\n0,1.0,0.5,1.1,0.5{row}\n")
        draw_curves(log, tmp_path / "curves.png")
        sizes.append(opened(tmp_path / "curves.png").shape[0])
    assert sizes == [420, 840, 840]


def test_what_was_not_logged_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("epoch,loss,val_loss,seconds\n0,1.0,NA,\n1,0.5,0.6\n")
    assert rows_of(tmp_path / "log.csv") == [{"epoch": 0, "loss": 1}, {"epoch": 1, "loss": 0.5, "val_loss": 0.6}]
    draw_curves(tmp_path / "log.csv", tmp_path / "curves.png")
