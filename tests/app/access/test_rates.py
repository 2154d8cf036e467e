import asyncio
import multiprocessing
import time
from pathlib import Path

import pytest

from app.access.ledger import SIZE
from app.access.rates import OwnRates, Rates, WorkersRates, rates_of
from app.access.shared_ledger import SharedLedger
from app.settings import Settings

RATE = 500
PROCESSES = 4


async def granted(rates: Rates, asked: int, client: str = "ann") -> int:
    """How many of so many questions, one after the other."""
    return sum([(await rates.spend(client, RATE, 1)).granted for _ in range(asked)])


def ask(folder: str, asked: int) -> int:
    """In a process of its own."""

    async def run() -> int:
        rates = WorkersRates(Path(folder))
        found = await granted(rates, asked)
        await rates.close()
        return found

    return asyncio.run(run())


def test_several_processes_grant_together_what_one_would(tmp_path: Path) -> None:
    started = time.monotonic()
    with multiprocessing.get_context("spawn").Pool(PROCESSES) as pool:
        found = sum(pool.starmap(ask, [(str(tmp_path), RATE)] * PROCESSES))
    assert RATE <= found <= RATE + RATE * (time.monotonic() - started) / 60
    assert (tmp_path / "rates").stat().st_size < SIZE + 4096


@pytest.mark.parametrize("together", [False, True])
def test_a_rate_is_granted_and_then_no_more(tmp_path: Path, together: bool) -> None:
    async def run() -> int:
        rates = WorkersRates(tmp_path) if together else OwnRates()
        found = await granted(rates, 2 * RATE)
        await rates.close()
        return found

    started = time.monotonic()
    assert RATE <= asyncio.run(run()) <= RATE + RATE * (time.monotonic() - started) / 60


def test_a_worker_that_was_stopped_with_the_ledger_holds_up_nobody(tmp_path: Path) -> None:
    told: list[str] = []

    async def run() -> None:
        rates, other = WorkersRates(tmp_path, told.append), SharedLedger(tmp_path / "rates")
        with other.at_once():
            answers = await asyncio.gather(rates.spend("ann", 1, 1), rates.spend("ann", 1, 1))
        assert [answer.granted for answer in answers] == [True, False]  # each worker counts for itself meanwhile
        assert told == ["count"] * 2
        assert (await rates.spend("ann", 1, 1)).granted
        other.close()
        await rates.close()

    asyncio.run(run())


def test_what_one_had_when_it_was_killed_the_others_have_then(tmp_path: Path) -> None:
    holder = multiprocessing.get_context("spawn").Process(target=hold, args=(str(tmp_path / "rates"),))
    holder.start()
    held = tmp_path / "held"
    while not held.exists():
        time.sleep(0.01)
    holder.kill()
    holder.join()
    shared = SharedLedger(tmp_path / "rates")
    with shared.at_once() as kept:
        assert not kept.look("ann", 1, 1, time.monotonic_ns() // 1000).granted
    shared.close()


def hold(file: str) -> None:
    """Has the ledger until it is killed."""
    with SharedLedger(Path(file)).at_once() as ledger:
        ledger.spend("ann", 1, 1, time.monotonic_ns() // 1000)
        Path(file).with_name("held").touch()
        time.sleep(3600)


def test_without_a_limit_nothing_is_made(tmp_path: Path) -> None:
    rates = rates_of(Settings(workers=2), tmp_path, lambda _: None)
    assert isinstance(rates, OwnRates)
    assert not list(tmp_path.iterdir())
    limited = rates_of(Settings(workers=2, rate_per_address=1), tmp_path, lambda _: None)
    assert isinstance(limited, WorkersRates)
    asyncio.run(limited.close())
