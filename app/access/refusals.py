"""Why somebody is not let in; these stand in the tree of `app.errors`."""

import math
from collections.abc import Mapping

from app.errors import ServiceError


class AdminClosed(ServiceError):
    status, code, title = 403, "admin_closed", "Nobody may change here which versions answer"


class KeyWrong(ServiceError):
    status, code, title = 401, "key_wrong", "The key is missing or wrong"
    headers: Mapping[str, str] = {"WWW-Authenticate": "Bearer"}

    def __init__(self, key: str | None) -> None:
        """This came as a key, which is not repeated, or none did."""
        received = "another key" if key else "no key"
        expected = "Expected Authorization: Bearer KEY, or X-Api-Key: KEY, with a known key"
        super().__init__(f"{expected}; received: {received}")


class RateExceeded(ServiceError):
    status, code, title = 429, "rate_exceeded", "This client asks about more photos than it may"

    def __init__(self, rate: int, received: str, wait_s: float) -> None:
        """So many photos a minute were expected; after `wait_s`, rounded up, there is room for what was received."""
        retry_after_s = max(1, math.ceil(wait_s))
        expected = f"Expected at most {rate} photos a minute from one client; received: {received}"
        super().__init__(f"{expected}. Try again in {retry_after_s} s", retry_after_s=retry_after_s)
        self.headers = {"Retry-After": str(retry_after_s)}
