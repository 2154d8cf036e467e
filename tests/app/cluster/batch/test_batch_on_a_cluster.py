"""`catscan-batch` on a real cluster of several nodes: killed, interrupted, and with a node that dies."""

import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.app.cluster.batch.batch_process import Batch, parts_in, rows_in
from tests.app.cluster.batch.photo_folder import BAD, LIMITS, NAMES, make_folder
from tests.app.cluster.conftest import LocalCluster
from tests.app.conftest import answer_of

PHOTOS = 1000
# Else Ray takes the loopback, which the cluster is on, for a name of this machine's address in its network.
ON_LOOPBACK = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
ALL = PHOTOS + len(BAD) + 1  # one is just not too large


class Run:
    """What the tests below do one after the other to one folder."""

    def __init__(self, cluster: LocalCluster, folder: Path) -> None:
        self.cluster, self.folder, self.out = cluster, folder, folder / "predictions.parquet"
        self._begun: list[Batch] = []
        make_folder(folder / "photos", PHOTOS)

    def begin(self, out: str = "predictions.parquet") -> Batch:
        environment = self.cluster.environment | LIMITS | ON_LOOPBACK
        self._begun.append(Batch(environment, self.folder, "photos", "--out", out, "--threads", "2"))
        return self._begun[-1]

    def close(self) -> None:
        for batch in self._begun:
            batch.close()


@pytest.fixture(scope="module")
def run(cluster: LocalCluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    running = Run(cluster, tmp_path_factory.mktemp("batch"))
    yield running
    running.close()


def test_what_is_killed_leaves_whole_parts(run: Run) -> None:
    killed = run.begin()
    killed.wait_for_a_part(run.out, after=0)
    killed.send(signal.SIGKILL)
    assert killed.ended()[0] == -signal.SIGKILL
    assert 0 < len(rows_in(run.out)) < ALL


def test_the_same_command_goes_on_and_a_node_that_dies_costs_no_path_and_gives_none_twice(run: Run) -> None:
    skipped, parts = len(rows_in(run.out)), len(parts_in(run.out))
    last = run.begin()
    last.wait_for_a_part(run.out, after=parts)
    dying = run.cluster.nodes[0]
    assert any("MapWorker" in command for command in run.cluster.processes(dying).values())
    run.cluster.kill(dying)
    parts = len(parts_in(run.out))
    code, text = last.ended()
    assert code == 0, text
    assert f"{skipped} skipped" in text
    assert len(parts_in(run.out)) > parts, "the node died too late"
    paths = Counter(row["path"] for row in rows_in(run.out))
    assert set(paths.values()) == {1}
    good = {f"photos/deep/er/{number:04}.jpg" for number in range(PHOTOS)} | {"photos/large enough.jpg"}
    assert paths.keys() == good | {f"photos/{name}" for name in BAD}


def test_a_row_says_what_the_service_says(run: Run, client: httpx.Client) -> None:
    rows = {row["path"]: row for row in rows_in(run.out)}
    for kind in range(len(NAMES)):
        answer = answer_of(client, (run.folder / f"photos/deep/er/{kind:04}.jpg").read_bytes())
        cat = next(each["score"] for each in answer["predictions"] if each["label"] == "cat")
        for number in range(kind, PHOTOS, len(NAMES)):
            row = rows[f"photos/deep/er/{number:04}.jpg"]
            assert (row["label"], row["error"]) == (answer["label"], None)
            assert row["score"] == pytest.approx(answer["probability"], abs=1e-5)
            assert row["cat_score"] == pytest.approx(cat, abs=1e-5)


def test_a_bad_file_is_a_row_with_its_code(run: Run) -> None:
    rows = {row["path"]: row for row in rows_in(run.out)}
    for name, code in BAD.items():
        row = rows[f"photos/{name}"]
        assert row["error"].startswith(f"{code}: Expected "), row
        assert row["label"] is row["score"] is row["cat_score"] is None
    assert rows["photos/large enough.jpg"]["label"] == "cat"


def test_what_is_interrupted_keeps_what_is_done_and_says_how_to_go_on(run: Run) -> None:
    out = run.folder / "interrupted"
    stopped = run.begin("interrupted")
    stopped.wait_for_a_part(out, after=0)
    stopped.send(signal.SIGINT)
    code, text = stopped.ended()
    assert (code, "the same command goes on" in text) == (130, True), text
    rows = rows_in(out)
    assert 0 < len(rows) < ALL
    assert len({row["path"] for row in rows}) == len(rows)


def test_when_all_is_done_nothing_is_started_any_more(run: Run) -> None:
    parts = parts_in(run.out)
    again = Batch({"PYTHONPATH": str(Path(__file__).parents[4]), "RAY_ADDRESS": "127.0.0.1:9"}, run.folder, "photos",
                  "--out", "predictions.parquet")  # fmt: skip
    code, text = again.ended()
    assert (code, text) == (0, text)
    assert f"0 predicted, 0 of them cats; 0 errors, {ALL} skipped" in text
    assert parts_in(run.out) == parts
