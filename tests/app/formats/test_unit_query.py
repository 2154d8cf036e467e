import pytest

from app.errors import LayerUnknown, ParameterInvalid
from app.formats.selection import select_output
from app.formats.unit_query import UnitQuery, link, template
from model.receipts.unit import Unit
from tests.app.formats.manifests import MANIFEST


@pytest.mark.parametrize(
    ("query", "unit"),
    [
        (UnitQuery("conv", channel=3, y=4, x=6), Unit("conv", 3, 4, 6)),
        (UnitQuery("images", channel=2, y=4, x=6), Unit("images", 2, 4, 6)),
        (UnitQuery("logits", channel=1), Unit("logits", 1)),
        (UnitQuery("logits", unit=1), Unit("logits", 1)),
        (UnitQuery("logits", unit=1, channel=1), Unit("logits", 1)),
    ],
)
def test_a_unit_that_the_network_has_is_found(query: UnitQuery, unit: Unit) -> None:
    assert query.checked(MANIFEST) == query.checked(MANIFEST, any_channel=True) == unit


@pytest.mark.parametrize(
    ("query", "refusal"),
    [
        (UnitQuery("conv", y=0, x=0), "channel: expected 0 to 3, as conv has; received: nothing"),
        (UnitQuery("conv", unit=0, y=0, x=0), "unit: expected channel, y and x, for a layer with maps; received: 0"),
        (UnitQuery("logits", unit=0, channel=1), "unit: expected the same as channel, 1; received: 0"),
        (UnitQuery("logits", unit=2), "unit: expected 0 to 1, as logits has; received: 2"),
        (UnitQuery("logits", channel=2), "channel: expected 0 to 1, as logits has; received: 2"),
        (UnitQuery("conv", channel=0, y=5, x=0), "y: expected 0 to 4, as conv has; received: 5"),
    ],
)
def test_a_query_that_names_no_unit_is_refused_by_what_is_wrong(query: UnitQuery, refusal: str) -> None:
    with pytest.raises(ParameterInvalid) as refused:
        query.checked(MANIFEST)
    assert refused.value.detail == refusal
    assert refused.value.facts == {"parameter": refusal.partition(":")[0]}


def test_no_channel_need_be_named_where_all_of_a_place_are_alike() -> None:
    assert UnitQuery("conv", y=1, x=2).checked(MANIFEST, any_channel=True) == Unit("conv", 0, 1, 2)
    assert UnitQuery("images", y=1, x=2).checked(MANIFEST, any_channel=True) == Unit("images", 0, 1, 2)
    with pytest.raises(ParameterInvalid, match=r"^channel: expected 0 to 139"):
        UnitQuery("flatten").checked(MANIFEST, any_channel=True)


def test_a_layer_that_is_not_there_is_refused_with_all_that_are() -> None:
    assert select_output("images", MANIFEST).shape == (5, 7, 3)
    assert select_output("flatten", MANIFEST).shape == (140,)
    with pytest.raises(LayerUnknown, match=r"^Expected one of images, conv, relu, flatten, logits, probabilities;"):
        UnitQuery("pool").checked(MANIFEST)


def test_links_name_what_a_unit_has() -> None:
    assert link("/here", "abc", Unit("conv", 3, 0, 6)) == "/here?image_id=abc&layer=conv&channel=3&y=0&x=6"
    assert link("/here", "abc", Unit("a b", 0), format="png") == "/here?image_id=abc&layer=a+b&channel=0&format=png"
    assert template("/here", "abc", placed=False) == "/here?image_id=abc&layer={layer}&channel={channel}"
    assert template("/here", "abc", placed=True) == "/here?image_id=abc&layer={layer}&channel={channel}&y={y}&x={x}"
