"""What Python's collector does about TensorFlow's objects, of which there are very many, most of them for ever."""

import asyncio
import gc
import logging
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

PAUSES_S = 0.1, 0.5, 2, 10, 30, 60  # between attempts to free something: a request may last as long as its deadline
logger = logging.getLogger("catscan")


@contextmanager
def garbage_left_alone() -> Iterator[None]:
    """Python's collector rests, and never looks through what came to be meanwhile.

    TensorFlow's import makes half a million objects that stay: while it grows, that costs half a second; later a third
    of the event loop's time, again and again. An artifact makes five thousand, and is to be found once it is let go of.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


async def let_go(thing: "weakref.ref[Any]") -> None:
    """Frees what only holds itself, as the graphs of a network do, once nobody else holds it: that takes milliseconds.

    Left alone, it would stay until the collector looks through everything, which it does rarely.
    """
    for pause_s in PAUSES_S:
        await asyncio.sleep(pause_s)
        gc.collect()
        if thing() is None:
            return
    logger.warning("A version that was let go of is still used by something")
