"""Whether a photo gets in: refused at once, before it is read, if it could not be answered in time."""

import time
from collections.abc import Callable

from app.errors import Overloaded
from app.settings import Settings

WEIGHT = 1 / 32  # of the newest answer in the pace


class Admission:
    """Counts the photos that are being answered and their bytes, and how fast they leave."""

    def __init__(
        self,
        settings: Settings,
        tell: Callable[[int], None] = lambda _: None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """Begins with no photo; `tell` is told how many there are whenever that changes."""
        self._settings, self._tell, self._clock = settings, tell, clock
        self.photos, self.bytes = 0, 0
        # From one answer to the next, while there are photos: a moving average. It begins at nothing, so that a first
        # answer that took long, as first ones do, refuses nobody.
        self.pace_s = 0.0
        self._last = 0.0

    def check(self, size: int, patience_s: float, photos: int = 1) -> None:
        """Whether there is room; takes none of it.

        Args:
            size: of their body, in bytes.
            patience_s: how long their sender waits for the answer.
            photos: how many.

        Raises:
            Overloaded: if there is no place, or if the answer would come too late.
        """
        limits, wait = self._settings, (self.photos + photos) * self.pace_s
        allowed = min(limits.max_wait_s, patience_s)
        if self.photos + photos > limits.queue_photos:
            more = "one more" if photos == 1 else f"{photos} more"
            raise Overloaded(f"at most {limits.queue_photos} photos at a time; received: {more}", wait)
        self._check_bytes(size, 0, wait)
        if self.photos and wait > allowed:
            expected = f"photos that can be answered within {allowed:g} s; received: one that takes {wait:.1f} s"
            raise Overloaded(expected, wait - allowed)

    def _check_bytes(self, size: int, held: int, wait: float) -> None:
        total = self.bytes + size
        if size and self.bytes > held and total > self._settings.queue_bytes:
            expected = f"at most {self._settings.queue_bytes} bytes of photos at a time"
            raise Overloaded(f"{expected}; received: {total}", wait)

    def enter(self, size: int, patience_s: float, photos: int = 1) -> None:
        """Takes places for photos, which `leave` gives back; takes and raises what `check` does."""
        self.check(size, patience_s, photos)
        if not self.photos:
            self._last = self._clock()  # an idle time is no slow answer
        self.photos += photos
        self.bytes += size
        self._tell(self.photos)

    def hold(self, size: int, held: int) -> None:
        """Counts further bytes of a request that holds some already; alone it may have any number.

        Raises:
            Overloaded: if there is no room for them beside those of others.
        """
        self._check_bytes(size, held, self.photos * self.pace_s)
        self.bytes += size

    def leave(self, size: int, answered: bool, photos: int = 1) -> None:
        """Gives places back; `answered` ones set the pace."""
        self.photos -= photos
        self.bytes -= size
        self._tell(self.photos)
        if answered:
            now = self._clock()
            interval, self._last = (now - self._last) / photos, now
            self.pace_s += (interval - self.pace_s) * (1 - (1 - WEIGHT) ** photos)
