from pathlib import Path

import numpy as np
import pytest

from model.manifest import Manifest
from model.snapshots import SNAPSHOTS, Snapshot, snapshot_file, snapshot_files
from model.versions import newest_version

SHIPPED = newest_version(Path(__file__).resolve().parents[2] / "model" / "saved" / "cat")


def test_what_is_written_is_read_again_to_half_precision(tmp_path: Path) -> None:
    kernel, output = np.array([[[[0.1]]]], np.float32), np.array([0.5, -2.0, 65_504.0], np.float32)
    file = snapshot_file(tmp_path, 4)
    Snapshot({"conv/1": kernel}, {"logits": output}).write(file)
    read = Snapshot.read(file)
    assert list(tmp_path.iterdir()) == [tmp_path / "epoch-0004.npz"]
    assert read.kernels["conv/1"].dtype == read.outputs["logits"].dtype == np.float32
    np.testing.assert_array_equal(read.kernels["conv/1"], np.float16(0.1))
    np.testing.assert_array_equal(read.outputs["logits"], output)
    assert (list(read.kernels), list(read.outputs)) == (["conv/1"], ["logits"])


def test_snapshots_are_found_by_their_epochs_in_the_order_of_time(tmp_path: Path) -> None:
    for name in ("epoch-10000.npz", "epoch-0016.npz", "epoch-0002.npz", "unfinished.npz", "epoch-new.npz", "notes.md"):
        (tmp_path / name).touch()
    assert list(snapshot_files(tmp_path)) == [2, 16, 10_000]
    assert snapshot_files(tmp_path)[16] == snapshot_file(tmp_path, 16)
    assert snapshot_files(tmp_path / "nowhere") == {}


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    snapshot_file(tmp_path, 1).write_bytes(b"no zip")
    with pytest.raises(ValueError, match="pickled"):
        Snapshot.read(snapshot_file(tmp_path, 1))


def test_the_shipped_network_can_be_watched_while_it_learns() -> None:
    layers, files = Manifest.load(SHIPPED).layers, snapshot_files(SHIPPED / SNAPSHOTS)
    shapes = {layer.name: (layer.weights.get("kernel"), layer.shape) for layer in layers}
    assert next(iter(files)) == 0
    first, last = Snapshot.read(files[0]), Snapshot.read(files[max(files)])
    assert first.kernels
    for layer, kernel in first.kernels.items():
        assert kernel.shape == shapes[layer][0]
        assert not np.array_equal(kernel, last.kernels[layer])
    assert all(output.shape == shapes[layer][1] for layer, output in first.outputs.items())
