from app.registry.rollout import portion


def test_callers_are_spread_evenly_and_for_each_model_elsewhere() -> None:
    portions = [portion(f"caller {number}", "cat") for number in range(4000)]
    assert all(0 <= share < 1 for share in portions)
    for share in (0.05, 0.3, 0.5, 0.9):
        taken = sum(each < share for each in portions) / len(portions)
        assert abs(taken - share) < 0.04  # four standard errors at one half are 0.03
    assert portion("caller 1", "cat") == portions[1] != portion("caller 1", "dense")
