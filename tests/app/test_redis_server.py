"""A real Redis that comes, goes, hangs and refuses, and what is said of it."""

import asyncio
import contextlib
import logging
import random
import socket
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.failures import StoreAway
from app.redis_address import redis_address
from app.redis_server import CONNECTIONS, RedisServer
from tests.app.loopback import PATIENCE
from tests.app.redis_process import RedisProcess, running_redis

PASSWORD = "s3cret-word"
SOON = 0.05  # seconds from one look to the next
NEVER = 3600.0
Work = Callable[[RedisServer], Coroutine[Any, Any, None]]


@pytest.fixture
def redis(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Iterator[RedisProcess]:
    caplog.set_level(logging.INFO, "catscan")
    with running_redis(tmp_path, password=PASSWORD) as process:
        yield process


def run(work: Work, url: str, wait_s: float = PATIENCE, again_s: float = SOON) -> None:
    async def with_server() -> None:
        server = RedisServer(redis_address(url), wait_s, again_s)
        try:
            await asyncio.wait_for(work(server), PATIENCE)
        finally:
            await server.close()

    asyncio.run(with_server())


async def until(true: Callable[[], bool]) -> None:
    while not true():
        await asyncio.sleep(0.01)


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "catscan"]


async def refused(server: RedisServer) -> str:
    with pytest.raises(StoreAway) as it:
        await server.ask("GET", "a")
    return it.value.detail


def test_a_redis_answers(redis: RedisProcess, caplog: pytest.LogCaptureFixture) -> None:
    async def work(server: RedisServer) -> None:
        assert await server.ask("SET", "a", b"\0\xff")
        assert await server.ask("GET", "a") == b"\0\xff"
        assert not server.away

    run(work, redis.url)
    assert said(caplog) == []


def test_one_that_was_never_there_is_known_to_be_away_before_anybody_asks(caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    async def work(server: RedisServer) -> None:
        await until(lambda: server.away)
        assert "nothing, it is away" in await refused(server)

    run(work, f"redis://:{PASSWORD}@127.0.0.1:{port}")
    (line,) = said(caplog)
    assert line.startswith(f"The store at redis://127.0.0.1:{port}/0 is away: ")
    assert PASSWORD not in caplog.text


@pytest.mark.parametrize("end", [RedisProcess.stop, RedisProcess.kill])
def test_one_that_ends_and_comes_back_needs_nobodys_help_and_is_logged_once(
    redis: RedisProcess, caplog: pytest.LogCaptureFixture, end: Callable[[RedisProcess], None]
) -> None:
    async def work(server: RedisServer) -> None:
        for _ in range(2):
            await server.ask("SET", "a", b"1")
            end(redis)
            for _ in range(20):
                await refused(server)
            redis.start()
            await until(lambda: not server.away)
            assert await server.ask("GET", "a") is None  # it kept nothing

    run(work, redis.url)
    lines = said(caplog)
    assert [("is away: " in line, "is back after " in line) for line in lines] == [(True, False), (False, True)] * 2
    assert PASSWORD not in caplog.text


def test_connections_that_ended_while_nobody_asked_are_made_anew(redis: RedisProcess) -> None:
    async def work(server: RedisServer) -> None:
        await asyncio.gather(*(server.ask("PING") for _ in range(2 * CONNECTIONS)))
        redis.stop()
        redis.start()
        for _ in range(2 * CONNECTIONS):
            assert await server.ask("PING")

    run(work, redis.url)


def test_one_that_hangs_is_away_once_it_took_too_long_and_back_when_it_goes_on(
    redis: RedisProcess, caplog: pytest.LogCaptureFixture
) -> None:
    async def work(server: RedisServer) -> None:
        assert "nothing in time" in await refused(server)
        assert "nothing, it is away" in await refused(server)
        redis.go_on()
        await until(lambda: not server.away)

    redis.pause()
    run(work, redis.url, wait_s=0.5)
    assert said(caplog)[0].endswith(" is away: no answer within 0.5 s")


def test_one_that_is_slow_to_greet_is_not_away_before_somebody_waits_for_it(redis: RedisProcess) -> None:
    async def work(server: RedisServer) -> None:
        await asyncio.sleep(0.5)
        assert not server.away

    redis.pause()
    run(work, redis.url, wait_s=0.2)


def test_nobody_but_the_looks_waits_for_one_that_is_away(redis: RedisProcess) -> None:
    async def work(server: RedisServer) -> None:
        await server.ask("PING")
        redis.kill()
        await refused(server)
        with socket.create_server(("127.0.0.1", redis.port)) as instead:
            instead.setblocking(False)
            for _ in range(100):
                assert "nothing, it is away" in await refused(server)
            with pytest.raises(BlockingIOError):  # no connection was even tried
                instead.accept()

    run(work, redis.url, again_s=NEVER)


def test_a_refusal_is_told_once_and_is_no_absence(redis: RedisProcess, caplog: pytest.LogCaptureFixture) -> None:
    async def work(server: RedisServer) -> None:
        await server.ask("SET", "a", b"1")
        for _ in range(2):
            redis.ask("CONFIG", "SET", "maxmemory", "1")
            for _ in range(5):
                with pytest.raises(StoreAway, match="received: a refusal"):
                    await server.ask("SET", "b", bytes(1000))
                assert not server.away
                assert await server.ask("GET", "a") == b"1"
            redis.ask("CONFIG", "SET", "maxmemory", "0")
            await server.ask("SET", "b", b"2")

    run(work, redis.url)
    lines = said(caplog)
    assert [("refuses SET: " in line, "takes SET again" in line) for line in lines] == [
        (True, False),
        (False, True),
    ] * 2
    assert "maxmemory" in lines[0]


@pytest.mark.parametrize("password", ["", "wr0ng-word"])
def test_a_wrong_password_is_an_absence_and_in_no_line(
    redis: RedisProcess, caplog: pytest.LogCaptureFixture, password: str
) -> None:
    async def work(server: RedisServer) -> None:
        await refused(server)
        assert server.away

    run(work, redis.url.replace(PASSWORD, password))
    assert "is away: " in said(caplog)[0]
    assert not [word for word in (PASSWORD, "wr0ng-word") if word in caplog.text]


def test_something_else_on_its_port_gives_no_answer() -> None:
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async def work() -> None:
        async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as other:
            port = other.sockets[0].getsockname()[1]
            server = RedisServer(redis_address(f"redis://127.0.0.1:{port}"), PATIENCE)
            await refused(server)
            await server.close()

    asyncio.run(asyncio.wait_for(work(), PATIENCE))


def test_those_who_stop_waiting_neither_get_others_answers_mixed_nor_use_connections_up(redis: RedisProcess) -> None:
    dice = random.Random(5)

    async def work(server: RedisServer) -> None:
        for number in range(50):
            await server.ask("SET", f"{number}", f"{number}" * 5000)

        async def ask(number: int) -> bool:
            answer = asyncio.ensure_future(server.ask("GET", f"{number}"))
            if dice.random() < 0.5:
                asyncio.get_running_loop().call_later(dice.random() * 0.01, answer.cancel)
            with contextlib.suppress(asyncio.CancelledError):
                assert await answer == f"{number}".encode() * 5000
                return True
            return False

        answered = 0
        for _ in range(20):
            answered += sum(await asyncio.gather(*(ask(number % 50) for number in range(100))))
        assert 0 < answered < 2000
        await asyncio.gather(*(server.ask("PING") for _ in range(2 * CONNECTIONS)))
        assert not server.away

    run(work, redis.url)
