"""Workers that agree by files, here all in one process; two true ones: test_switching_workers.py."""

import asyncio
import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.errors import VersionUnknown
from app.observing.shared_metrics import locked
from app.registry.agreement import Outcome, Wanted
from app.registry.plan import Plan
from app.registry.refusals import VersionUnusable
from app.registry.workers import Together

DIGEST, OTHER = "d" * 64, "e" * 64


@contextlib.contextmanager
def living(folder: Path, place: str, pid: int | None = None) -> Iterator[Together]:
    """A worker that holds its place."""
    with locked(folder / f"{place}.worker") as descriptor:
        os.pwrite(descriptor, f"{pid or os.getpid():<20}".encode(), 0)
        yield Together(folder, place, most_s=0.5)


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[Together, Together]]:
    with living(tmp_path, "0") as one, living(tmp_path, "1") as other:
        yield one, other


def wanting(together: Together, version: int) -> int:
    """Wants a version of `cat`; the number of the change that first did."""
    return together.change(lambda wanted: wanted.wanting("cat", version)).plan("cat").versions[version]


def everywhere(together: Together, version: int) -> bool:
    return asyncio.run(together.everywhere("cat", version))


def test_what_one_changes_the_others_read(two: tuple[Together, Together]) -> None:
    one, other = two
    assert one.read() == other.read() == Wanted()
    changed = one.change(lambda wanted: wanted.wanting("cat", 4))
    assert other.read() == changed == Wanted(number=1, plans={"cat": Plan(name="cat", versions={4: 1})})
    assert other.read() is other.read()
    other.change(lambda wanted: wanted.with_plan(wanted.plan("cat").promoted(4)))
    assert (one.read().number, one.read().plan("cat").stable) == (2, 4)


def test_a_change_that_changes_nothing_or_fails_writes_nothing(two: tuple[Together, Together]) -> None:
    one, other = two
    one.change(lambda wanted: wanted.wanting("cat", 4))
    before = other.read()
    one.change(lambda wanted: wanted.wanting("cat", 4))
    with pytest.raises(VersionUnknown):
        one.change(lambda wanted: wanted.with_plan(wanted.plan("cat").promoted(5)))
    assert other.read() is before


def test_no_change_is_lost_when_many_change_at_once(tmp_path: Path) -> None:
    def want(worker: int) -> None:
        together = Together(tmp_path, str(worker))
        for number in range(25):
            wanting(together, 1 + 25 * worker + number)

    threads = [threading.Thread(target=want, args=(worker,)) for worker in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wanted = Together(tmp_path, "0").read()
    assert wanted.number == 200
    assert sorted(wanted.plan("cat").versions) == list(range(1, 201))
    assert sorted(wanted.plan("cat").versions.values()) == list(range(1, 201))


def test_a_version_is_everywhere_once_every_worker_says_so(two: tuple[Together, Together]) -> None:
    one, other = two
    number = wanting(one, 4)

    async def waited() -> bool:
        waiting = asyncio.create_task(one.everywhere("cat", 4))
        one.tell({number: Outcome(digest=DIGEST)})
        await asyncio.sleep(0.05)
        assert not waiting.done()
        other.tell({number: Outcome(digest=DIGEST), 99: Outcome(failure="of another")})
        return await waiting

    assert asyncio.run(waited())


@pytest.mark.parametrize(
    ("outcome", "why"),
    [
        (Outcome(failure="expected files with digest"), "received: in worker 1: expected files with digest"),
        (Outcome(digest=OTHER), "received: other files in one than in another"),
        (Outcome(), "received: not loaded by worker 1 within 0.5 s"),
    ],
)
def test_if_one_worker_cannot_have_it_that_is_said(two: tuple[Together, Together], outcome: Outcome, why: str) -> None:
    one, other = two
    number = wanting(one, 4)
    one.tell({number: Outcome(digest=DIGEST)})
    other.tell({number: outcome})
    with pytest.raises(VersionUnusable, match=f"Expected cat version 4 to be loaded by every worker; {why}"):
        everywhere(one, 4)


def test_what_is_wanted_no_longer_is_not_waited_for(two: tuple[Together, Together]) -> None:
    one, other = two
    wanting(one, 4)
    other.change(lambda wanted: wanted.failing("cat", 4, "no"))
    assert not everywhere(one, 4)
    assert one.read().failures == {"cat": {4: "no"}}


def test_a_failure_is_of_one_attempt(two: tuple[Together, Together]) -> None:
    one, other = two
    first = wanting(one, 4)
    other.tell({first: Outcome(failure="no")})
    one.change(lambda wanted: wanted.failing("cat", 4, "no"))
    second = wanting(one, 4)
    assert second != first
    assert one.read().failures == {}
    for each in two:
        each.tell({second: Outcome(digest=DIGEST)})
    assert everywhere(one, 4)


def test_a_dead_worker_is_not_waited_for(tmp_path: Path) -> None:
    with living(tmp_path, "0") as one:
        with living(tmp_path, "1"):
            number = wanting(one, 4)
            one.tell({number: Outcome(digest=DIGEST)})
        assert everywhere(one, 4)


def test_what_a_dead_worker_said_is_not_taken_from_who_has_its_place(tmp_path: Path) -> None:
    with living(tmp_path, "0") as one:
        number = wanting(one, 4)
        one.tell({number: Outcome(digest=DIGEST)})
        with living(tmp_path, "1") as dead:
            dead.tell({number: Outcome(digest=DIGEST)})
        with living(tmp_path, "1", pid=1), pytest.raises(VersionUnusable, match="not loaded by worker 1"):
            everywhere(one, 4)
