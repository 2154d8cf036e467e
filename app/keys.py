"""Keys that let their holders do what others may not: several, each with a name, none of them kept as it is.

A key is 32 bytes by chance, so one SHA-256 of it can be kept in its place: nobody can try that many.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from typing import Self

LINE = re.compile(r"([A-Za-z0-9._-]{1,64}):([0-9a-f]{64})", re.ASCII)
KEY_BYTES = 32


@dataclass(frozen=True)
class Keys:
    """The hash of each key, and the name of its holder."""

    holders: tuple[tuple[bytes, str], ...] = field(default=(), repr=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads `name:hash,name:hash`; each hash is a SHA-256 in hexadecimal, small letters.

        Raises:
            ValueError: saying what is wrong where, without a word of what may be a key put there by mistake.
        """
        holders: list[tuple[bytes, str]] = []
        for number, part in enumerate(filter(None, map(str.strip, text.split(","))), start=1):
            line = LINE.fullmatch(part)
            if line is None:
                raise ValueError(f"Expected name:hash, as `python -m app.new_key NAME` prints it, in part {number}")
            if line[1] in (name for _, name in holders):
                raise ValueError(f"Expected each name once; part {number} has that of another")
            holders.append((bytes.fromhex(line[2]), line[1]))
        return cls(tuple(holders))

    @classmethod
    def of(cls, given: object) -> Self:
        """The keys themselves, or those in a text, as `parse` reads them."""
        return given if isinstance(given, cls) else cls.parse(str(given))

    def __add__(self, others: Self) -> Self:
        """Those of both; a name that is in both is one holder's."""
        return type(self)(self.holders + others.holders)

    def __bool__(self) -> bool:
        return bool(self.holders)

    def __str__(self) -> str:
        return ", ".join(name for _, name in self.holders) or "none"

    def holder(self, key: str) -> str | None:
        """The name of who holds a key; None if nobody does. It takes as long whoever that is."""
        hashed, found = hash_of(key), None
        for known, name in self.holders:
            if hmac.compare_digest(known, hashed):
                found = name
        return found


def hash_of(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()


def new_key() -> str:
    """A key that nobody has yet: 43 letters, digits, `-` and `_`."""
    return secrets.token_urlsafe(KEY_BYTES)
