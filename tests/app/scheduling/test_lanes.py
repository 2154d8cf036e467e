import asyncio
import gc
import threading
import time
import weakref
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.scheduling.lanes import Lanes

PATIENCE = 60.0  # seconds until a busy machine counts as a failure


class Jobs:
    """Work that takes a lane for each of its jobs, and notes when."""

    def __init__(self, lanes: Lanes, name: str, count: int, began: list[str], urgency: int = 0) -> None:
        self.lanes, self.name, self.waiting, self.began, self.urgency = lanes, name, count, began, urgency

    def begin(self) -> bool:
        if not self.waiting:
            return False
        self.waiting -= 1
        self.began.append(self.name)
        lane = self.lanes.free.pop()
        done = asyncio.get_running_loop().run_in_executor(lane, int)
        done.add_done_callback(lambda _: self.end(lane))
        return True

    def end(self, lane: Executor) -> None:
        self.lanes.free.append(lane)
        self.lanes.fill()


def run(count: int, work: Callable[[Lanes], Coroutine[Any, Any, None]]) -> None:
    lanes = Lanes(count, "lane")
    try:
        asyncio.run(asyncio.wait_for(work(lanes), PATIENCE))
    finally:
        lanes.close()


async def until(true: Callable[[], bool]) -> None:
    while not true():
        await asyncio.sleep(0.001)


async def busy(lanes: Lanes) -> None:
    """Begins something in every lane, so that what comes next has to wait."""
    lanes.want(Jobs(lanes, "first", len(lanes.free), []))


def test_the_most_urgent_work_begins_first_and_equals_take_turns() -> None:
    began = list[str]()

    async def work(lanes: Lanes) -> None:
        await busy(lanes)
        for name, urgency in (("later", 0), ("late", 0), ("soon", 1), ("now", 2), ("also soon", 1)):
            lanes.want(Jobs(lanes, name, 2, began, urgency))
        await until(lambda: len(began) == 10 and len(lanes.free) == 1)

    run(1, work)
    assert began == ["now"] * 2 + ["soon", "also soon"] * 2 + ["later", "late"] * 2


@given(st.integers(1, 4), st.lists(st.tuples(st.integers(0, 5), st.integers(0, 2)), max_size=5))
def test_whatever_wants_lanes_gets_them_as_often_as_it_wants_and_none_is_lost(
    count: int, jobs: list[tuple[int, int]]
) -> None:
    began = list[str]()
    wanted = [str(number) for number, (left, _) in enumerate(jobs) for _ in range(left)]

    async def work(lanes: Lanes) -> None:
        await busy(lanes)
        for number, (left, urgency) in enumerate(jobs):
            lanes.want(Jobs(lanes, str(number), left, began, urgency))
        await until(lambda: len(began) == len(wanted) and len(lanes.free) == count)

    run(count, work)
    assert sorted(began) == wanted
    urgencies = [jobs[int(name)][1] for name in began]
    assert urgencies == sorted(urgencies, reverse=True)


def test_work_that_is_done_is_let_go_of() -> None:
    async def work(lanes: Lanes) -> None:
        jobs = Jobs(lanes, "once", 1, [])
        gone = weakref.ref(jobs)
        lanes.want(jobs)
        await until(lambda: len(lanes.free) == 1)
        del jobs
        gc.collect()
        assert gone() is None

    run(1, work)


def test_lanes_without_work_stay_free() -> None:
    async def work(lanes: Lanes) -> None:
        lanes.fill()
        assert len(lanes.free) == 2

    run(2, work)


def test_a_task_runs_once_in_each_lane() -> None:
    names = list[str]()

    async def work(lanes: Lanes) -> None:
        await lanes.run_in_each(lambda: names.append(threading.current_thread().name))

    run(3, work)
    assert sorted(names) == ["lane-0_0", "lane-1_0", "lane-2_0"]


def test_tasks_in_each_lane_run_at_the_same_time() -> None:
    meeting = threading.Barrier(3)

    def meet() -> None:
        meeting.wait(PATIENCE)  # for the two others

    async def work(lanes: Lanes) -> None:
        await lanes.run_in_each(meet)

    run(3, work)
    assert not meeting.broken


def test_what_goes_wrong_in_a_task_is_told_to_who_asked_for_it() -> None:
    def fail() -> None:
        raise ValueError("as it does")

    async def work(lanes: Lanes) -> None:
        with pytest.raises(ValueError, match="as it does"):
            await lanes.run_in_each(fail)
        with pytest.raises(ValueError, match="as it does"):
            await lanes.visit_each(fail)
        await lanes.visit_each(lambda: None)
        await until(lambda: len(lanes.free) == 2)

    run(2, work)


def test_a_visit_comes_to_every_lane_one_after_the_other_while_the_others_work() -> None:
    names, began, together = list[str](), list[str](), list[int]()

    async def work(lanes: Lanes) -> None:
        def visit() -> None:
            together.append(len(names))
            time.sleep(0.02)
            names.append(threading.current_thread().name)

        visiting = asyncio.ensure_future(lanes.visit_each(visit))
        await asyncio.sleep(0)
        lanes.want(Jobs(lanes, "work", 50, began))
        await visiting
        await until(lambda: len(began) == 50 and len(lanes.free) == 3)

    run(3, work)
    assert sorted(names) == ["lane-0_0", "lane-1_0", "lane-2_0"]
    assert together == [0, 1, 2]  # each began when the one before had ended


def test_a_visit_that_nobody_waits_for_any_more_leaves_the_lanes_free() -> None:
    began, go = threading.Event(), threading.Event()

    def slow() -> None:
        began.set()
        assert go.wait(PATIENCE)

    async def work(lanes: Lanes) -> None:
        visiting = asyncio.ensure_future(lanes.visit_each(slow))
        await until(began.is_set)
        visiting.cancel()
        await asyncio.gather(visiting, return_exceptions=True)
        go.set()
        await until(lambda: len(lanes.free) == 2)
        await lanes.visit_each(lambda: None)

    run(2, work)


def test_closing_lets_what_runs_finish_and_takes_no_more() -> None:
    began, go, done = threading.Event(), threading.Event(), list[str]()

    def slow() -> None:
        began.set()
        assert go.wait(PATIENCE)
        done.append("slow")

    async def work() -> None:
        lanes = Lanes(1, "lane")
        running = asyncio.ensure_future(lanes.run_in_each(slow))
        await until(began.is_set)
        closing = threading.Thread(target=lanes.close)
        closing.start()
        go.set()
        await running
        closing.join(PATIENCE)
        assert done == ["slow"]
        with pytest.raises(RuntimeError, match="after shutdown"):
            await lanes.run_in_each(slow)

    asyncio.run(asyncio.wait_for(work(), PATIENCE))
