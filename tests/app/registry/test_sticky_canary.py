"""Callers of a service, some of whom the canary answers."""

import httpx

from tests.app.registry.operating import operated

CALLERS = [f"user {number}" for number in range(400)]


def version_for(client: httpx.Client, name: str, caller: str | None = None, **asked: str) -> int:
    headers = {} if caller is None else {"catscan-sticky": caller}
    answer = client.get("/layers", params={"model": name, **asked}, headers=headers)
    version: int = answer.raise_for_status().json()["model"]["version"]
    return version


def test_the_canary_answers_about_its_share_always_the_same_and_keeps_whom_it_has(
    changing: httpx.Client, name: str
) -> None:
    operated(changing, f"{name}/1/load")
    model = operated(changing, f"{name}/2/load", serve="canary", percent=10)["model"]
    assert (model["stable"], model["canary"], model["share"]) == (1, 2, 0.1)
    before: set[str] = set()
    for percent in (10, 30, 75, 100):
        operated(changing, f"{name}/canary", version=2, percent=percent)
        taken = {caller for caller in CALLERS if version_for(changing, name, caller) == 2}
        assert taken == {caller for caller in CALLERS if version_for(changing, name, caller) == 2}
        assert before <= taken
        assert abs(len(taken) / len(CALLERS) - percent / 100) < 0.1  # four standard errors at one half
        before = taken
    assert len(before) == len(CALLERS)
    operated(changing, f"{name}/canary", percent=0)
    assert {version_for(changing, name, caller) for caller in CALLERS} == {1}


def test_who_says_nothing_is_known_by_the_address_and_who_names_a_version_gets_it(
    changing: httpx.Client, name: str
) -> None:
    operated(changing, f"{name}/1/load")
    operated(changing, f"{name}/2/load", serve="canary", percent=50)
    own = version_for(changing, name)
    assert {version_for(changing, name) for _ in range(20)} == {own}
    assert version_for(changing, name, caller="127.0.0.1") == own
    for caller in CALLERS[:20]:
        assert version_for(changing, name, caller, version="stable") == 1
        assert version_for(changing, name, caller, version="canary") == 2
        assert version_for(changing, name, caller, version="1") == 1


def test_an_answer_says_which_version_gave_it(changing: httpx.Client, name: str, chelsea: bytes) -> None:
    operated(changing, f"{name}/1/load")
    operated(changing, f"{name}/2/load", serve="canary", percent=50)
    for caller in CALLERS[:20]:
        response = changing.post(
            "/predict", params={"model": name}, content=chelsea, headers={"catscan-sticky": caller}
        )
        version = response.json()["model"]["version"]
        assert version == version_for(changing, name, caller)
        assert response.headers["catscan-model"] == f"{name}/{version}"
