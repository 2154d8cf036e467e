import asyncio
import gc
import weakref
from collections.abc import Iterator

import pytest

from app.garbage import garbage_left_alone, let_go


class Loop:
    """Holds itself, as a graph does."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def _thawed() -> Iterator[None]:
    yield
    gc.unfreeze()


def test_what_comes_to_be_meanwhile_is_not_looked_through_again() -> None:
    before = gc.get_freeze_count()
    with garbage_left_alone():
        assert not gc.isenabled()
        loop = weakref.ref(Loop())
    assert gc.isenabled()
    assert gc.get_freeze_count() > before
    gc.collect()
    assert loop() is not None


def test_the_collector_works_again_after_an_error() -> None:
    with pytest.raises(ValueError, match="no"), garbage_left_alone():
        raise ValueError("no")
    assert gc.isenabled()


def test_what_holds_only_itself_is_freed_once_nobody_else_holds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.garbage.PAUSES_S", (0.01,) * 1000)
    held = [Loop()]
    loop = weakref.ref(held[0])

    async def freed() -> None:
        freeing = asyncio.create_task(let_go(loop))
        await asyncio.sleep(0.05)
        assert not freeing.done()
        held.clear()
        await freeing

    asyncio.run(freed())
    assert loop() is None


def test_what_somebody_holds_for_ever_is_said(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("app.garbage.PAUSES_S", (0.0, 0.0))
    loop = Loop()
    asyncio.run(let_go(weakref.ref(loop)))
    assert caplog.messages == ["A version that was let go of is still used by something"]
