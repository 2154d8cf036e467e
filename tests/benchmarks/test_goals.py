"""A ratio is printed beside its goal."""

import pytest

from benchmarks.goals import Figures, print_ratio, print_table

NOT_MEASURED = float("nan")


@pytest.mark.parametrize(
    ("value", "least", "most", "said"),
    [
        (0.85, 0.85, None, "goal 0.85 or more: met"), (0.849, 0.85, None, "goal 0.85 or more: MISSED"),
        (1.3, None, 1.3, "goal 1.3 or less: met"), (1.301, None, 1.3, "goal 1.3 or less: MISSED"),
        (float("nan"), None, 1.3, "MISSED"), (float("nan"), 0.85, None, "MISSED"),
    ],
)  # fmt: skip
def test_a_goal_is_met_at_its_bound_and_missed_beyond(
    value: float, least: float | None, most: float | None, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    print_ratio("ours / theirs", value, least, most)
    assert said in capsys.readouterr().out


def test_the_median_is_taken_figure_by_figure() -> None:
    rounds = [Figures(value, NOT_MEASURED, 10 - value, 0.5, value / 10) for value in (1.0, 5.0, 3.0)]
    median = Figures.median(rounds)
    assert (median.per_second, median.p99_ms, median.cpu_ms, median.others) == (3.0, 7.0, 0.5, 0.3)
    assert median.p50_ms != median.p50_ms


def test_each_figure_stands_under_its_heading(capsys: pytest.CaptureFixture[str]) -> None:
    print_table("Photos", {"ours": Figures(per_second=1, p50_ms=2, p99_ms=3, cpu_ms=4, others=5)})
    _, _, headings, figures = capsys.readouterr().out.splitlines()
    stand = {"photos/s": "1.00", "p50 ms": "2.00", "p99 ms": "3.00", "CPU ms/photo": "4.00", "others' cores": "5.00"}
    for heading, figure in stand.items():
        assert headings.index(heading) + len(heading) == figures.index(figure) + len(figure)


def test_a_table_leaves_out_what_was_not_measured(capsys: pytest.CaptureFixture[str]) -> None:
    print_table("Photos", {"ours": Figures(1.0, NOT_MEASURED, NOT_MEASURED, 2.0, 0.0)})
    assert "nan" not in capsys.readouterr().out
