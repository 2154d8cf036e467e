"""What is to be done: each path once, less those that are done; in a file, for there may be many millions."""

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

TABLES = """
PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
CREATE TABLE done (path TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE todo (number INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE);
"""
NEW = "INSERT OR IGNORE INTO todo (path) SELECT ?1 WHERE NOT EXISTS (SELECT 1 FROM done WHERE path = ?1)"


class Todo:
    """Numbered paths, from 0 on. It takes a few MB of memory, and on disk twice as much as the paths."""

    def __init__(self, file: Path) -> None:
        """Begins with nothing to do, and nothing done; the file must not be there."""
        self.file, self._tables = file, sqlite3.connect(file)
        self._tables.executescript(TABLES)
        self.paths, self.skipped = 0, 0

    def leave_out(self, done: Iterable[str]) -> None:
        """Paths that have a row already; to be called before `add`."""
        with self._tables:
            self._tables.executemany("INSERT OR IGNORE INTO done VALUES (?)", ((path,) for path in done))

    def add(self, paths: Iterable[str]) -> None:
        """Paths to do; one that is done, or that comes twice, is skipped."""
        seen, before = 0, self._tables.total_changes

        def counted() -> Iterator[tuple[str]]:
            nonlocal seen
            for path in paths:
                seen += 1
                yield (path,)

        with self._tables:
            self._tables.executemany(NEW, counted())
        added = self._tables.total_changes - before
        self.paths, self.skipped = self.paths + added, self.skipped + seen - added

    def close(self) -> None:
        self._tables.close()


class Chunks:
    """Reads a `Todo` that is complete, a chunk at a time; any number of them may, on the machine that has its file."""

    def __init__(self, file: str, size: int) -> None:
        """A chunk has so many paths; the last one may have fewer."""
        self._tables, self._size = sqlite3.connect(f"file:{file}?mode=ro", uri=True), size

    def size(self) -> int:
        return self._size

    def chunk(self, number: int) -> list[str]:
        first = number * self._size
        rows = self._tables.execute(
            "SELECT path FROM todo WHERE number BETWEEN ? AND ? ORDER BY number", (first + 1, first + self._size)
        )  # SQLite counts rows from 1
        return [path for (path,) in rows]
