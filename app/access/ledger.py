"""What each client still owes for its photos, in a table of a fixed size.

A photo costs a minute, and a client that may ask about N photos a minute pays back N minutes in each. It may owe N
minutes at most: so N photos at once, and then one each N-th part of a minute. Within any time of t seconds these are
never more than N + N * t / 60. (Textbooks call it a token bucket, or the generic cell rate algorithm.) All numbers are
whole microseconds, so none of this is off by a rounding.
"""

import hashlib
import secrets
import struct
from dataclasses import dataclass
from mmap import mmap

MINUTE = 60_000_000  # microseconds
# A client's row: its tag, when it last paid, what it owed then, and when it will owe nothing.
ROW = struct.Struct("<4Q")
ROWS = 8  # where a client may stand: the one of them that soonest owes nothing makes room for a new client
SHELF = struct.Struct(f"<{4 * ROWS}Q")
SHELVES = 2**13
SIZE = SHELVES * SHELF.size  # bytes: 2 MiB, 65,536 clients
SECRET_BYTES = 16


@dataclass(frozen=True, slots=True)
class Balance:
    """Of one client, after it asked."""

    rate: int  # photos a minute, one at least
    debt: int  # microseconds
    granted: bool

    @property
    def photos(self) -> int:
        """That it may ask about at once."""
        return max(0, self.rate * MINUTE - self.debt) // MINUTE

    @property
    def paid_s(self) -> float:
        """Until it may ask about as many at once as its rate is."""
        return self.debt / self.rate / 1e6

    def wait_s(self, photos: int) -> float:
        """Until it may ask about so many at once."""
        return max(0, self.debt + (photos - self.rate) * MINUTE) / self.rate / 1e6


class Ledger:
    """Knows clients by a keyed hash only. A client that it forgot, for want of room, owes nothing."""

    def __init__(self, table: bytearray | mmap, secret: bytes) -> None:
        """Goes on with what is in the table.

        Args:
            table: of `SIZE` bytes; zeros at first.
            secret: which nobody outside knows, so that nobody can look for clients that share a shelf.
        """
        self._table, self._secret = table, secret

    @classmethod
    def of_this_process(cls) -> "Ledger":
        return cls(bytearray(SIZE), secrets.token_bytes(SECRET_BYTES))

    def spend(self, client: str, rate: int, photos: int, now: int) -> Balance:
        """Books photos, if the client may ask about all of them; fewer than none gives some back.

        Args:
            client: as `app.clients.client_of` names it.
            rate: photos a minute that it may ask about, one at least.
            photos: how many it asks about.
            now: microseconds, by a clock that never goes back.
        """
        shelf, row, tag, debt = self._find(client, rate, now)
        after = max(0, debt + photos * MINUTE)
        if photos > 0 and after > rate * MINUTE:
            return Balance(rate, debt, False)
        self._write(shelf, row, tag, rate, after, now)
        return Balance(rate, after, True)

    def look(self, client: str, rate: int, photos: int, now: int) -> Balance:
        """What `spend` would answer, but nothing is booked."""
        debt = self._find(client, rate, now)[3]
        return Balance(rate, debt, debt + photos * MINUTE <= rate * MINUTE)

    def note(self, client: str, rate: int, debt: int, now: int) -> None:
        """Books what the client owes, as another ledger has it."""
        shelf, row, tag, _ = self._find(client, rate, now)
        self._write(shelf, row, tag, rate, debt, now)

    def _find(self, client: str, rate: int, now: int) -> tuple[int, int, int, int]:
        """The offset of a client's shelf, its row there, its tag and what it owes."""
        digest = hashlib.blake2b(client.encode("utf-8", "surrogateescape"), digest_size=12, key=self._secret).digest()
        shelf, tag = int.from_bytes(digest[:4]) % SHELVES * SHELF.size, int.from_bytes(digest[4:])
        numbers = SHELF.unpack_from(self._table, shelf)
        tags = numbers[::4]
        if tag in tags:
            row = tags.index(tag)
            _, moment, debt, _ = numbers[4 * row : 4 * row + 4]
            return shelf, row, tag, max(0, debt - max(0, now - moment) * rate)
        ends = numbers[3::4]
        return shelf, ends.index(min(ends)), tag, 0

    def _write(self, shelf: int, row: int, tag: int, rate: int, debt: int, now: int) -> None:
        ROW.pack_into(self._table, shelf + row * ROW.size, tag, now, debt, now - -debt // rate)
