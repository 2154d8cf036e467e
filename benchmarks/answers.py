"""Whether a server under load gives everybody their own answer: no batch may mix up its photos."""

import json
import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.photos import different_photos
from benchmarks.server import Server
from benchmarks.wire import Wire, post

PHOTOS = 64
ROUNDS = 4
TOLERANCE = 0.05  # of a logit; batches of other sizes round differently, most of all in bfloat16


class AnswersMixed(Exception):
    """Somebody got an answer that is not theirs."""


def check_answers(server: Server) -> None:
    """Asks about many different photos one by one, then about all at once and shuffled, and compares.

    Raises:
        AnswersMixed: if an answer differs from the photo's own, or is nearer to another's.
    """
    photos = different_photos(PHOTOS)
    with Wire(server.port) as wire:
        alone = logits([asked(wire, post("/predict", photo)) for photo in photos])
    worst, batch = 0.0, 1
    for number in range(1, ROUNDS + 1):
        together = at_once(server, [post("/predict", photo, number) for photo in photos])
        differences = np.abs(logits(together)[:, None] - alone[None]).max(axis=2)  # [answer, photo]
        mixed = np.flatnonzero(differences.argmin(axis=1) != np.arange(PHOTOS))
        if len(mixed):
            raise AnswersMixed(f"Expected each photo's own answer; received another's for photos {mixed.tolist()}")
        worst = max(worst, float(differences.diagonal().max()))
        batch = max(batch, *(answer["batch_size"] for answer in together))
    if worst > TOLERANCE:
        raise AnswersMixed(f"Expected logits within {TOLERANCE} of those asked for alone; received: {worst:.3g} off")
    print(
        f"{PHOTOS} photos at once, {ROUNDS} times shuffled, in batches of up to {batch}: each got its own answer; "
        f"logits differ by {worst:.2g} at most"
    )


def at_once(server: Server, requests: Sequence[bytes]) -> list[dict[str, Any]]:
    """The answers to all, in their order; sent at the same moment in an order by chance, on a connection each."""
    ready = Barrier(len(requests))
    order = random.sample(range(len(requests)), len(requests))

    def ask(place: int) -> dict[str, Any]:
        with Wire(server.port) as wire:
            ready.wait()
            return asked(wire, requests[place])

    with ThreadPoolExecutor(len(requests)) as pool:
        by_place = dict(zip(order, pool.map(ask, order), strict=True))
    return [by_place[place] for place in range(len(requests))]


def asked(wire: Wire, request: bytes) -> dict[str, Any]:
    answer = wire.ask(request)
    if answer.head.status != 200:
        raise AnswersMixed(f"Expected an answer with status 200; received: {answer.head.status}")
    return dict(json.loads(answer.body))


def logits(answers: Sequence[dict[str, Any]]) -> NDArray[np.float64]:
    """[answer, label], the labels in the order of the alphabet."""
    by_label = [{found["label"]: found["logit"] for found in answer["predictions"]} for answer in answers]
    return np.array([[found[label] for label in sorted(found)] for found in by_label])
