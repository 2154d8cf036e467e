"""CPU time and memory are those of the whole family of a process, and of nobody else."""

import os
import subprocess
import sys
import time

import pytest

from benchmarks.child import child
from benchmarks.processes import cpu_seconds, family, memory, warn_about

SPIN = "import time\nend = time.process_time() + 0.5\nwhile time.process_time() < end: pass\n"
WITH_CHILD = "import subprocess, sys; subprocess.run([sys.executable, '-c', {!r}])"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def test_time_of_children_counts_even_when_they_have_ended() -> None:
    before = cpu_seconds(os.getpid())
    subprocess.run([sys.executable, "-c", WITH_CHILD.format(SPIN)], check=True)
    assert cpu_seconds(os.getpid()) - before >= 0.45


def test_a_family_is_a_process_and_all_below_it() -> None:
    with child("-c", WITH_CHILD.format("import time; time.sleep(60)")) as process:
        until = time.monotonic() + 30
        while len(family(process.pid)) < 2 and time.monotonic() < until:
            time.sleep(0.02)
        members = family(process.pid)
        assert members[0] == process.pid
        assert len(members) == 2
        held = memory(process.pid)
        os.kill(members[1], 15)
    assert 1 < held.pss <= held.rss


def test_a_process_that_is_gone_holds_nothing() -> None:
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    assert memory(done.pid).rss == 0


@pytest.mark.parametrize(("cores", "warned"), [(0.3, False), (0.31, True)])
def test_others_are_warned_about_from_a_bound_on(
    cores: float, warned: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    warn_about(cores)
    assert ("WARNING" in capsys.readouterr().out) == warned
