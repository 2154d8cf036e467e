"""Whose a photo is: what the stores know of its client, and who may see it again."""

import hashlib

from starlette.types import Scope

from app.clients import client_of

HASH_BYTES = 16
WITH_KEY = "key:"  # begins the owners that came with an API key


def owner_of(scope: Scope) -> str:
    """The client of a request, `key:HASH` or `address:HASH`: in no store its name or address can be read.

    Somebody could try all addresses. But who can read a store has the photos themselves.
    """
    kind, _, name = client_of(scope).partition(":")
    hashed = hashlib.blake2b(name.encode("utf-8", "surrogateescape"), digest_size=HASH_BYTES, person=b"catscan owner")
    return f"{kind}:{hashed.hexdigest()}"


def may_see(scope: Scope, owner: str) -> bool:
    """Whether a request that knows the id of a photo may see it.

    What came with a key only that key sees again. Of the rest, whoever has the id: addresses change, and links are
    passed on.
    """
    return not owner.startswith(WITH_KEY) or owner == owner_of(scope)
