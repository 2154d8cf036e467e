"""Batches by hand and by chance; the lanes are real threads."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.scheduling.batching import Batched, Batcher
from app.scheduling.lanes import Lanes

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
def lanes(count: int) -> Iterator[Lanes]:
    made = Lanes(count, "lane")
    try:
        yield made
    finally:
        made.close()


def run(
    work: Callable[[Batcher[int, int]], Coroutine[Any, Any, None]],
    squares: Squares,
    count: int = 1,
    sizes: Sequence[int] = SIZES,
) -> None:
    with lanes(count) as made:
        asyncio.run(asyncio.wait_for(work(Batcher(squares, made, sizes)), PATIENCE))


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


def test_it_is_told_how_much_begins_and_when_all_that_waited_went_away() -> None:
    squares, told = Squares(held=True), list[tuple[int, int]]()

    async def work(made: Lanes) -> None:
        batcher = Batcher(squares, made, SIZES, began=lambda size: told.append((size, batcher.waiting)))
        first, *gone = (batcher.submit(number) for number in (1, 2, 3))
        for caller in gone:
            caller.cancel()
        squares.go.release()
        assert (await first).answer == 1
        await until(lambda: not batcher.waiting)

    with lanes(1) as made:
        asyncio.run(asyncio.wait_for(work(made), PATIENCE))
    assert told == [(1, 0), (0, 0)]


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


def test_what_is_wrong_with_one_item_is_told_to_its_caller_only() -> None:
    async def work() -> None:
        def halves(numbers: Sequence[int]) -> list[int | Exception]:
            return [ValueError(f"odd: {number}") if number % 2 else number // 2 for number in numbers]

        with lanes(1) as made:
            batcher: Batcher[int, int] = Batcher(halves, made, [4, 1])
            outcomes = await asyncio.gather(*map(batcher.submit, (2, 4, 5, 6, 8)), return_exceptions=True)
        assert [one.answer if isinstance(one, Batched) else str(one) for one in outcomes] == [1, 2, "odd: 5", 3, 4]

    asyncio.run(asyncio.wait_for(work(), PATIENCE))


def test_what_waits_is_spread_over_the_lanes_that_are_free() -> None:
    squares, more_to_come = Squares(), [True]

    async def work() -> None:
        with lanes(2) as made:
            batcher: Batcher[int, int] = Batcher(squares, made, SIZES, full_only=lambda: bool(more_to_come))
            answers = [batcher.submit(number) for number in range(6)]
            assert batcher.waiting == 6
            more_to_come.clear()
            made.fill()
            await asyncio.gather(*answers)

    asyncio.run(asyncio.wait_for(work(), PATIENCE))
    assert sorted(map(len, squares.batches)) == [2, 4]


def test_two_kinds_of_work_share_the_lanes_and_the_newer_waits_for_whole_batches_while_the_older_brings_more() -> None:
    order = list[str]()

    async def work() -> None:
        def note(kind: str) -> Callable[[Sequence[int]], list[int]]:
            def compute(numbers: Sequence[int]) -> list[int]:
                order.append(f"{kind} {len(numbers)}")
                return list(numbers)

            return compute

        async def through(number: int) -> None:
            await forward.submit((await decoding.submit(number)).answer)

        with lanes(1) as made:
            decoding: Batcher[int, int] = Batcher(note("decode"), made, [1])
            forward: Batcher[int, int] = Batcher(
                note("forward"), made, [4, 2, 1], full_only=lambda: decoding.waiting > 0
            )
            await asyncio.gather(*map(through, range(7)))

    asyncio.run(asyncio.wait_for(work(), PATIENCE))
    assert order == ["decode 1"] * 5 + ["forward 4"] + ["decode 1"] * 2 + ["forward 2", "forward 1"]


def test_a_closed_lane_takes_nothing_more_and_its_caller_does_not_wait_for_ever() -> None:
    async def work() -> None:
        with lanes(1) as made:
            batcher: Batcher[int, int] = Batcher(Squares(), made, SIZES)
        with pytest.raises(RuntimeError, match="after shutdown"):
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
