"""What versions that are let go of leave behind."""

import gc
from pathlib import Path
from statistics import median

import httpx

from model.artifact import Artifact
from tests.app.registry.operating import operated, states, wait_until
from tests.app.registry.versions_on_disk import real_version

TIMES, FIRST = 10, 2  # the first may leave pools behind that are used again
ALLOWED_MB = 8  # one version has 5 MB of weights alone, and four are loaded between the two halves: 20 MB at least


def artifacts() -> int:
    """How many are in this process, which is the service's, too."""
    return sum(isinstance(each, Artifact) for each in gc.get_objects())


def resident_mb() -> float:
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def test_ten_loads_of_the_real_artifact_leave_nothing(changing: httpx.Client, models: Path, chelsea: bytes) -> None:
    real_version(models, 11)
    real_version(models, 12, 1.0)
    operated(changing, "cat/11/load")
    wait_until(lambda: states(changing, "cat")[11] == "available")
    gc.collect()
    before, sizes = artifacts(), list[float]()
    for _ in range(TIMES):
        operated(changing, "cat/12/load", serve="nobody")
        assert artifacts() == before + 1
        asked = {"model": "cat", "version": "12"}
        photo = changing.post("/predict", content=chelsea, params=asked).raise_for_status().json()["image_id"]
        heat = {"image_id": photo, "method": "grad-cam"}
        assert changing.get("/explanations", params=heat).status_code == 200
        operated(changing, "cat/12/unload")
        wait_until(lambda: artifacts() == before)
        sizes.append(resident_mb())
    middle = (FIRST + TIMES) // 2
    # Medians, since Linux takes back some of what other tests of this process left behind, for a moment or for good.
    assert median(sizes[middle:]) - median(sizes[FIRST:middle]) < ALLOWED_MB, sizes
