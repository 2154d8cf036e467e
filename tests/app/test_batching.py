"""Batches by hand and by chance; the lanes are real threads."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.batching import Batched, Batcher

SIZES = [1, 2, 4, 8]
PATIENCE = 60.0  # seconds until a busy machine counts as a failure


class Squares:
    """Squares numbers, each batch when it is let; notes the batches."""

    def __init__(self, held: bool = False) -> None:
        self.batches: list[list[int]] = []
        self.go = threading.Semaphore(0)
        self.held = held

    def __call__(self, numbers: Sequence[int]) -> list[int]:
        self.batches.append(list(numbers))
        if self.held:
            assert self.go.acquire(timeout=PATIENCE)
        if any(number < 0 for number in numbers):
            raise ValueError(f"received: {min(numbers)}")
        return [number * number for number in numbers]


@contextmanager
def lanes(count: int) -> Iterator[list[ThreadPoolExecutor]]:
    threads = [ThreadPoolExecutor(1) for _ in range(count)]
    try:
        yield threads
    finally:
        for thread in threads:
            thread.shutdown()


def run(
    work: Callable[[Batcher[int, int]], Coroutine[Any, Any, None]],
    squares: Squares,
    count: int = 1,
    sizes: Sequence[int] = SIZES,
) -> None:
    with lanes(count) as threads:
        asyncio.run(asyncio.wait_for(work(Batcher(squares, threads, sizes)), PATIENCE))


async def until(true: Callable[[], bool]) -> None:
    while not true():
        await asyncio.sleep(0.001)


def test_what_comes_while_a_lane_is_free_starts_at_once_and_alone() -> None:
    squares = Squares()

    async def work(batcher: Batcher[int, int]) -> None:
        for number in (3, 4, 5):
            batched = await batcher.submit(number)
            assert (batched.answer, batched.size) == (number * number, 1)

    run(work, squares)
    assert squares.batches == [[3], [4], [5]]


def test_what_comes_while_every_lane_is_busy_forms_the_next_batches_in_order_and_of_the_sizes_given() -> None:
    squares = Squares(held=True)

    async def work(batcher: Batcher[int, int]) -> None:
        answers = [batcher.submit(number) for number in range(14)]
        assert batcher.waiting == 13
        for _ in range(4):
            squares.go.release()
        batched = await asyncio.gather(*answers)
        assert [one.answer for one in batched] == [number * number for number in range(14)]
        assert [one.size for one in batched] == [1] + [8] * 8 + [4] * 4 + [1]
        assert all(one.waited_s >= 0 < one.computed_s for one in batched)
        assert batcher.waiting == 0

    run(work, squares)
    assert squares.batches == [[0], list(range(1, 9)), list(range(9, 13)), [13]]


def test_two_lanes_compute_two_batches_at_the_same_time() -> None:
    squares = Squares(held=True)

    async def work(batcher: Batcher[int, int]) -> None:
        answers = [batcher.submit(number) for number in range(6)]
        await until(lambda: len(squares.batches) == 2)
        assert sorted(squares.batches) == [[0], [1]]
        squares.go.release(4)
        await asyncio.gather(*answers)

    run(work, squares, count=2)


def test_one_that_went_away_while_it_waited_is_not_computed_and_its_neighbours_are() -> None:
    squares = Squares(held=True)

    async def work(batcher: Batcher[int, int]) -> None:
        first, gone, neighbour = (batcher.submit(number) for number in (1, 2, 3))
        gone.cancel()
        squares.go.release(2)
        assert ((await first).answer, (await neighbour).answer) == (1, 9)

    run(work, squares)
    assert squares.batches == [[1], [3]]


def test_one_that_went_away_while_it_was_computed_harms_no_neighbour() -> None:
    squares = Squares(held=True)

    async def work(batcher: Batcher[int, int]) -> None:
        first, gone, neighbour = (batcher.submit(number) for number in (1, 2, 3))
        squares.go.release()
        await until(lambda: len(squares.batches) == 2)
        gone.cancel()
        squares.go.release()
        assert ((await first).answer, (await neighbour).answer) == (1, 9)

    run(work, squares)
    assert squares.batches == [[1], [2, 3]]


def test_a_batch_that_fails_fails_only_for_those_that_make_it_fail() -> None:
    squares = Squares(held=True)

    async def work(batcher: Batcher[int, int]) -> None:
        answers = [batcher.submit(number) for number in (1, 2, -3, 4, 5)]
        squares.go.release(9)
        outcomes = await asyncio.gather(*answers, return_exceptions=True)
        assert [one.answer if isinstance(one, Batched) else str(one) for one in outcomes] == [
            1, 4, "received: -3", 16, 25,
        ]  # fmt: skip
        assert (await batcher.submit(6)).answer == 36

    run(work, squares)


def test_callers_do_not_wait_for_ever_when_the_lane_is_closed() -> None:
    async def work() -> None:
        with lanes(1) as threads:
            batcher = Batcher(Squares(), threads, SIZES)
        with pytest.raises(asyncio.CancelledError):
            await batcher.submit(1)

    asyncio.run(asyncio.wait_for(work(), PATIENCE))


@given(
    st.lists(
        st.tuples(
            st.integers(-2, 20),  # a number; a negative one fails
            st.sampled_from(["wait", "go away at once", "go away soon"]),
            st.integers(0, 3),  # turns of the loop until the next one comes
        ),
        max_size=30,
    ),
    st.integers(1, 3),
    st.sampled_from([[1], SIZES, list(range(1, 7))]),
)
def test_whatever_comes_goes_away_or_fails_each_caller_gets_its_own_answer(
    arrivals: list[tuple[int, str, int]], count: int, sizes: list[int]
) -> None:
    squares = Squares()

    async def work(batcher: Batcher[int, int]) -> None:
        answers = []
        for number, leaving, turns in arrivals:
            answer = batcher.submit(number)
            answers.append(answer)
            if leaving == "go away at once":
                answer.cancel()
            elif leaving == "go away soon":
                asyncio.get_running_loop().call_soon(answer.cancel)
            for _ in range(turns):
                await asyncio.sleep(0)
        outcomes = await asyncio.gather(*answers, return_exceptions=True)
        for (number, leaving, _), outcome in zip(arrivals, outcomes, strict=True):
            if isinstance(outcome, Batched):
                assert outcome.answer == number * number
                assert outcome.size in sizes
            elif isinstance(outcome, ValueError):
                assert str(outcome) == f"received: {number}"
            else:
                assert isinstance(outcome, asyncio.CancelledError)
                assert leaving != "wait"
        await until(lambda: batcher.waiting == 0)  # those that went away, too

    run(work, squares, count, sizes)
    assert all(len(batch) in sizes for batch in squares.batches)
