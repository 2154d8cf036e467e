"""The way to the service: its address, and what may go wrong before anything is answered."""

import socket
import threading
import time
from collections.abc import Iterator

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.settings import Settings
from catscan import Client, ConnectionLost, DeadlinePassed, Retrying, ServiceUnreachable
from catscan.connection import DEFAULT_URL, Connection, is_this_machine, service_url
from tests.app.loopback import PATIENCE


def test_the_default_is_where_the_service_serves_by_default() -> None:
    assert f"http://{Settings().host}:{Settings().port}" == DEFAULT_URL


@pytest.mark.parametrize(
    ("given_url", "url"),
    [
        ("http://localhost:8000/", "http://localhost:8000"),
        ("https://cats.example/catscan/", "https://cats.example/catscan"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_an_address_may_end_in_a_slash_and_have_a_path(given_url: str, url: str) -> None:
    assert service_url(given_url) == url


@pytest.mark.parametrize("wrong", ["", "localhost:8000", "127.0.0.1", "ftp://cats", "http://", "http://a?b=c", "h\0"])
def test_what_is_no_address_is_a_mistake_that_is_shown(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"Expected a URL such as .*; received: "):
        Client(wrong)


@given(st.text())
def test_any_text_is_an_address_or_a_mistake(text: str) -> None:
    try:
        url = service_url(text)
    except ValueError as error:
        assert repr(text) in str(error)
    else:
        assert url.startswith("http")
        assert not url.endswith("/")


@pytest.mark.parametrize("wrong", [0.0, -1.0, float("inf"), float("nan")])
def test_a_timeout_that_is_none_is_a_mistake(wrong: float) -> None:
    with pytest.raises(ValueError, match="Expected a timeout above 0 s"):
        Client(timeout_s=wrong)


def test_a_proxy_of_the_environment_is_not_for_this_machine() -> None:
    here = ["http://localhost:1", "http://127.0.0.1:1", "http://127.1.2.3", "http://[::1]"]
    assert all(is_this_machine(url) for url in here)
    assert not any(
        is_this_machine(url) for url in ("http://cats.example", "http://192.168.0.1", "http://localhost.example")
    )
    assert Connection("http://localhost", 1, Retrying()).options["trust_env"] is False
    assert Connection("http://cats.example", 1, Retrying()).options["trust_env"] is True


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    """Takes connections, and says nothing unless a test does."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def url_of(server: socket.socket) -> str:
    return f"http://127.0.0.1:{server.getsockname()[1]}"


def test_a_service_that_is_not_there_is_said_to_be_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        url = url_of(gone)
    with Client(url) as client, pytest.raises(ServiceUnreachable) as caught:
        client.layers()
    assert str(caught.value).startswith(f"Expected a catscan service at {url}; received: ")
    assert (caught.value.code, caught.value.status, caught.value.facts) == ("service_unreachable", None, {})


def test_no_error_says_the_password_of_an_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        url = url_of(gone).replace("//", "//user:secret@")
    with Client(url) as client, pytest.raises(ServiceUnreachable) as caught:
        client.layers()
    assert "secret" not in str(caught.value)


def test_a_service_that_does_not_answer_in_time_is_waited_for_no_longer(listening: socket.socket) -> None:
    start = time.monotonic()
    with Client(url_of(listening), timeout_s=0.05) as client, pytest.raises(DeadlinePassed) as caught:
        client.layers()
    assert 1.05 <= time.monotonic() - start < PATIENCE
    assert str(caught.value) == f"Expected an answer from {url_of(listening)} within 0.05 s; received: none by then"
    assert (caught.value.code, caught.value.status) == ("deadline_passed", None)


@pytest.mark.parametrize(("photo", "hint"), [(None, ""), (bytes(9), "; perhaps .* as large as this one, 9 bytes")])
def test_a_service_that_goes_away_in_the_middle_is_said_to_have_done_so(
    listening: socket.socket, photo: bytes | None, hint: str
) -> None:
    def go_away() -> None:
        connection, _ = listening.accept()
        with connection:
            connection.recv(65_536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of")

    thread = threading.Thread(target=go_away)
    thread.start()
    with (
        Client(url_of(listening)) as client,
        pytest.raises(ConnectionLost, match=f"a lost connection{hint}$") as caught,
    ):
        client.layers() if photo is None else client.predict(photo)
    thread.join(PATIENCE)
    assert (caught.value.code, caught.value.status) == ("connection_lost", None)


def test_a_client_closes_the_connections_that_it_opened_and_no_others(url: str) -> None:
    with httpx.Client(trust_env=False, timeout=PATIENCE) as http:
        with Client(url, http=http) as client:
            assert client.layers().labels
        assert not http.is_closed
        with Client(url) as client:
            assert client.layers().labels
        with pytest.raises(RuntimeError, match="closed"):
            client.layers()
