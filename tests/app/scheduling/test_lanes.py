import asyncio
import threading
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

    def __init__(self, lanes: Lanes, name: str, count: int, began: list[str]) -> None:
        self.lanes, self.name, self.left, self.began = lanes, name, count, began
        lanes.share(self)

    def begin(self) -> bool:
        if not self.left:
            return False
        self.left -= 1
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


def test_the_newest_work_begins_first_and_the_older_when_it_is_done() -> None:
    began = list[str]()

    async def work(lanes: Lanes) -> None:
        for name in ("oldest", "older", "newest"):
            Jobs(lanes, name, 2, began)
        lanes.fill()
        await until(lambda: len(began) == 6 and len(lanes.free) == 1)

    run(1, work)
    assert began == ["newest"] * 2 + ["older"] * 2 + ["oldest"] * 2


@given(st.integers(1, 4), st.lists(st.integers(0, 5), max_size=4))
def test_as_much_begins_as_there_are_lanes_the_newest_first(count: int, jobs: list[int]) -> None:
    began = list[str]()
    in_order = [str(number) for number in reversed(range(len(jobs))) for _ in range(jobs[number])]

    async def work(lanes: Lanes) -> None:
        for number, left in enumerate(jobs):
            Jobs(lanes, str(number), left, began)
        lanes.fill()
        assert began == in_order[:count]
        assert len(lanes.free) == max(0, count - len(in_order))
        await until(lambda: len(began) == len(in_order) and len(lanes.free) == count)

    run(count, work)
    assert began == in_order


def test_lanes_without_work_stay_free() -> None:
    async def work(lanes: Lanes) -> None:
        lanes.fill()
        assert len(lanes.free) == 2

    run(2, work)


def test_a_task_runs_in_the_first_lane_and_its_answer_comes_back() -> None:
    async def work(lanes: Lanes) -> None:
        assert await lanes.run(lambda: threading.current_thread().name) == "lane-0_0"
        assert len(lanes.free) == 3  # it takes none: there is no work yet

    run(3, work)


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
            await lanes.run(fail)
        with pytest.raises(ValueError, match="as it does"):
            await lanes.run_in_each(fail)
        assert await lanes.run(lambda: 5) == 5

    run(2, work)


def test_closing_lets_what_runs_finish_and_takes_no_more() -> None:
    began, go, done = threading.Event(), threading.Event(), list[str]()

    def slow() -> None:
        began.set()
        assert go.wait(PATIENCE)
        done.append("slow")

    async def work() -> None:
        lanes = Lanes(1, "lane")
        running = asyncio.ensure_future(lanes.run(slow))
        await until(began.is_set)
        closing = threading.Thread(target=lanes.close)
        closing.start()
        go.set()
        await running
        closing.join(PATIENCE)
        assert done == ["slow"]
        with pytest.raises(RuntimeError, match="after shutdown"):
            await lanes.run(slow)

    asyncio.run(asyncio.wait_for(work(), PATIENCE))
