import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from app.pictures.colours import LEVELS, NOT_FINITE, TABLE
from app.pictures.scaling import BLOCK, Limits, Maps, around_zero, channel_ranges, finite_range, parse_scale, shade

LAST = TABLE + LEVELS - 1
MIDDLE = TABLE + LEVELS // 2

quick = settings(deadline=None, max_examples=60)
any_maps = arrays(np.float32, array_shapes(min_dims=3, max_dims=3, max_side=6), elements=st.floats(width=32))


def maps_of(*values: float) -> Maps:
    """One map, a row of values."""
    return np.array(values, np.float32).reshape(1, -1, 1)


def shades(maps: Maps, low: float, high: float, diverging: bool = False) -> list[int]:
    return [int(index) for index in shade(maps, (Limits(low, high),), diverging).indices.ravel()]


@pytest.mark.parametrize(
    ("text", "scale"),
    [
        ("layer", "layer"),
        ("channel", "channel"),
        ("0,1", Limits(0.0, 1.0)),
        ("-1.5, 2e3", Limits(-1.5, 2000.0)),
        ("-0,1", Limits(0.0, 1.0)),
    ],
)
def test_a_scale_is_a_name_or_two_numbers(text: str, scale: object) -> None:
    assert parse_scale(text) == scale


@pytest.mark.parametrize(
    "text", ["", "network", "Layer", "1", "1,2,3", "1,1", "2,1", "0,nan", "nan,1", "0,inf", "-inf,0", "0,1e39", "a,b"]
)
def test_anything_else_is_refused_with_what_was_expected(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected layer, channel, or two numbers lo,hi with lo < hi; received: "):
        parse_scale(text)


@quick
@given(st.text() | st.from_regex(r"[-0-9.e]+,[-0-9.e]+", fullmatch=True))
def test_any_text_is_a_scale_with_growing_finite_limits_or_a_value_error(text: str) -> None:
    try:
        scale = parse_scale(text)
    except ValueError:
        return
    assert scale in ("layer", "channel") or (isinstance(scale, Limits) and -np.inf < scale.low < scale.high < np.inf)


def test_ranges_leave_out_what_is_not_finite() -> None:
    maps = np.array([[[1, np.nan, -3]], [[np.inf, np.nan, -np.inf]], [[-2, np.nan, 5]]], np.float32)
    assert channel_ranges(maps) == (Limits(-2, 1), Limits(0, 0), Limits(-3, 5))
    assert finite_range(maps) == Limits(-3, 5)


def test_zero_is_in_the_limits_of_a_sequential_colormap() -> None:
    assert around_zero(Limits(2, 5), diverging=False) == Limits(0, 5)
    assert around_zero(Limits(-2, 5), diverging=False) == Limits(-2, 5)
    assert around_zero(Limits(-5, -2), diverging=False) == Limits(-5, 0)


def test_zero_is_in_the_middle_of_the_limits_of_a_diverging_colormap() -> None:
    assert around_zero(Limits(-2, 5), diverging=True) == Limits(-5, 5)
    assert around_zero(Limits(-7, -2), diverging=True) == Limits(-7, 7)


def test_values_are_spread_evenly_over_the_table() -> None:
    assert shades(maps_of(0, 0.5, 2), 0, 2) == [TABLE, TABLE + 60, LAST]  # 0.25 of 238 steps is 59.5, to even


def test_zero_takes_the_middle_and_equal_sizes_lie_equally_far_from_it() -> None:
    assert shades(maps_of(-4, -1, 0, 1, 4), -4, 4, diverging=True) == [TABLE, MIDDLE - 30, MIDDLE, MIDDLE + 30, LAST]


def test_lopsided_limits_keep_zero_in_the_middle_and_spread_both_signs_equally_fast() -> None:
    assert shades(maps_of(-1, 0, 1, 4), -1, 4, diverging=True) == [MIDDLE - 30, MIDDLE, MIDDLE + 30, LAST]


def test_values_outside_take_the_nearer_limits_colour_and_are_counted() -> None:
    shading = shade(maps_of(-1, 0, 1, 2, 3, np.nan), (Limits(0, 2),), diverging=False)
    assert shading.indices.ravel().tolist() == [TABLE, TABLE, TABLE + 119, LAST, LAST, NOT_FINITE]
    assert shading.clipped == 2
    assert shading.clipped_share == 2 / 5


def test_nan_and_both_infinities_have_their_own_colour_and_are_counted() -> None:
    shading = shade(maps_of(np.nan, np.inf, -np.inf, 1), (Limits(0, 1),), diverging=False)
    assert shading.indices.ravel().tolist() == [NOT_FINITE, NOT_FINITE, NOT_FINITE, LAST]
    assert (shading.not_finite, shading.clipped) == (3, 0)


def test_each_channel_may_have_its_own_limits() -> None:
    maps = np.array([[[1, 1], [2, 2]]], np.float32)
    assert shade(maps, (Limits(0, 2), Limits(0, 4)), diverging=False).indices.tolist() == [
        [[TABLE + 119, TABLE + 60], [LAST, TABLE + 119]]
    ]


def test_a_constant_is_drawn_in_the_colour_of_its_value() -> None:
    assert shades(maps_of(3, 3), 0, 6) == [TABLE + 119, TABLE + 119]


def test_an_all_zero_layer_has_the_colour_of_zero() -> None:
    assert shades(maps_of(0, -0.0), 0, 0) == [TABLE, TABLE]
    assert shades(maps_of(0, -0.0), 0, 0, diverging=True) == [MIDDLE, MIDDLE]


def test_the_largest_and_smallest_floats_do_not_overflow() -> None:
    huge, tiny = float(np.finfo(np.float32).max), float(np.finfo(np.float32).smallest_subnormal)
    assert shades(maps_of(-huge, 0, huge), -huge, huge, diverging=True) == [TABLE, MIDDLE, LAST]
    assert shades(maps_of(0, tiny, huge), 0, tiny) == [TABLE, LAST, LAST]


def test_large_maps_are_shaded_as_small_ones_are() -> None:
    rows = BLOCK // 64
    column = np.linspace(-1, 1, 2 * rows + 1, dtype=np.float32)
    tall = np.broadcast_to(column[:, None, None], (len(column), 64, 1))
    whole = shade(tall, (Limits(-0.5, 0.5),), diverging=True)
    alone = shade(column[:, None, None], (Limits(-0.5, 0.5),), diverging=True)
    assert np.array_equal(whole.indices, np.broadcast_to(alone.indices, tall.shape))
    assert whole.clipped == 64 * alone.clipped


@quick
@given(maps=any_maps, diverging=st.booleans(), own=st.booleans())
def test_any_maps_within_their_own_range_are_shaded_in_order_and_never_clipped(
    maps: Maps, diverging: bool, own: bool
) -> None:
    ranges = channel_ranges(maps) if own else (finite_range(maps),)
    shading = shade(maps, tuple(around_zero(values, diverging) for values in ranges), diverging)
    finite = np.isfinite(maps)
    assert shading.clipped == 0
    assert shading.not_finite == maps.size - finite.sum()
    assert np.all((shading.indices == NOT_FINITE) == ~finite)
    for channel in range(maps.shape[2]):
        values, indices = (part[..., channel][finite[..., channel]] for part in (maps, shading.indices))
        assert np.all(np.diff(indices[np.argsort(values)].astype(int)) >= 0)


@quick
@given(maps=any_maps, low=st.floats(-1e30, 1e30), high=st.floats(-1e30, 1e30), diverging=st.booleans())
def test_any_maps_are_shaded_within_any_limits(maps: Maps, low: float, high: float, diverging: bool) -> None:
    shading = shade(maps, (Limits(*sorted((low, high))),), diverging)
    assert shading.indices.shape == maps.shape
    assert np.all(shading.indices >= NOT_FINITE)
    assert 0 <= shading.clipped_share <= 1
