"""A Redis that may be away: asked over one pool of connections, and not waited for while it does not answer."""

import asyncio
import contextlib
import logging
import time
from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as TooSlow

from app.failures import StoreAway
from app.redis_address import RedisAddress

CONNECTIONS = 16  # at the same time: more would only wait for the one thread of Redis
AGAIN_S = 1.0
GREETING_S = 10.0  # nobody waits for it, and while TensorFlow is imported everything takes long
AWAY = ConnectionLost, TooSlow, OSError  # our own timeout is an OSError
Argument = bytes | str | int
logger = logging.getLogger("catscan")


class RedisServer:
    """Belongs to one event loop.

    A Redis that does not answer in time counts as away: what it is asked from then on fails at once, and only a ping
    each second looks whether it is back. One that answers with a refusal, such as that its memory is full, is not away.
    Either is logged once when it begins, and once when it is over.
    """

    def __init__(self, address: RedisAddress, wait_s: float, again_s: float = AGAIN_S) -> None:
        """Begins to look whether it is there; until that is known, it counts as there.

        Args:
            address: of the Redis.
            wait_s: how long an answer may take, with the connection that it may need first.
            again_s: from one look at it to the next, while it is away.
        """
        self._address, self._wait_s, self._again_s = address, wait_s, again_s
        once_more = Retry(NoBackoff(), 1, (ConnectionLost,))  # a connection may have ended while it was idle
        pool = BlockingConnectionPool.from_url(
            address.url, max_connections=CONNECTIONS, timeout=None, retry=once_more,
            socket_timeout=None, socket_connect_timeout=None,
        )  # fmt: skip
        self._redis = Redis.from_pool(pool)
        self._refused: set[str] = set()  # commands whose last answer was a refusal
        self._looking: asyncio.Task[None] | None = None  # while it is away
        self._greeting = asyncio.create_task(self._greet())

    @property
    def away(self) -> bool:
        return self._looking is not None

    async def ask(self, command: str, *arguments: Argument) -> Any:
        """What Redis answers to a command.

        Raises:
            StoreAway: if it is away, or answers with a refusal.
        """
        if self.away:
            raise StoreAway("nothing, it is away")
        try:
            answer = await self._answer(self._wait_s, command, *arguments)
        except AWAY as error:
            self._lost(error, self._wait_s)
            raise StoreAway("nothing in time") from error
        except RedisError as error:
            if command not in self._refused:
                logger.warning("The store at %s refuses %s: %s", self._address, command, error)
                self._refused.add(command)
            raise StoreAway("a refusal") from error
        if command in self._refused:
            logger.info("The store at %s takes %s again", self._address, command)
            self._refused.discard(command)
        return answer

    async def _answer(self, wait_s: float, command: str, *arguments: Argument) -> Any:
        async with asyncio.timeout(wait_s):
            return await self._redis.execute_command(command, *arguments)

    async def _ping(self, wait_s: float) -> None:
        """Raises one of `AWAY` if there is no answer; a refusal is one."""
        try:
            await self._answer(wait_s, "PING")
        except AWAY:
            raise
        except RedisError as error:
            logger.debug("The store at %s refuses a ping: %s", self._address, error)

    async def _greet(self) -> None:
        wait_s = max(GREETING_S, self._wait_s)
        try:
            await self._ping(wait_s)
        except AWAY as error:
            self._lost(error, wait_s)

    def _lost(self, error: Exception, waited_s: float) -> None:
        if not self.away:
            why = str(error) or f"no answer within {waited_s:g} s"
            logger.warning("The store at %s is away: %s", self._address, why)
            self._looking = asyncio.create_task(self._look(time.monotonic()))

    async def _look(self, since: float) -> None:
        while True:
            await asyncio.sleep(self._again_s)
            with contextlib.suppress(*AWAY):
                await self._ping(self._wait_s)
                break
        logger.info("The store at %s is back after %.0f s", self._address, time.monotonic() - since)
        self._looking = None

    async def close(self) -> None:
        for task in filter(None, (self._greeting, self._looking)):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        await self._redis.aclose()
