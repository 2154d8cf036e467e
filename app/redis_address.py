"""Where a Redis is, as CATSCAN_STORE says it; its password is in nothing that is printed."""

import re
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from pydantic_core import PydanticCustomError

SCHEMES = "redis", "rediss"  # the second is over TLS
# What a URL may say of TLS, in the words of redis-py.
OPTIONS = {"ssl_ca_certs", "ssl_ca_path", "ssl_cert_reqs", "ssl_certfile", "ssl_check_hostname", "ssl_keyfile"}
URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")  # begins one; a path that begins so can be written ./like:this
EXPECTED = (
    "Input should be a path, or redis://:password@host:6379/0 (rediss:// over TLS); what is special in a password, "
    "percent-encoded"
)


@dataclass(frozen=True)
class RedisAddress:
    """Shown, it is `redis://host:6379/0`, without user, password and options."""

    url: str = field(repr=False)
    shown: str

    def __str__(self) -> str:
        return self.shown


def place_of(setting: object) -> object:
    """The file or the Redis that a text names; what is no text stays as it is.

    Raises:
        PydanticCustomError: if it begins as a URL, but is none of a Redis, or if redis-py is not installed.
    """
    if not isinstance(setting, str):
        return setting
    return redis_address(setting) if URL.match(setting) else Path(setting)


def redis_address(url: str) -> RedisAddress:
    """The address of a Redis.

    Raises:
        PydanticCustomError: if it is none, or if redis-py is not installed. It quotes nothing of the URL.
    """
    try:
        parts = urlsplit(url)
        host, port, database = parts.hostname, parts.port or 6379, parts.path.strip("/") or "0"
        (host or "").encode("idna")  # as the resolver will
        options = {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    except ValueError:  # such as a port that is no number; it may be the half of a password
        raise PydanticCustomError("redis_address", EXPECTED) from None
    if parts.scheme not in SCHEMES or not host or not database.isdecimal() or parts.fragment:
        raise PydanticCustomError("redis_address", EXPECTED)
    if not options <= OPTIONS:
        expected = f"Input should be a URL with no other options than {', '.join(sorted(OPTIONS))}"
        raise PydanticCustomError("redis_options", "{expected}", {"expected": expected})
    if find_spec("redis") is None:
        missing = "Input should be a path where redis-py is not installed; it comes with: pip install '.[redis]'"
        raise PydanticCustomError("redis_missing", missing)
    return RedisAddress(url, f"{parts.scheme}://{f'[{host}]' if ':' in host else host}:{port}/{database}")


def without_secrets(setting: str) -> str:
    """What may be shown of a setting that may be an address with a password in it, or was meant as one."""
    begun = URL.match(setting)
    return f"{begun[0]}…" if begun else setting
