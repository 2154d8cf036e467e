"""`catscan predict`: many photos at a time, the answers in the photos' order."""

import argparse
import asyncio
import json
import sys
from collections import deque
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from pathlib import Path
from typing import Any

from catscan.answers import Answer
from catscan.async_client import AsyncClient
from catscan.commands import Commands
from catscan.commands.counter import Counter
from catscan.commands.failures import sentence
from catscan.commands.service_options import async_client_for, network_of
from catscan.errors import CatscanError, ConnectionLost, NotReady, ServiceUnreachable
from catscan.photo_files import photos_in

AHEAD = 8  # times as many photos as are under way may be answered while an earlier one is not
Outcome = Answer | CatscanError | OSError


def add_to(commands: Commands, parent: argparse.ArgumentParser) -> None:
    command = commands.add_parser("predict", help="what the network says of photos", parents=[parent])
    command.add_argument("photos", nargs="+", type=Path, metavar="photo", help="a file, or a folder of them")
    command.add_argument("--json", action="store_true", help="a JSON object a line, with all that the service says")
    command.add_argument("--at-once", type=int, default=16, metavar="N", help="photos under way [%(default)s]")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    if options.at_once < 1:
        raise ValueError(f"--at-once: expected at least 1; received: {options.at_once}")
    return asyncio.run(predict(options))


async def predict(options: argparse.Namespace) -> int:
    photos = photos_in(options.photos)
    counter = Counter(len(photos), "photos")
    write = write_json if options.json else Table().write
    failed = False
    async with async_client_for(options) as client:
        try:
            async with aclosing(answers(client, photos, options.at_once, **network_of(options))) as outcomes:
                async for photo, outcome in outcomes:
                    failed |= not isinstance(outcome, Answer)
                    counter.hide()
                    write(photo, outcome)
                    sys.stdout.flush()  # who reads a pipe sees each answer when it comes
                    counter.one_more()
        finally:
            counter.hide()
    return int(failed)


async def answers(
    client: AsyncClient, photos: Iterable[Path], at_once: int, model: str | None, version: str | None
) -> AsyncGenerator[tuple[Path, Outcome], None]:
    """Each photo and what came of it, in their order.

    Raises:
        ServiceUnreachable, NotReady: which no other photo would change.
    """
    free = asyncio.Semaphore(at_once)

    async def outcome_of(photo: Path) -> Outcome:
        async with free:
            try:
                return await client.predict(photo, model=model, version=version)
            except (CatscanError, OSError) as error:
                if isinstance(error, NotReady | ServiceUnreachable) and not isinstance(error, ConnectionLost):
                    raise
                return error

    waiting: deque[tuple[Path, asyncio.Task[Outcome]]] = deque()
    try:
        for photo in photos:
            waiting.append((photo, asyncio.create_task(outcome_of(photo))))
            if len(waiting) >= at_once * AHEAD:
                first, task = waiting.popleft()
                yield first, await task
        while waiting:
            first, task = waiting.popleft()
            yield first, await task
    finally:
        left = [task for _, task in waiting]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


def write_json(photo: Path, outcome: Outcome) -> None:
    said = outcome.facts if isinstance(outcome, Answer) else {"error": error_of(outcome)}
    sys.stdout.write(json.dumps({"photo": str(photo), **said}) + "\n")


def error_of(error: CatscanError | OSError) -> dict[str, Any]:
    if isinstance(error, CatscanError):
        return {"code": error.code, "status": error.status, "detail": error.detail, **error.facts}
    return {"code": "file_unreadable", "status": None, "detail": sentence(error)}


class Table:
    """A line a photo as soon as it is answered; what went wrong with one goes to standard error."""

    def __init__(self) -> None:
        self._width = 0  # of the longest label, which the first answer tells

    def write(self, photo: Path, outcome: Outcome) -> None:
        if not isinstance(outcome, Answer):
            where = "" if isinstance(outcome, OSError) else f"{photo}: "
            sys.stderr.write(f"catscan: {where}{sentence(outcome)}\n")
            return
        if not self._width:
            self._width = max(len(word) for word in ("present", *(each.label for each in outcome.predictions)))
            sys.stdout.write(f"{'label':{self._width}}  probability  {'present':{self._width}}  photo\n")
        present = ",".join(outcome.present) or "-"
        cells = f"{outcome.label:{self._width}}  {outcome.probability:11.3f}  {present:{self._width}}  {photo}"
        sys.stdout.write(cells + "\n")
