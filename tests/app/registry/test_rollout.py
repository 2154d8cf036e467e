from pathlib import Path

import pytest

from app.engine import Engine, Hardware
from app.registry.plan import Plan
from app.registry.rollout import Rollout, portion
from app.scheduling.lanes import Lanes
from model.artifact import Artifact
from tests.app.registry.versions_on_disk import small_version

CALLERS = [f"caller {number}" for number in range(4000)]
PLAN = Plan(name="cat", versions={4: 1, 5: 2, 6: 3}, stable=5, previous=4, canary=6, share=0.25)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """Stands for any version: a rollout only hands it on."""
    folder: Path = small_version(tmp_path_factory.mktemp("models"), "cat", 5, [0.0, 1.0])
    lanes = Lanes(1, "unused")
    return Engine(Artifact.load(folder), Hardware("cpu", "float32", lanes, lanes), [1])


@pytest.fixture
def engines(engine: Engine) -> dict[int, Engine]:
    lanes = Lanes(1, "unused")
    others = [Engine(engine.artifact, Hardware("cpu", "float32", lanes, lanes), [1]) for _ in range(2)]
    return {4: others[0], 5: engine, 6: others[1]}


def test_callers_are_spread_evenly_and_for_each_model_elsewhere() -> None:
    portions = [portion(caller, "cat") for caller in CALLERS]
    assert all(0 <= share < 1 for share in portions)
    for share in (0.05, 0.3, 0.5, 0.9):
        taken = sum(each < share for each in portions) / len(portions)
        assert abs(taken - share) < 0.04  # four standard errors at one half are 0.03
    assert portion("caller 1", "cat") == portions[1] != portion("caller 1", "dense")


def test_the_canary_answers_its_share_and_more_share_takes_nobody_away_from_it(engines: dict[int, Engine]) -> None:
    before: set[str] = set()
    for share in (0.01, 0.1, 0.25, 0.5, 1.0):
        rollout = Rollout("cat", engines, stable=5, canary=6, share=share)
        taken = {caller for caller in CALLERS if rollout.choose(caller) is engines[6]}
        assert before <= taken
        assert abs(len(taken) / len(CALLERS) - share) < 0.04
        assert all(rollout.choose(caller) is engines[5] for caller in CALLERS if caller not in taken)
        before = taken
    assert len(before) == len(CALLERS)


def test_without_a_canary_the_stable_version_answers_everybody(engines: dict[int, Engine]) -> None:
    rollout = Rollout("cat", engines, stable=5)
    assert {id(rollout.choose(caller)) for caller in CALLERS} == {id(engines[5])}


def test_every_caller_is_somebodys(engines: dict[int, Engine]) -> None:
    rollout = Rollout.of(PLAN, engines)
    assert rollout
    assert (rollout.labelled("stable"), rollout.labelled("canary")) == (5, 6)
    assert [rollout.part(version) for version in (4, 5, 6, 7)] == [0, 0.75, 0.25, 0]


def test_a_plan_comes_true_as_far_as_its_versions_are_loaded(engines: dict[int, Engine]) -> None:
    assert Rollout.of(PLAN, {4: engines[4], 6: engines[6]}) is None  # the stable one is not there yet
    assert Rollout.of(Plan(name="cat"), engines) is None
    alone = Rollout.of(PLAN, {5: engines[5]})
    assert alone == Rollout("cat", {5: engines[5]}, stable=5)
    assert Rollout.of(PLAN, engines) == Rollout("cat", engines, 5, 4, 6, 0.25)
