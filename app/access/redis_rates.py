"""What clients owe for their photos, in one Redis for many machines."""

import hashlib
from collections.abc import Callable

from app.access.ledger import MINUTE, Balance, Ledger
from app.access.rates import now_us
from app.failures import StoreAway
from app.redis_server import RedisServer

# Another form of the values wants another number, as in `app.photos.redis_photos`.
OWED = "catscan:{rates}:1"
# KEYS: a client's. ARGV: photos a minute that it may ask about, and how many it does. Gives whether it may, and what it
# owes then. This is `app.access.ledger` by the clock of Redis: doubles hold whole numbers up to 2^53, and these are
# below 2^46. Once a client owes nothing, its key is gone.
SPEND = f"""
local time = redis.call('TIME')
local now, rate, photos = time[1] * 1000000 + time[2], tonumber(ARGV[1]), tonumber(ARGV[2])
local moment, debt = string.match(redis.call('GET', KEYS[1]) or '', '^(%d+) (%d+)$')
debt = moment and math.max(0, debt - math.max(0, now - moment) * rate) or 0
local after = math.max(0, debt + photos * {MINUTE})
if photos > 0 and after > rate * {MINUTE} then return {{0, debt}} end
if after > 0 then
  redis.call('SET', KEYS[1], string.format('%.0f %.0f', now, after), 'PX', math.ceil(after / rate / 1000))
else
  redis.call('DEL', KEYS[1])
end
return {{1, after}}
"""


class RedisRates:
    """Counted exactly over all machines.

    What Redis said last of a client is noted here, too: a client that may not ask yet is refused without asking Redis,
    and while that is away each machine counts on by itself. A photo is never refused because Redis is away.
    """

    def __init__(self, server: RedisServer, failed: Callable[[str], None] = lambda _: None) -> None:
        """Begins with what is there.

        Args:
            server: keeps it; closed with this.
            failed: is told "count" of each photo that Redis could not count.
        """
        self._server, self._failed, self._own = server, failed, Ledger.of_this_process()

    async def spend(self, client: str, rate: int, photos: int) -> Balance:
        known = self._own.look(client, rate, photos, now_us())
        if photos > 0 and not known.granted:
            return known
        try:
            granted, debt = await self._server.ask("EVAL", SPEND, 1, key_of(client), rate, photos)
        except StoreAway:
            self._failed("count")
            return self._own.spend(client, rate, photos, now_us())
        self._own.note(client, rate, debt, now_us())
        return Balance(rate, debt, bool(granted))

    async def close(self) -> None:
        await self._server.close()


def key_of(client: str) -> str:
    """Where a client's number is; its address is not in it."""
    return f"{OWED}:{hashlib.blake2b(client.encode('utf-8', 'surrogateescape'), digest_size=16).hexdigest()}"
