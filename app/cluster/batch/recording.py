"""From the rows that come, in any order and perhaps twice, to parts in which each path stands once."""

import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from app.cluster.batch.parts import Parts
from app.cluster.batch.places import is_uri
from app.cluster.batch.predictor import CAT
from app.cluster.batch.progress import Progress

if TYPE_CHECKING:
    import pyarrow

COLUMNS = "path", "label", "score", "cat_score", "error"
ROWS, SECONDS = 65_536, 10.0  # a part is written when it has so many rows, or has waited so long
MISSING = "file_not_found:"


class Recording:
    """Takes rows and writes parts."""

    def __init__(self, parts: Parts, progress: Progress, start: Path) -> None:
        """Begins with nothing.

        Args:
            parts: to write.
            progress: to count in; its total is how many paths there are.
            start: what relative paths are relative to.
        """
        self._parts, self._progress, self._start = parts, progress, start
        self._came = np.zeros(progress.total, bool)  # a byte a path
        self._rows: dict[str, list[Any]] = {name: [] for name in COLUMNS}
        self._computed_on: Counter[str] = Counter()
        self._since = -SECONDS  # what cannot be written is known with the first rows
        self.first_unread: str | None = None

    @property
    def missing(self) -> int:
        """Paths that nothing has come of."""
        return int(np.count_nonzero(~self._came))

    def take(self, table: "pyarrow.Table") -> None:
        """Takes rows as `app.cluster.batch.pipeline` gives them; writes a part if it is time to."""
        for row in table.to_pylist():
            if self._came[row["number"]]:
                continue  # a lost node had done it, and another did it again
            self._came[row["number"]] = True
            self._take_row(row)
        if len(self._rows["path"]) >= ROWS or time.monotonic() - self._since >= SECONDS:
            self.flush()

    def _take_row(self, row: dict[str, Any]) -> None:
        unread = row["unread"] or self._unseen(row)
        if unread:
            self._progress.unread += 1
            self.first_unread = self.first_unread or f"{row['path']}: {unread}"
            return
        for name in COLUMNS:
            self._rows[name].append(row[name])
        if row["error"]:
            self._progress.errors += 1
        else:
            self._progress.predicted += 1
            self._progress.cats += row["label"] == CAT
            self._computed_on[row["computed_on"]] += 1

    def _unseen(self, row: dict[str, Any]) -> str | None:
        """Why a file that is missing may be there: a node that lacks a folder of ours must not make rows of that."""
        if (row["error"] or "").startswith(MISSING) and not is_uri(row["path"]) and "\0" not in row["path"]:
            try:
                there = (self._start / row["path"]).exists()
            except OSError:
                there = False
            if there:
                return "Expected a file that all nodes see; received: one that is here, and not there"
        return None

    def flush(self) -> None:
        """Writes a part of what there is."""
        if self._rows["path"]:
            self._parts.write(self._rows, **{"catscan.computed_on": "; ".join(sorted(self._computed_on))})
            self._rows = {name: [] for name in COLUMNS}
            self._computed_on.clear()
        self._since = time.monotonic()
