"""All that people ask of the service, rightly and wrongly; each way says with which status it should be answered."""

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import httpx

from benchmarks.photos import photo_set
from benchmarks.wire import HOST, post, stamp

FORMATS = ("png", "npy", "f32", "json")
RECENT = 64  # photos whose maps are asked for: fewer than the service keeps
PATIENCE_S = 0.05  # of those who go away
GONE = -1  # stands for the status that nobody waited for


@dataclass
class Visitors:
    """Who asks, what they know of the service, and which photos they posted lately."""

    client: httpx.AsyncClient
    port: int
    layers: tuple[str, ...]
    chance: random.Random
    posted: deque[str] = field(default_factory=lambda: deque(maxlen=RECENT))

    async def posts_web_photo(self) -> int:
        return await self._posts("web")

    async def posts_large_photo(self) -> int:
        return await self._posts("large")

    async def looks_at_layer(self) -> int:
        layer, kind = self.chance.choice(self.layers), self.chance.choice(FORMATS)
        channels = {"channels": "0"} if kind == "json" else {}  # all numbers as text would be refused
        return await self._looks({"layer": layer, "format": kind} | channels)

    async def looks_at_list(self) -> int:
        return await self._looks({})

    async def posts_for_layer(self) -> int:
        query = {"layer": self.chance.choice(self.layers), "format": "png"}
        return (await self.client.post("/feature-maps", params=query, content=self._photo("web"))).status_code

    async def reads_layers(self) -> int:
        return (await self.client.get("/layers")).status_code

    async def posts_text(self) -> int:
        return (await self.client.post("/predict", content=b"a cat, I promise")).status_code

    async def posts_half_a_photo(self) -> int:
        photo = self._photo("web")
        return (await self.client.post("/predict", content=photo[: len(photo) // 2])).status_code

    async def posts_tiff(self) -> int:
        return (await self.client.post("/predict", content=b"II*\0" + bytes(100))).status_code

    async def posts_nothing(self) -> int:
        return (await self.client.post("/predict")).status_code

    async def posts_form_without_end(self) -> int:
        kind = {"content-type": "multipart/form-data; boundary=b"}
        return (await self.client.post("/predict", content=b"--b\r\n", headers=kind)).status_code

    async def asks_for_unknown_layer(self) -> int:
        return await self._looks({"layer": "conv1000"})

    async def asks_for_unknown_photo(self) -> int:
        return (await self.client.get("/feature-maps", params={"image_id": "0" * 32})).status_code

    async def goes_away(self) -> int:
        """Closes the connection at any moment: while it sends, waits, or is answered."""
        request = post("/predict", photo_set("large")[0], self.chance.getrandbits(64))
        _, writer = await asyncio.open_connection(HOST, self.port)
        writer.write(request[: self.chance.choice((1000, len(request)))])
        await asyncio.sleep(self.chance.uniform(0, PATIENCE_S))
        writer.transport.abort()
        return GONE

    async def _posts(self, photos: str) -> int:
        answer = await self.client.post("/predict", files={"file": self._photo(photos)})
        if answer.is_success:
            self.posted.append(answer.json()["image_id"])
        return answer.status_code

    async def _looks(self, query: dict[str, str]) -> int:
        """Raises IndexError if no photo was posted before."""
        query = {"image_id": self.chance.choice(self.posted)} | query
        return (await self.client.get("/feature-maps", params=query)).status_code

    def _photo(self, photos: str) -> bytes:
        """One that nobody has posted before."""
        return self.chance.choice(photo_set(photos)) + stamp(self.chance.getrandbits(64))


@dataclass(frozen=True)
class Visit:
    """One way to ask."""

    weight: int  # how often, beside the others
    expected: int  # status
    ask: Callable[[Visitors], Awaitable[int]]


VISITS = (
    Visit(30, 200, Visitors.posts_web_photo),
    Visit(6, 200, Visitors.posts_large_photo),
    Visit(20, 200, Visitors.looks_at_layer),
    Visit(4, 200, Visitors.looks_at_list),
    Visit(4, 200, Visitors.posts_for_layer),
    Visit(6, 200, Visitors.reads_layers),
    Visit(5, 422, Visitors.posts_text),
    Visit(5, 422, Visitors.posts_half_a_photo),
    Visit(3, 415, Visitors.posts_tiff),
    Visit(3, 400, Visitors.posts_nothing),
    Visit(3, 400, Visitors.posts_form_without_end),
    Visit(3, 404, Visitors.asks_for_unknown_layer),
    Visit(3, 404, Visitors.asks_for_unknown_photo),
    Visit(5, GONE, Visitors.goes_away),
)
