"""How long a client goes on asking a service that says "not now"."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

NOT_NOW = {429, 503}  # overloaded, not ready: nothing is wrong with the question


@dataclass(frozen=True)
class Retrying:
    """The bounds; `Retrying(times=0)` never asks again."""

    times: int = 20  # attempts after the first
    patience_s: float = 60.0  # that all pauses together may take
    first_pause_s: float = 0.5  # where the service names none: the longest one, twice as long after each attempt
    longest_pause_s: float = 8.0

    def __post_init__(self) -> None:
        if not all(bound >= 0 for bound in (self.times, self.patience_s, self.first_pause_s, self.longest_pause_s)):
            raise ValueError(f"Expected no bound below zero; received: {self}")


USUAL = Retrying()


class Attempts:
    """Those of one question."""

    def __init__(self, retrying: Retrying, share: Callable[[], float] = random.random) -> None:
        """Begins with the first attempt.

        Args:
            retrying: the bounds.
            share: gives the jitter, the share of the longest pause that a pause takes: from 0 to 1.
        """
        self._retrying, self._share = retrying, share
        self._retried, self._paused_s = 0, 0.0

    def pause_s(self, response: httpx.Response) -> float | None:
        """Seconds until the question may be asked again; None if its answer is the last one, good or bad.

        A pause is never shorter than Retry-After says. Where that is not said, all lengths up to a bound are as
        likely, so that clients that were refused together do not come back together.
        """
        if response.status_code not in NOT_NOW or self._retried >= self._retrying.times:
            return None
        pause = retry_after_s(response)
        if pause is None:
            # 2.0 ** 64 seconds are longer than any bound, and no overflow.
            longest = self._retrying.first_pause_s * 2.0 ** min(self._retried, 64)
            pause = self._share() * min(longest, self._retrying.longest_pause_s)
        if self._paused_s + pause > self._retrying.patience_s:
            return None
        self._retried += 1
        self._paused_s += pause
        return pause


def retry_after_s(response: httpx.Response) -> float | None:
    """What Retry-After says, seconds or a date (RFC 9110, 10.2.3), in seconds; None if it says neither."""
    said = response.headers.get("retry-after", "").strip()
    if said.isascii() and said.isdecimal():
        return float(said)
    moment, now = moment_of(said), moment_of(response.headers.get("date", ""))
    if moment is None:
        return None
    return max(0.0, (moment - (now or datetime.now(UTC))).total_seconds())


def moment_of(date: str) -> datetime | None:
    """The moment of an HTTP date (RFC 9110, 5.6.7); None if it is none."""
    try:
        moment = parsedate_to_datetime(date)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
