"""What keys and rates cost is measured for each way of counting."""

import asyncio

import pytest

from benchmarks import access


def test_each_kind_of_work_has_its_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "ROUNDS", 2)

    async def measured() -> dict[str, float]:
        return {what: cost async for what, cost in access.costs()}

    found = asyncio.run(measured())
    assert len(found) == 5
    assert all(cost < 1e6 for cost in found.values())
