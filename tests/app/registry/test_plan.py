import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from app.errors import VersionUnknown
from app.registry.plan import Plan
from app.registry.refusals import PreviousMissing, VersionServes

VERSIONS = st.integers(1, 6)


def loaded(*versions: int) -> Plan:
    """Loaded and promoted one after the other."""
    plan = Plan(name="cat")
    for number, version in enumerate(versions):
        plan = plan.wanting(version, number).promoted(version)
    return plan


def test_the_first_version_is_stable_and_there_is_none_before_it() -> None:
    plan = loaded(4)
    assert (plan.stable, plan.previous, plan.canary, set(plan.versions)) == (4, None, None, {4})
    with pytest.raises(PreviousMissing, match="before 4 and is still loaded; received: none"):
        plan.rolled_back()


def test_what_was_stable_stays_loaded_and_what_was_before_that_goes() -> None:
    plan = loaded(4, 5, 6)
    assert (plan.stable, plan.previous, set(plan.versions)) == (6, 5, {5, 6})


def test_what_was_stable_before_the_last_stays_if_it_is_the_canary() -> None:
    plan = loaded(4, 5).with_canary(4, 0.1).wanting(6, 9).promoted(6)
    assert (plan.stable, plan.previous, plan.canary, set(plan.versions)) == (6, 5, 4, {4, 5, 6})


def test_a_rollback_is_instant_and_happens_once() -> None:
    plan = loaded(4, 5).rolled_back()
    assert (plan.stable, plan.previous) == (4, None)
    assert (set(plan.versions), set(plan.withdrawn)) == ({4, 5}, {5})
    with pytest.raises(PreviousMissing):
        plan.rolled_back()
    again = plan.promoted(5)
    assert (again.stable, again.previous, again.withdrawn) == (5, 4, frozenset())


def test_a_canary_that_is_promoted_is_no_canary_any_more() -> None:
    plan = loaded(4).wanting(5, 2).with_canary(5, 0.25)
    assert (plan.stable, plan.canary, plan.share) == (4, 5, 0.25)
    assert (plan.promoted(5).canary, plan.promoted(5).share) == (None, 0.0)
    assert (plan.without_canary().canary, plan.without_canary().share) == (None, 0.0)


def test_what_answers_is_not_let_go_of_and_what_is_not_loaded_cannot_be() -> None:
    plan = loaded(4, 5).wanting(6, 3).with_canary(6, 0.5)
    for version, label in ((5, "stable"), (6, "the canary")):
        with pytest.raises(VersionServes, match=f"received: {version}, which is {label}"):
            plan.without(version)
    with pytest.raises(VersionUnknown, match="is loaded: 4, 5, 6; received: 7"):
        plan.without(7)
    without = plan.without(4)
    assert without.previous is None
    assert (set(without.versions), set(without.withdrawn)) == ({5, 6}, {4})


def test_the_stable_version_is_no_canary() -> None:
    with pytest.raises(VersionServes, match="other than the stable one; received: 4"):
        loaded(4).with_canary(4, 0.5)


@pytest.mark.parametrize("version", [1, 7])
def test_what_is_not_loaded_answers_nobody(version: int) -> None:
    for change in (Plan.promoted, lambda plan, each: plan.with_canary(each, 0.5)):
        with pytest.raises(VersionUnknown, match=f"received: {version}"):
            change(loaded(4), version)


def test_a_version_that_was_refused_goes_and_is_remembered() -> None:
    plan = loaded(4).wanting(5, 2).refusing(5)
    assert (set(plan.versions), set(plan.withdrawn)) == ({4}, {5})
    assert loaded(4).refusing(4).versions.keys() == {4}  # somebody else lets it answer by now


@given(st.lists(VERSIONS, min_size=1), st.floats(0.01, 1))
def test_a_plan_is_the_same_after_it_was_written(versions: list[int], share: float) -> None:
    plan = loaded(*versions).wanting(9, 99).with_canary(9, share)
    assert Plan.model_validate_json(plan.model_dump_json()) == plan


class Operators(RuleBasedStateMachine):
    """Whatever anybody does in whatever order, what answers is loaded."""

    def __init__(self) -> None:
        super().__init__()
        self.plan, self.number = Plan(name="cat"), 0

    @rule(version=VERSIONS)
    def want(self, version: int) -> None:
        self.number += 1
        self.plan = self.plan.wanting(version, self.number)

    @rule(version=VERSIONS)
    def promote(self, version: int) -> None:
        assume(version in self.plan.versions)
        before = self.plan.stable
        self.plan = self.plan.promoted(version)
        assert self.plan.stable == version
        assert before is None or before in self.plan.versions

    @precondition(lambda self: self.plan.previous is not None)
    @rule()
    def roll_back(self) -> None:
        before = self.plan.previous
        self.plan = self.plan.rolled_back()
        assert self.plan.stable == before

    @rule(version=VERSIONS, share=st.floats(0.01, 1))
    def canary(self, version: int, share: float) -> None:
        assume(version in self.plan.versions and version != self.plan.stable and self.plan.stable)
        self.plan = self.plan.with_canary(version, share)

    @rule()
    def end_canary(self) -> None:
        self.plan = self.plan.without_canary()

    @rule(version=VERSIONS)
    def unload(self, version: int) -> None:
        assume(version in self.plan.versions and version not in (self.plan.stable, self.plan.canary))
        self.plan = self.plan.without(version)
        assert version not in self.plan.versions

    @rule(version=VERSIONS)
    def give_up(self, version: int) -> None:
        self.plan = self.plan.refusing(version) if version % 2 else self.plan.dropping(version)

    @invariant()
    def what_has_a_part_is_loaded_and_has_one_part(self) -> None:
        plan = self.plan
        parts = [each for each in (plan.stable, plan.previous, plan.canary) if each is not None]
        assert set(parts) <= plan.versions.keys()
        assert plan.stable is None or plan.stable not in (plan.previous, plan.canary)
        assert (plan.canary is None) == (plan.share == 0)


TestOperators = Operators.TestCase
