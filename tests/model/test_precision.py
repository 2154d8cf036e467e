from pathlib import Path

import pytest

from model.precision import PrecisionMissing, bfloat16_gain, choose_precision, cpu_flags


def test_float32_is_always_there() -> None:
    assert choose_precision("float32", "cpu") == "float32"
    assert choose_precision("auto", "gpu NVIDIA H200") == "float32"


def test_bfloat16_is_refused_where_the_cpu_does_not_run_the_network() -> None:
    with pytest.raises(PrecisionMissing, match=r"Expected a CPU with amx_bf16 or avx512_bf16 .*; received: gpu X"):
        choose_precision("bfloat16", "gpu X")


def test_bfloat16_is_refused_on_a_cpu_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("model.precision.cpu_flags", lambda: {"avx2", "avx512f"})
    with pytest.raises(PrecisionMissing):
        choose_precision("bfloat16", "cpu")
    assert choose_precision("auto", "cpu") == "float32"


def test_bfloat16_is_there_for_who_asks_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("model.precision.cpu_flags", lambda: {"avx2", "avx512_bf16"})
    assert choose_precision("bfloat16", "cpu") == "bfloat16"


@pytest.mark.parametrize(("gain", "expected"), [(0.6, "float32"), (1.24, "float32"), (1.25, "bfloat16")])
def test_auto_takes_bfloat16_only_where_it_is_clearly_faster(
    gain: float, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("model.precision.cpu_flags", lambda: {"amx_bf16"})
    monkeypatch.setattr("model.precision.bfloat16_gain", lambda: gain)
    assert choose_precision("auto", "cpu") == expected


def test_the_gain_is_measured() -> None:
    assert 0.01 < bfloat16_gain() < 100


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        ("processor: 0\nflags\t\t: fpu avx512_bf16 sse\nflags: other\n", {"fpu", "avx512_bf16", "sse"}),
        ("processor: 0\n", set()),
    ],
)
def test_the_flags_are_those_that_linux_lists(tmp_path: Path, text: str, flags: set[str]) -> None:
    (tmp_path / "cpuinfo").write_text(text)
    assert cpu_flags(tmp_path / "cpuinfo") == flags


def test_where_linux_lists_nothing_there_are_no_flags(tmp_path: Path) -> None:
    assert cpu_flags(tmp_path / "cpuinfo") == set()
