"""POST /admin/models/…, one thing after the other; under load: test_switching_under_load.py."""

import shutil
import socket
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.errors import ImageUnknown, ModelUnknown, ParameterInvalid, VersionUnknown
from app.registry.refusals import PreviousMissing, VersionDiffers, VersionServes, VersionUnusable
from tests.app.conftest import problem_of
from tests.app.observing.test_counting import counted
from tests.app.registry.operating import HEADERS, listed, operate, operated, states, wait_until
from tests.app.registry.versions_on_disk import half_copied, probabilities, real_version, small_version


def answer(client: httpx.Client, name: str, photo: bytes, **asked: str) -> dict[str, Any]:
    found: dict[str, Any] = client.post(
        "/predict", content=photo, params={"model": name, **asked}
    ).raise_for_status().json()  # fmt: skip
    return found


@pytest.fixture
def two(changing: httpx.Client, name: str) -> str:
    """The model with its second version stable, and the first before it."""
    operated(changing, f"{name}/1/load")
    operated(changing, f"{name}/2/load")
    return name


def test_the_first_version_of_a_model_answers_whatever_is_asked(changing: httpx.Client, name: str) -> None:
    loaded = operated(changing, f"{name}/1/load", serve="nobody", max_change=0)
    assert (loaded["model"]["stable"], loaded["comparison"]) == (1, None)
    assert loaded["model"] == listed(changing, name)
    assert states(changing, name) == {2: "on_disk", 1: "available"}


def test_a_newer_version_is_compared_and_answers(changing: httpx.Client, name: str, chelsea: bytes) -> None:
    operated(changing, f"{name}/1/load")
    loaded = operated(changing, f"{name}/2/load")
    was, now = probabilities([0.0, 1.0]), probabilities([2.0, 1.0])
    comparison = loaded["comparison"]
    assert comparison["largest_change"] == pytest.approx(now[0] - was[0], abs=1e-6)
    assert (comparison["version"], comparison["images"], len(comparison["flips"])) == (1, 6, 6)
    assert comparison["same_labels"]
    assert (loaded["model"]["stable"], loaded["model"]["previous"]) == (2, 1)
    assert loaded["seconds"] > 0
    assert answer(changing, name, chelsea)["probability"] == pytest.approx(now[0], abs=1e-6)
    assert answer(changing, name, chelsea, version="1")["probability"] == pytest.approx(was[1], abs=1e-6)


def test_a_version_that_is_loaded_already_is_not_loaded_again(
    changing: httpx.Client, two: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "catscan")
    digest = listed(changing, two)["versions"][0]["digest"]
    for version in (2, 1, 2):
        assert operated(changing, f"{two}/{version}/load")["model"]["stable"] == version
    assert not [line for line in caplog.messages if line.startswith("ready after")]
    assert listed(changing, two)["versions"][0]["digest"] == digest


@pytest.mark.parametrize("limit", ["max_change", "max_flips"])
def test_a_version_beyond_a_limit_is_let_go_of_and_nothing_is_switched(
    changing: httpx.Client, name: str, limit: str
) -> None:
    operated(changing, f"{name}/1/load")
    before = listed(changing, name)
    beyond, within = {"max_change": (0.4, 0.5), "max_flips": (5, 6)}[limit]
    problem = problem_of(operate(changing, f"{name}/2/load", **{limit: beyond}), VersionDiffers)
    assert len(problem["comparison"]["flips"]) == 6
    assert listed(changing, name) == before
    assert operated(changing, f"{name}/2/load", **{limit: within})["model"]["stable"] == 2


def test_a_rollback_lets_the_previous_version_answer_and_the_other_stays(
    changing: httpx.Client, two: str, chelsea: bytes
) -> None:
    new = answer(changing, two, chelsea)
    rolled = operated(changing, f"{two}/rollback")
    assert (rolled["stable"], rolled["previous"]) == (1, None)
    old = answer(changing, two, chelsea)
    assert (new["model"]["version"], old["model"]["version"]) == (2, 1)
    for each in (new, old):
        maps = changing.get("/feature-maps", params={"image_id": each["image_id"]}).json()
        assert maps["model"] == each["model"]
    problem_of(operate(changing, f"{two}/rollback"), PreviousMissing)


def test_a_photo_of_a_version_that_was_unloaded_is_unknown(changing: httpx.Client, two: str, chelsea: bytes) -> None:
    photos = [answer(changing, two, chelsea, version=version)["image_id"] for version in ("1", "2")]
    assert operated(changing, f"{two}/1/unload")["previous"] is None
    assert states(changing, two) == {2: "available", 1: "on_disk"}
    problem_of(changing.get("/feature-maps", params={"image_id": photos[0]}), ImageUnknown)
    assert changing.get("/feature-maps", params={"image_id": photos[1]}).status_code == 200
    problem_of(changing.post("/predict", content=chelsea, params={"model": two, "version": "1"}), VersionUnknown)


def test_what_answers_is_not_unloaded(changing: httpx.Client, two: str) -> None:
    assert problem_of(operate(changing, f"{two}/2/unload"), VersionServes)["version"] == 2
    operated(changing, f"{two}/canary", version=1, percent=0.001)
    problem_of(operate(changing, f"{two}/1/unload"), VersionServes)
    operated(changing, f"{two}/canary", percent=0)
    assert operated(changing, f"{two}/1/unload")["stable"] == 2


def test_what_is_not_there_is_not_loaded_or_let_go_of(changing: httpx.Client, two: str) -> None:
    assert problem_of(operate(changing, f"{two}/3/load"), VersionUnknown)["versions"] == [1, 2]
    problem_of(operate(changing, f"{two}/3/unload"), VersionUnknown)
    problem_of(operate(changing, f"{two}/canary", version=3, percent=5), VersionUnknown)
    for path in ("lion/1/load", "lion/1/unload", "lion/rollback", "lion/canary"):
        query = {"percent": 0} if path == "lion/canary" else {}
        assert two in problem_of(operate(changing, path, **query), ModelUnknown)["models"]


@pytest.mark.parametrize(
    ("path", "query", "parameter"),
    [
        ("0/load", {}, "version"),
        ("two/load", {}, "version"),
        ("2/load", {"serve": "everybody"}, "serve"),
        ("2/load", {"serve": "canary", "percent": 0}, "percent"),
        ("2/load", {"percent": 100.1}, "percent"),
        ("2/load", {"max_change": -0.001}, "max_change"),
        ("2/load", {"max_change": 1.001}, "max_change"),
        ("2/load", {"max_flips": -1}, "max_flips"),
        ("canary", {}, "percent"),
        ("canary", {"percent": 5}, "version"),
        ("canary", {"percent": -0.001, "version": 1}, "percent"),
        ("canary", {"percent": 100.1, "version": 1}, "percent"),
        ("canary", {"percent": "nan", "version": 1}, "percent"),
    ],
)
def test_a_wrong_parameter_is_named_and_changes_nothing(
    changing: httpx.Client, two: str, path: str, query: dict[str, object], parameter: str
) -> None:
    before = listed(changing, two)
    problem = problem_of(operate(changing, f"{two}/{path}", **query), ParameterInvalid)
    assert problem["parameter"] == parameter
    assert listed(changing, two) == before


def test_a_version_that_is_half_copied_cannot_serve_until_it_is_whole(
    changing: httpx.Client, models: Path, name: str, tmp_path: Path
) -> None:
    operated(changing, f"{name}/1/load")
    whole = small_version(tmp_path, name, 3, [1.0, 5.0])
    half_copied(whole, models / name / "3")
    problem = problem_of(operate(changing, f"{name}/3/load"), VersionUnusable)
    assert "expected files with digest" in problem["detail"]
    version = listed(changing, name)["versions"][0]
    assert (version["version"], version["state"]) == (3, "failed")
    assert "expected files with digest" in version["reason"]
    assert listed(changing, name)["stable"] == 1
    shutil.copytree(whole, models / name / "3", dirs_exist_ok=True)
    loaded = operated(changing, f"{name}/3/load")["model"]
    assert (loaded["stable"], loaded["versions"][0]["state"], loaded["versions"][0]["reason"]) == (3, "available", None)


def test_an_artifact_in_the_wrong_folder_cannot_serve(changing: httpx.Client, models: Path, name: str) -> None:
    shutil.copytree(models / name / "2", models / name / "7")
    problem = problem_of(operate(changing, f"{name}/7/load"), VersionUnusable)
    assert f"Expected {name} version 7; its manifest says: {name} version 2" in problem["detail"]
    assert changing.post("/predict", params={"model": name}).status_code == 503  # as before: nothing is loaded


def test_all_who_ask_for_a_version_wait_for_the_same_load(
    changing: httpx.Client, two: str, models: Path, caplog: pytest.LogCaptureFixture
) -> None:
    small_version(models, two, 3, [3.0, 0.0])
    answers: list[httpx.Response] = []
    caplog.set_level("INFO", "catscan")
    threads = [
        threading.Thread(target=lambda: answers.append(operate(changing, f"{two}/3/load", serve="nobody")))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [response.status_code for response in answers] == [200] * 6
    assert len([line for line in caplog.messages if line.startswith("ready") and f"{two} version 3" in line]) == 1


def test_who_refuses_a_version_takes_it_from_nobody_who_wants_it(
    changing: httpx.Client, two: str, models: Path
) -> None:
    for version in (3, 4, 5):
        small_version(models, two, version, [0.0, float(version)])
        statuses: dict[str, int] = {}

        def ask(name: str, version: int = version, statuses: dict[str, int] = statuses, **limits: object) -> None:
            statuses[name] = operate(changing, f"{two}/{version}/load", **limits).status_code

        threads = [
            threading.Thread(target=ask, args=("refuses",), kwargs={"max_change": 0}),
            threading.Thread(target=ask, args=("wants",)),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert statuses["wants"] == 200
        assert statuses["refuses"] in (200, 409)  # 200 if the other was first: it is the stable one then
        assert listed(changing, two)["stable"] == version


def test_a_client_that_goes_away_switches_nothing(
    changing: httpx.Client, models: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The real artifact takes a while to load: long enough to be seen loading, and to go away meanwhile."""
    real_version(models, 1)
    real_version(models, 2, 1.0)
    operated(changing, "cat/1/load")
    caplog.set_level("INFO", "catscan")
    url = changing.base_url
    with socket.create_connection((url.host, url.port or 80)) as connection:
        key = f"Authorization: {HEADERS['authorization']}"
        connection.sendall(f"POST /admin/models/cat/2/load HTTP/1.1\r\nHost: a\r\n{key}\r\n\r\n".encode())
        wait_until(lambda: states(changing, "cat")[2] == "loading")
    wait_until(lambda: states(changing, "cat")[2] == "on_disk")
    assert listed(changing, "cat")["stable"] == 1
    wait_until(lambda: any("cat version 2" in line for line in caplog.messages if line.startswith("ready")))
    assert listed(changing, "cat")["stable"] == 1
    assert operated(changing, "cat/2/load")["model"]["stable"] == 2


def test_photos_and_shares_are_counted_by_what_answered(changing: httpx.Client, two: str, chelsea: bytes) -> None:
    for version, times in (("1", 2), ("2", 3)):
        for _ in range(times):
            answer(changing, two, chelsea, version=version)
    for version, times, label in (("1", 2, "label 1"), ("2", 3, "label 0")):
        labels = {"model": two, "version": version}
        assert counted(changing, "catscan_photos_total", **labels) == times
        assert counted(changing, "catscan_photos_total", label=label, **labels) == times

    def shares() -> dict[int, float]:
        return {version: counted(changing, "catscan_model_share", name=two, version=str(version)) for version in (1, 2)}

    assert shares() == {1: 0, 2: 1}
    operated(changing, f"{two}/canary", version=1, percent=25)
    assert shares() == {1: 0.25, 2: 0.75}
    assert [counted(changing, "catscan_model_info", name=two, version=version) for version in ("1", "2")] == [1, 1]
    operated(changing, f"{two}/canary", percent=0)
    operated(changing, f"{two}/1/unload")
    told = changing.get("/metrics").text
    assert f'name="{two}",version="1"' not in told
    assert [
        line for line in told.splitlines() if "model_info" in line and f'name="{two}"' in line and 'version="2"' in line
    ]
    assert counted(changing, "catscan_photos_total", model=two, version="1") == 2  # what was counted stays
