from pathlib import Path

import httpx
import numpy as np
import pytest

from app.errors import EpochUnknown
from app.registry.registry import first_to_serve
from app.routes.kernels import SnapshotList
from app.settings import Settings
from model.manifest import LayerRecord
from tests.app.conftest import problem_of
from tests.app.routes.asked_kernels import answered, ask, chunks, tensor


@pytest.fixture(scope="module")
def folder() -> Path:
    return first_to_serve(Settings()).folder / "snapshots"


def test_every_snapshot_is_listed_with_its_layers(client: httpx.Client, folder: Path) -> None:
    answer = client.get("/snapshots").json()
    assert SnapshotList.model_validate(answer).model_dump(mode="json") == answer
    expected = []
    for file in sorted(folder.glob("epoch-*.npz")):
        with np.load(file) as arrays:
            kernels = [name.removeprefix("kernels/") for name in arrays if name.startswith("kernels/")]
        expected.append({"epochs": int(file.stem.removeprefix("epoch-")), "kernels": kernels})
    assert answer["snapshots"] == expected
    assert expected


def test_the_kernels_of_every_snapshot_can_be_had(client: httpx.Client, folder: Path) -> None:
    for snapshot in client.get("/snapshots").json()["snapshots"]:
        epochs = snapshot["epochs"]
        with np.load(folder / f"epoch-{epochs:04d}.npz") as arrays:
            for layer in snapshot["kernels"]:
                found = tensor(client, layer, epoch=str(epochs))
                assert np.array_equal(found, arrays[f"kernels/{layer}"].astype(np.float32))


def test_an_epoch_is_called_by_its_number(client: httpx.Client) -> None:
    for snapshot in client.get("/snapshots").json()["snapshots"][:3]:
        layer, epochs = snapshot["kernels"][0], snapshot["epochs"]
        state = f"after {epochs} epoch" + "s" * (epochs != 1)
        query = {"epoch": str(epochs), "channels": "0", "inputs": "0"}
        assert answered(client, layer, format="json", **query).json()["state"] == state
        assert chunks(answered(client, layer, **query))["State"] == state


def test_an_epoch_that_was_not_kept_is_refused_with_those_that_were(
    client: httpx.Client, weighing: list[LayerRecord]
) -> None:
    kept = client.get("/snapshots").json()["snapshots"]
    for layer in weighing:
        having = [snapshot["epochs"] for snapshot in kept if layer.name in snapshot["kernels"]]
        problem = problem_of(ask(client, layer.name, epoch="99999"), EpochUnknown)
        assert problem["epochs"] == having
        assert (", ".join(map(str, having)) or "none at all") in problem["detail"]
        for epochs in {snapshot["epochs"] for snapshot in kept[:2]}.difference(having):
            problem_of(ask(client, layer.name, epoch=str(epochs)), EpochUnknown)
