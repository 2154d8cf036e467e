"""How far a long command is, on one line of the terminal that is written over and over."""

import sys

CLEAR = "\r\x1b[K"  # back to the line's start, and erase it


class Counter:
    """Says nothing if standard error is no terminal, or if there is only one thing to count."""

    def __init__(self, total: int, things: str) -> None:
        self._total, self._things, self._done = total, things, 0
        self._shown = total > 1 and sys.stderr.isatty()
        self._write()

    def hide(self) -> None:
        """Before anything else is written, for that may come to the same terminal."""
        if self._shown:
            sys.stderr.write(CLEAR)
            sys.stderr.flush()

    def one_more(self) -> None:
        self._done += 1
        self._write()

    def _write(self) -> None:
        if self._shown and self._done < self._total:
            sys.stderr.write(f"{CLEAR}{self._done} of {self._total} {self._things}")
            sys.stderr.flush()
