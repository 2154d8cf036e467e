"""What both clients know of the way to their service."""

import ipaddress
import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from catscan.errors import ConnectionLost, DeadlinePassed, ServiceUnreachable
from catscan.questions import Question, T
from catscan.retrying import Retrying

DEFAULT_URL = "http://127.0.0.1:8000"  # where `python -m app` serves
IDLE_S = 2.0  # that a connection is kept: uvicorn closes it after 5 s, maybe just when the next request comes
MOST = 100  # connections at a time
KEY = re.compile("[!-~]+")  # what a header can carry as it is


class Connection:
    """Where the service is, how long to wait for it, and the key to show there.

    Raises:
        ValueError: if the URL is none, the timeout not above zero, or the key none that a header can carry.
    """

    def __init__(self, url: str, timeout_s: float, retrying: Retrying, api_key: str | None = None) -> None:
        if not 0 < timeout_s < math.inf:
            raise ValueError(f"Expected a timeout above 0 s; received: {timeout_s}")
        if api_key and not KEY.fullmatch(api_key):
            raise ValueError("Expected a key of letters, digits and signs; received: another, which is not shown")
        self.url, self.timeout_s, self.retrying = service_url(url), timeout_s, retrying
        # Not as Authorization: a proxy before the service may want that for itself.
        self._headers = {"X-Api-Key": api_key} if api_key else {}
        self._shown_url = str(httpx.URL(self.url).copy_with(userinfo=b""))  # errors say no password

    @property
    def options(self) -> dict[str, Any]:
        """Of an httpx client; proxies that the environment names are not for this machine."""
        limits = httpx.Limits(max_connections=MOST, keepalive_expiry=IDLE_S)
        return {"limits": limits, "trust_env": not is_this_machine(self.url)}

    def request(self, question: Question[T], http: httpx.Client | httpx.AsyncClient) -> httpx.Request:
        """A question as a request to the service."""
        request = question.request(http, self.url, self.timeout_s)
        request.headers.update(self._headers)
        return request

    @contextmanager
    def errors(self, request: httpx.Request) -> Iterator[None]:
        """Makes ours of httpx's own errors, while this request is sent and its response read.

        Raises:
            ServiceUnreachable, ConnectionLost, DeadlinePassed: by what kept the answer from coming.
        """
        try:
            yield
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError, httpx.UnsupportedProtocol) as error:
            came = str(error) or "no connection in time"
            detail = f"Expected a catscan service at {self._shown_url}; received: {came}"
            raise ServiceUnreachable(detail, code="service_unreachable") from error
        except httpx.TimeoutException as error:
            detail = f"Expected an answer from {self._shown_url} within {self.timeout_s:g} s; received: none by then"
            raise DeadlinePassed(detail, code="deadline_passed") from error
        except httpx.RequestError as error:
            detail = f"Expected a whole answer from {self._shown_url}; received: a lost connection"
            if posted := int(request.headers.get("content-length", 0)):
                # A server that refuses a body before it has come closes the connection: what it said may be lost.
                detail += f"; perhaps the service does not take photos as large as this one, {posted} bytes"
            raise ConnectionLost(detail, code="connection_lost") from error


def service_url(url: str) -> str:
    """The URL without a slash at its end; it may have a path, where a proxy puts the service below one.

    Raises:
        ValueError: if it is no URL of an HTTP service.
    """
    expected = f"Expected a URL such as {DEFAULT_URL}; received: {url!r}"
    try:
        read = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise ValueError(f"{expected} ({error})") from error
    if read.scheme not in ("http", "https") or not read.host or read.query or read.fragment:
        raise ValueError(expected)
    return str(read).rstrip("/")


def is_this_machine(url: str) -> bool:
    """Whether the host is the loopback."""
    host = httpx.URL(url).host
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:  # another name
        return False
