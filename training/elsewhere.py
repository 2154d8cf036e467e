"""What a run that left sources out teaches one that trains on everything: how it does elsewhere, and its threshold."""

import json
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Elsewhere:
    """Measures by source, as a manifest records them, and the threshold of the class that was told from the rest."""

    rows: dict[str, dict[str, float]] = field(default_factory=dict)
    thresholds: dict[str, float] = field(default_factory=dict)

    @classmethod
    def load(cls, run: Path) -> "Elsewhere":
        """Reads the evaluation of a run that left sources out.

        Raises:
            FileNotFoundError: if the run was not evaluated.
            ValueError: if it left no sources out.
        """
        file = run / "evaluation" / "measures.json"
        if not file.exists():
            raise FileNotFoundError(f"Expected an evaluated run in {run}: python -m training evaluate --run {run}")
        measures = json.loads(file.read_text())
        if not measures["elsewhere"]:
            raise ValueError(f"Expected a run that left sources out; received: {run}, which trained on all of them")
        focus = measures["focus"]
        return cls(measures["elsewhere"], {focus: measures["thresholds"][focus]})
