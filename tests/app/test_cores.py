import os
from pathlib import Path

import pytest

from app.cores import cores

HERE = len(os.sched_getaffinity(0))


@pytest.mark.parametrize(
    ("quota", "expected"),
    [("100000 100000", 1), ("50000 100000", 1), ("150000 100000", min(2, HERE)), ("999900000 100000", HERE)],
)
def test_a_container_has_the_cores_of_its_quota_rounded_up(tmp_path: Path, quota: str, expected: int) -> None:
    (tmp_path / "cpu.max").write_text(quota + "\n")
    assert cores(tmp_path / "cpu.max") == expected


@pytest.mark.parametrize("quota", ["max 100000", "", "many"])
def test_without_a_quota_it_is_what_the_process_may_run_on(tmp_path: Path, quota: str) -> None:
    (tmp_path / "cpu.max").write_text(quota)
    assert cores(tmp_path / "cpu.max") == cores(tmp_path / "no such file") == HERE


def test_a_process_bound_to_one_core_has_one() -> None:
    before = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(before)})
        assert cores() == 1
    finally:
        os.sched_setaffinity(0, before)
