"""How far a batch is, on standard error: a line that moves on a terminal, a line now and then elsewhere."""

import sys
import time
from dataclasses import dataclass, field
from datetime import timedelta

MOVING_S, STANDING_S = 0.2, 30.0  # between two lines
WIDTH = 24  # of the bar


@dataclass
class Progress:
    """Counts photos, and says so."""

    total: int
    predicted: int = 0
    cats: int = 0
    errors: int = 0
    unread: int = 0
    since: float = field(default_factory=time.monotonic)
    _said: float = 0.0
    first: float = 0.0  # when some were there first, and how many: the time before is no measure of speed
    first_done: int = 0

    @property
    def done(self) -> int:
        return self.predicted + self.errors + self.unread

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.since

    def show(self) -> None:
        """Says it, unless it was said a moment ago."""
        now = time.monotonic()
        terminal = sys.stderr.isatty()
        if now - self._said >= (MOVING_S if terminal else STANDING_S):
            self._said = now
            sys.stderr.write(f"\r\x1b[K{self.line()}" if terminal else f"{self.line()}\n")
            sys.stderr.flush()

    def hide(self) -> None:
        """Takes the line away, for another."""
        if sys.stderr.isatty():
            sys.stderr.write("\r\x1b[K")

    def line(self) -> str:
        share = self.done / self.total if self.total else 1.0
        bar = "█" * int(share * WIDTH)
        text = f"{share:4.0%} {bar:{WIDTH}} {self.done}/{self.total} photos"
        if not self.done:
            return f"{text}; the network is being loaded"
        if not self.first_done:
            self.first, self.first_done = time.monotonic(), self.done
        elif (seconds := time.monotonic() - self.first) > 1 and self.done > self.first_done:
            rate = (self.done - self.first_done) / seconds
            text += f", {rate:.0f} a second, {timedelta(seconds=round((self.total - self.done) / rate))} left"
        return text + (f", {self.errors} errors" if self.errors else "")
