"""How many photos clients asked about lately: counted in this process, by all workers of a service, or by machines."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from app.access.ledger import Balance, Ledger
from app.access.shared_ledger import SharedLedger
from app.redis_address import RedisAddress
from app.settings import Settings

BUSY_S, TRIES = 0.0005, 100  # that another worker may have the ledger: it takes microseconds, unless it was stopped


class Rates(Protocol):
    """Belongs to one event loop."""

    async def spend(self, client: str, rate: int, photos: int) -> Balance:
        """Counts photos, if the client may ask about so many at `rate` photos a minute; below zero, gives some back."""

    async def close(self) -> None: ...


def rates_of(settings: Settings, workers_folder: Path | None, failed: Callable[[str], None]) -> Rates:
    """Those of a service.

    Args:
        settings: say where several machines count together.
        workers_folder: where several workers of this machine do; None if this process is the only one.
        failed: is told "count" of each photo that could not be counted where it should.
    """
    limited = settings.rate_per_key or settings.rate_per_address
    if limited and isinstance(settings.store, RedisAddress):
        # It comes with an extra, which nobody else needs.
        from app.access.redis_rates import RedisRates
        from app.redis_server import RedisServer

        return RedisRates(RedisServer(settings.store, settings.store_wait_s), failed)
    if limited and workers_folder is not None:
        return WorkersRates(workers_folder, failed)
    return OwnRates()


def now_us() -> int:
    """By a clock that all processes of the machine share, and that nobody sets."""
    return time.monotonic_ns() // 1000


class OwnRates:
    """Counted in this process alone."""

    def __init__(self) -> None:
        self._ledger: Ledger | None = None  # 2 MiB, which are not needed where nothing is limited

    async def spend(self, client: str, rate: int, photos: int) -> Balance:
        self._ledger = self._ledger or Ledger.of_this_process()
        return self._ledger.spend(client, rate, photos, now_us())

    async def close(self) -> None:
        pass


class WorkersRates:
    """Counted by all workers together, exactly.

    One at a time has the ledger. A worker that was stopped just then keeps it for as long as it stands: meanwhile the
    others count each for itself.
    """

    def __init__(self, folder: Path, failed: Callable[[str], None] = lambda _: None) -> None:
        self._shared, self._own, self._failed = SharedLedger(folder / "rates"), OwnRates(), failed

    async def spend(self, client: str, rate: int, photos: int) -> Balance:
        for _ in range(TRIES):
            try:
                with self._shared.at_once() as ledger:
                    return ledger.spend(client, rate, photos, now_us())
            except BlockingIOError:
                await asyncio.sleep(BUSY_S)
        self._failed("count")
        return await self._own.spend(client, rate, photos)

    async def close(self) -> None:
        self._shared.close()
