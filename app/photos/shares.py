"""Whose photo goes when there is no room: the oldest of the client that has the most."""

import heapq
from collections import OrderedDict
from itertools import count

SPARE = 64  # places out of date that are borne before all are put in order anew
Place = tuple[int, int, str]  # minus the number of an owner's photos, the number of his oldest, the owner


class Shares:
    """The ids that each owner keeps. Whatever is asked costs the logarithm of their number."""

    def __init__(self) -> None:
        self._numbers = count()
        self._kept: dict[str, OrderedDict[str, int]] = {}  # by owner, the oldest first, with the number of its coming
        self._places: list[Place] = []  # a heap; those that no longer hold are dropped when they come up

    def add(self, owner: str, image_id: str) -> None:
        """Takes in an id that is in nobody's share yet."""
        self._kept.setdefault(owner, OrderedDict())[image_id] = next(self._numbers)
        self._moved(owner)

    def remove(self, owner: str, image_id: str) -> None:
        kept = self._kept[owner]
        del kept[image_id]
        if kept:
            self._moved(owner)
        else:
            del self._kept[owner]

    def first_to_go(self) -> str:
        """The oldest id of the owner who has the most; of several such owners, the oldest of all."""
        while self._places[0] != self._place(self._places[0][2]):
            heapq.heappop(self._places)
        return next(iter(self._kept[self._places[0][2]]))

    def _place(self, owner: str) -> Place | None:
        kept = self._kept.get(owner)
        return (-len(kept), next(iter(kept.values())), owner) if kept else None

    def _moved(self, owner: str) -> None:
        if len(self._places) > 2 * len(self._kept) + SPARE:
            self._places = [place for place in map(self._place, self._kept) if place]
            heapq.heapify(self._places)
        elif place := self._place(owner):
            heapq.heappush(self._places, place)
